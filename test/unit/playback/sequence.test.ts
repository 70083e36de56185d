import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { numberedTail, sequenceOf } from "../../../src/playback/sequence.ts";
import { lastTicks, mediaSequenceOf, timelineCount, type Stretch } from "../../../src/playback/stretch.ts";
import { MemoryFootage } from "../../support/memory-footage.ts";
import { anyHistory } from "./histories.ts";

const S = 90_000;
const two = (count: number): number[] => Array.from({ length: count }, () => 2 * S);
const T = Date.UTC(2026, 10, 20, 11);

const sequence = (footage: MemoryFootage, fromMs?: number, toMs?: number): Stretch[] =>
  sequenceOf(footage.recordings("front-door", -Infinity, Infinity), footage.run, fromMs, toMs);

/** `run ordinal-ordinal`, with `!` for a discontinuity. */
const brief = (stretches: readonly Stretch[]): string[] =>
  stretches.map(({ run, segments, isDiscontinuity }) => {
    const ordinals = `${segments[0]?.ordinal}-${segments.at(-1)?.ordinal}`;
    return `${isDiscontinuity ? "!" : ""}${Number(run.id.slice(3))} ${ordinals}`;
  });

describe("discontinuities", () => {
  test("none between recordings of a run, nor between runs with equal inits after a gap", () => {
    const footage = new MemoryFootage();
    footage.record({ startMs: T, durations: two(5), perRecording: 3 });
    footage.record({ startMs: T + 60_000, durations: two(2) });
    expect(brief(sequence(footage))).toEqual(["0 0-2", "0 0-1", "1 0-1"]);
  });

  test("one where the init changes, and again where it changes back", () => {
    const footage = new MemoryFootage();
    footage.record({ startMs: T, durations: two(2) });
    footage.record({ startMs: T + 10_000, durations: two(2), init: "b" });
    footage.record({ startMs: T + 20_000, durations: two(2), init: "a" });
    expect(brief(sequence(footage))).toEqual(["0 0-1", "!1 0-1", "!2 0-1"]);
    expect(timelineCount(sequence(footage))).toBe(3);
  });

  test("one where a recording was deleted, and where a damaged segment is left out", () => {
    const footage = new MemoryFootage();
    const [, deleted, damaged] = footage.record({ startMs: T, durations: two(9), perRecording: 3 });
    footage.recordingList = footage.recordingList.filter((each) => each !== deleted);
    if (damaged)
      Object.assign(damaged, { segments: damaged.segments.filter(({ ordinal }) => ordinal !== 1) });
    expect(brief(sequence(footage))).toEqual(["0 0-2", "!0 0-0", "!0 2-2"]);
  });
});

describe("intervals", () => {
  const footage = new MemoryFootage();
  footage.record({ startMs: T, durations: two(10) });

  test("begin with the segment already playing, and lose none at the end", () => {
    expect(brief(sequence(footage, T + 5000, T + 9000))).toEqual(["0 2-4"]);
    expect(brief(sequence(footage, T + 4000, T + 8000))).toEqual(["0 2-3"]);
    expect(brief(sequence(footage, T + 20_000, T + 30_000))).toEqual([]);
  });
});

describe("overlaps", () => {
  test("the newest run is shown, and what it lies over is hidden", () => {
    const footage = new MemoryFootage();
    footage.record({ startMs: T, durations: two(10) });
    footage.record({ startMs: T + 6000, durations: two(3) });
    expect(brief(sequence(footage))).toEqual(["0 0-2", "!1 0-2", "!0 6-9"]);
  });

  test("a newer run that is dated before an older one hides its begin", () => {
    const footage = new MemoryFootage();
    footage.record({ startMs: T, durations: two(5) });
    footage.record({ startMs: T - 6000, durations: two(5) });
    expect(brief(sequence(footage))).toEqual(["1 0-4", "!0 2-4"]);
  });

  test("a short one at a join hides nothing and makes no discontinuity", () => {
    const footage = new MemoryFootage();
    footage.record({ startMs: T, durations: [...two(3), 9000] });
    footage.record({ startMs: T + 5900, durations: two(3) });
    expect(brief(sequence(footage))).toEqual(["0 0-3", "1 0-2"]);
  });
});

describe("sliding lists", () => {
  test("begin behind the newest place where numbers don't follow", () => {
    const footage = new MemoryFootage();
    const [, deleted] = footage.record({ startMs: T, durations: two(9), perRecording: 3 });
    footage.record({ startMs: T + 30_000, durations: two(2), init: "b" });
    footage.recordingList = footage.recordingList.filter((each) => each !== deleted);
    expect(brief(numberedTail(sequence(footage)))).toEqual(["0 0-2", "!1 0-1"]);
  });

  test("keep the shortest end that is long enough", () => {
    const footage = new MemoryFootage();
    footage.record({ startMs: T, durations: two(50), perRecording: 20 });
    expect(brief(lastTicks(sequence(footage), 30 * S, 1))).toEqual(["0 15-19", "0 0-9"]);
    expect(brief(lastTicks(sequence(footage), 1, 12))).toEqual(["0 18-19", "0 0-9"]);
    expect(brief(lastTicks(sequence(footage), 1000 * S, 1))).toEqual(["0 0-19", "0 0-19", "0 0-9"]);
    expect(lastTicks([], S, 1)).toEqual([]);
  });
});

test("whatever the history, media time has no hole within a stretch nor without a discontinuity, and nothing comes twice", () => {
  fc.assert(
    fc.property(anyHistory, (footage) => {
      const stretches = sequence(footage);
      const seen = new Set<string>();
      let before: Stretch | undefined;
      for (const stretch of stretches) {
        let ticks = stretch.startTicks;
        for (const segment of stretch.segments) {
          expect(stretch.recording.baseTicks + segment.mediaTicks).toBe(ticks);
          ticks += segment.durationTicks;
          const key = `${stretch.recording.id} ${segment.ordinal}`;
          expect(seen.has(key)).toBe(false);
          seen.add(key);
        }
        expect(stretch.endTicks).toBe(ticks);
        if (before && !stretch.isDiscontinuity) {
          expect(stretch.startTicks).toBe(before.endTicks);
          expect(stretch.run.timeline).toBe(before.run.timeline);
        }
        before = stretch;
      }
      const tail = numberedTail(stretches);
      const numbers = tail.flatMap(({ recording, segments }) =>
        segments.map((each) => mediaSequenceOf(recording, each)),
      );
      expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
    }),
    { seed: 8, numRuns: 200 },
  );
});
