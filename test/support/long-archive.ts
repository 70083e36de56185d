import { IndexDatabase } from "../../src/db/index/index-database.ts";
import type { RecordingRow, RunRow } from "../../src/db/index/rows.ts";
import { segmentBytes, type Segment } from "../../src/media/segment-list.ts";

const HOUR_MS = 3_600_000;
const TICKS_PER_MS = 90;
/** Numbers behind those of what was really recorded. */
const FIRST_NUMBER = 1000;

/** Segments of one recording, whose first one begins at `startMs` (ms UTC). */
export type SegmentsAt = (startMs: number) => Segment[];

/** Segments for an hour as a camera of 4 Mbit/s leaves them, with jitter in all that varies. */
export const cameraHour =
  (segmentMs = 2000): SegmentsAt =>
  (startMs) => {
    const segments: Segment[] = [];
    let offsetBytes = 0;
    for (let ordinal = 0; ordinal < Math.floor(HOUR_MS / segmentMs); ordinal++) {
      const segment = {
        ordinal,
        startMs: startMs + ordinal * segmentMs,
        mediaTicks: ordinal * segmentMs * TICKS_PER_MS,
        durationTicks: segmentMs * TICKS_PER_MS,
        offsetBytes,
        headerBytes: 900,
        videoBytes: 950_000 + ((ordinal * 7919) % 100_000),
        audioBytes: 24_000 + ((ordinal * 31) % 500),
        activityBytes: 102_400 * (ordinal % 5),
      };
      segments.push(segment);
      offsetBytes += segmentBytes(segment);
    }
    return segments;
  };

export type LongArchive = {
  channels: readonly string[];
  /** Closed recordings of each channel, one after the other without gaps; the last one ends at `endMs` (ms UTC). */
  recordings: number;
  endMs: number;
  segmentsAt: SegmentsAt;
  /** Media file of all recordings, below the root; otherwise one each, which nobody made. */
  path?: string;
  baseOffsetBytes?: number;
  /** Facts of the run; the rest is that of the newest run of the first channel. */
  run?: Partial<RunRow>;
};

/** Fills the index of an archive in which the first channel was recorded once. */
export function fillIndex(indexPath: string, archive: LongArchive): void {
  const index = IndexDatabase.open(indexPath);
  const pattern = index.newestRun(archive.channels[0]!)!;
  const root = index.roots()[0]!.id;
  const hour = archive.segmentsAt(0);
  const last = hour.at(-1)!;
  const lengthTicks = last.mediaTicks + last.durationTicks;
  const lengthMs = lengthTicks / TICKS_PER_MS;
  for (const [number, channel] of archive.channels.entries()) {
    const startMs = archive.endMs - archive.recordings * lengthMs;
    const run: RunRow = {
      ...pattern,
      id: `run${String(number).padStart(7, "a")}`,
      channel,
      timeline: pattern.timeline + 1,
      startMs,
      endMs: archive.endMs,
      endReason: "stopped",
      endDetail: "",
      unsure: false,
      ...archive.run,
    };
    index.transaction(() => {
      index.insertRun(run);
      for (let hour = 0; hour < archive.recordings; hour++) {
        const bornMs = Math.round(startMs + hour * lengthMs);
        const segments = archive.segmentsAt(bornMs);
        const row: RecordingRow = {
          id: `${String(number).padStart(2, "a")}${String(hour).padStart(8, "a")}`,
          channel,
          root,
          path: archive.path ?? `${channel}/${new Date(bornMs).toISOString().slice(0, 10)}/${hour}.mp4`,
          run: run.id,
          baseOffsetBytes: archive.baseOffsetBytes ?? 1000,
          startMs: bornMs,
          endMs: bornMs + Math.round(lengthMs),
          firstMediaSequence: FIRST_NUMBER + hour * segments.length,
          discontinuitySequence: FIRST_NUMBER,
          baseTicks: hour * lengthTicks,
          zone: "UTC",
          sizeBytes: 1000 + last.offsetBytes + segmentBytes(last),
          segmentCount: segments.length,
          state: "closed",
          garbageMs: null,
          version: 0,
        };
        index.insertRecording(row, segments);
      }
      index.setCounter({
        channel,
        nextMediaSequence: FIRST_NUMBER + archive.recordings * hour.length,
        discontinuitySequence: FIRST_NUMBER,
        timeline: run.timeline,
        nextTicks: archive.recordings * lengthTicks,
        newestEndMs: archive.endMs,
      });
    });
  }
  index.close();
}
