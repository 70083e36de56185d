import { expect, test } from "bun:test";
import fc from "fast-check";
import { IndexDatabase } from "../../../src/db/index/index-database.ts";
import type { Recording, RecordingRow, RunRow } from "../../../src/db/index/rows.ts";
import type { Segment } from "../../../src/media/segment-list.ts";
import { outlineOf } from "../../../src/media/segment-outline.ts";
import { EntryTexts } from "../../../src/playback/entry-texts.ts";
import { mediaPlaylist, neededTargetDuration } from "../../../src/playback/media-playlist.ts";
import { sequenceOf } from "../../../src/playback/sequence.ts";
import { tempFolder } from "../../support/temp.ts";

const HOUR_MS = 3_600_000;
const T = Date.UTC(2026, 10, 20);
const DAYS = 3;
const CHANNELS = ["front", "yard"];

const run: RunRow = {
  id: "run0000000",
  channel: "front",
  timeline: 0,
  init: new Uint8Array([1, 2, 3]),
  format: "ts",
  videoCodec: "avc1.64001f",
  audioCodec: null,
  width: 640,
  height: 360,
  frameRate: 25,
  videoTimescale: 90_000,
  audioTimescale: null,
  startMs: T,
  endMs: null,
  endReason: null,
  endDetail: null,
  bootId: "boot",
  realtimeMs: T,
  boottimeMs: 10,
  unsure: false,
};

/** Segments of about a minute that begin at `startMs`, some of them missing. */
function segmentsFrom(startMs: number, count: number): Segment[] {
  const all = Array.from({ length: count }, (_, ordinal) => ({
    ordinal,
    startMs: startMs + ordinal * 60_000 + (ordinal % 3),
    mediaTicks: ordinal * 5_400_000,
    durationTicks: 5_400_000,
    offsetBytes: ordinal * 1000,
    headerBytes: 0,
    videoBytes: 1000,
    audioBytes: 0,
    activityBytes: 0,
  }));
  return all.filter(({ ordinal }) => ordinal % 17 !== 11);
}

const rowAt = (id: string, channel: string, startMs: number, segments: readonly Segment[]): RecordingRow => ({
  id,
  channel,
  root: "root",
  path: `${channel}/${id}.ts`,
  run: run.id,
  baseOffsetBytes: 0,
  startMs,
  endMs: (segments.at(-1)?.startMs ?? startMs) + 60_000,
  firstMediaSequence: startMs / 1000,
  discontinuitySequence: 0,
  baseTicks: (startMs - T) * 90,
  zone: "UTC",
  sizeBytes: segments.length * 1000,
  segmentCount: segments.length,
  state: "closed",
  garbageMs: null,
  version: 0,
});

const anyTime = fc.integer({ min: -2 * HOUR_MS, max: DAYS * 24 * HOUR_MS }).map((ms) => T + ms);
const anyStep = fc.record({
  what: fc.constantFrom("insert", "move", "open", "delete", "undone", "run" as const),
  id: fc.nat(12).map((number) => `rec${String(number).padStart(7, "0")}`),
  channel: fc.constantFrom(...CHANNELS),
  startMs: anyTime,
  count: fc.integer({ min: 1, max: 60 }),
});
type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never;

/** Ids are never drawn twice, but here they are: then at least no version comes again. */
let births = 0;

function take(index: IndexDatabase, { what, id, channel, startMs, count }: Step): void {
  const isThere = index.existing([id]).length > 0;
  const segments = segmentsFrom(startMs, count);
  if (what === "run") return index.updateRun(run.id, { endMs: startMs });
  if (what === "insert" && !isThere)
    return index.insertRecording(
      { ...rowAt(id, channel, startMs, segments), version: births++ * 1000 },
      segments,
    );
  if (what === "move") {
    const { endMs, segmentCount } = rowAt(id, channel, startMs, segments);
    return index.updateRecording(id, { startMs, endMs, segmentCount, state: "closed" }, segments);
  }
  if (what === "open") return index.updateRecording(id, { state: "open" });
  if (what === "delete") return index.deleteRecording(id);
  const undone = () =>
    index.transaction(() => {
      index.deleteRecording(id);
      index.recordingsBetween(channel, startMs, startMs + HOUR_MS);
      index.updateRun(run.id, { endMs: 1 });
      index.run(run.id);
      throw new Error("taken back");
    });
  expect(undone).toThrow("taken back");
}

const factsOf = ({ id, startMs, endMs, version, state, segments }: Recording) => ({
  id,
  startMs,
  endMs,
  version,
  state,
  segments,
});

/** The playlist of an interval; "" where there is nothing. */
function listOf(
  recordings: readonly Recording[],
  { channel, fromMs, toMs }: { channel: string; fromMs: number; toMs: number },
  texts: EntryTexts,
): string {
  const stretches = sequenceOf(recordings, () => run, fromMs, toMs);
  if (stretches.length === 0) return "";
  const options = { kind: "vod", isEnded: true, isVlc: false, prefix: `../${channel}/` } as const;
  const targetDurationSeconds = neededTargetDuration(stretches);
  return mediaPlaylist(stretches, { ...options, targetDurationSeconds }, texts);
}

const intervals = fc.array(
  fc.record({
    fromMs: anyTime,
    lengthMs: fc.oneof(fc.integer({ min: 1, max: 3 * HOUR_MS }), fc.constant(20 * 24 * HOUR_MS)),
  }),
  { minLength: 1, maxLength: 4 },
);

test("rows, outlines and texts that are kept are those that stand in the database", async () => {
  await using folder = await tempFolder();
  let number = 0;
  fc.assert(
    fc.property(
      fc.array(fc.record({ step: anyStep, intervals }), { minLength: 1, maxLength: 15 }),
      (steps) => {
        const path = folder.file(`index-${number++}.db`);
        const index = IndexDatabase.open(path);
        index.insertRun(run);
        // Another connection can't know what is written, and so keeps nothing.
        const fresh = IndexDatabase.openForReading(path)!;
        const texts = new EntryTexts();
        for (const { step, intervals } of steps) {
          take(index, step);
          expect(index.run(run.id)).toEqual(fresh.run(run.id));
          for (const channel of CHANNELS)
            for (const { fromMs, lengthMs } of intervals) {
              const toMs = fromMs + lengthMs;
              const found = index.recordingsBetween(channel, fromMs, toMs);
              const stored = fresh.recordingsBetween(channel, fromMs, toMs).map(factsOf);
              const shown = (recordings: readonly Recording[]) =>
                sequenceOf(recordings, () => run, fromMs, toMs).map(
                  ({ recording, segments, isWhole, isDiscontinuity }) =>
                    [recording.id, segments, isWhole, isDiscontinuity] as const,
                );
              const inPart = shown(found);
              expect(found.map(factsOf)).toEqual(stored);
              const wholly = fresh.recordingsBetween(channel, fromMs, toMs).map((recording) => {
                const { segments } = recording;
                return { ...recording, segments, outline: outlineOf(segments) };
              });
              expect(inPart).toEqual(shown(wholly));
              const again = index.recordingsBetween(channel, fromMs, toMs);
              const interval = { channel, fromMs, toMs };
              expect(listOf(again, interval, texts)).toBe(listOf(wholly, interval, new EntryTexts()));
            }
        }
        fresh.close();
        index.close();
      },
    ),
    { numRuns: 25 },
  );
});
