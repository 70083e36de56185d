import fc from "fast-check";
import { MemoryFootage } from "../../support/memory-footage.ts";

const S = 90_000;
const T = Date.UTC(2026, 10, 20, 11);

/**
 * Any history of a channel that begins at `startMs` (ms UTC): runs with gaps, small overlaps and changes of init, some
 * recordings deleted.
 */
export const historyFrom = (startMs: number, zone = "UTC") =>
  fc
    .record({
      runs: fc.array(
        fc.record({
          durations: fc.array(fc.integer({ min: 1, max: 20 * S }), { minLength: 1, maxLength: 12 }),
          gapMs: fc.integer({ min: -1500, max: 100_000 }),
          init: fc.constantFrom("a", "b"),
          perRecording: fc.integer({ min: 1, max: 5 }),
        }),
        { minLength: 1, maxLength: 8 },
      ),
      deleted: fc.array(fc.nat(30), { maxLength: 3 }),
    })
    .map(({ runs, deleted }) => {
      const footage = new MemoryFootage("front-door", zone, 12_345);
      let atMs = startMs;
      for (const { gapMs, ...run } of runs) {
        const made = footage.record({ startMs: atMs, ...run });
        atMs = Math.max(made.at(-1)?.endMs ?? atMs, atMs) + gapMs;
      }
      const gone = new Set(deleted);
      const all = footage.recordingList;
      footage.recordingList = all.filter((_, index) => !gone.has(index) || all.length === 1);
      return footage;
    });

export const anyHistory = historyFrom(T);
