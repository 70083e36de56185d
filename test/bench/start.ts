import { IndexDatabase } from "../../src/db/index/index-database.ts";
import type { RecordingRow, RunRow } from "../../src/db/index/rows.ts";
import type { Segment } from "../../src/media/segment-list.ts";
import { waitForRecording } from "../support/channels.ts";
import { Nightjar } from "../support/nightjar.ts";
import { tempFolder } from "../support/temp.ts";
import { median, megabytes, milliseconds, type Row } from "./table.ts";

const CHANNELS = 16;
const DAYS = 30;
const ROUNDS = 5;
const HOUR_MS = 3_600_000;
const SEGMENT_MS = 2000;
const SEGMENTS_AN_HOUR = HOUR_MS / SEGMENT_MS;
const TICKS_PER_MS = 90;

const names = Array.from({ length: CHANNELS }, (_, index) => `cam${index}`);
/** `cam0` is recorded once, as a pattern for all; nothing is recorded while starts are timed. */
const channels = (isRecorded: boolean) =>
  Object.fromEntries(names.map((id, index) => [id, { source: "demo:", enabled: isRecorded && index === 0 }]));

/** An hour of segments as a camera of 4 Mbit/s leaves them, with jitter in all that varies. */
function hourOfSegments(startMs: number): Segment[] {
  const segments: Segment[] = [];
  let offsetBytes = 0;
  for (let ordinal = 0; ordinal < SEGMENTS_AN_HOUR; ordinal++) {
    const videoBytes = 950_000 + ((ordinal * 7919) % 100_000);
    const audioBytes = 24_000 + ((ordinal * 31) % 500);
    segments.push({
      ordinal,
      startMs: startMs + ordinal * SEGMENT_MS,
      mediaTicks: ordinal * SEGMENT_MS * TICKS_PER_MS,
      durationTicks: SEGMENT_MS * TICKS_PER_MS,
      offsetBytes,
      headerBytes: 900,
      videoBytes,
      audioBytes,
      activityBytes: 102_400 * (ordinal % 5),
    });
    offsetBytes += 900 + videoBytes + audioBytes;
  }
  return segments;
}

/** Fills the index with closed recordings up to the running hour. */
function fillIndex(path: string): void {
  const index = IndexDatabase.open(path);
  const pattern = index.newestRun("cam0")!;
  const root = index.roots()[0]!.id;
  const lastMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  const hours = DAYS * 24;
  for (const [number, channel] of names.entries()) {
    const startMs = lastMs - hours * HOUR_MS;
    const run: RunRow = {
      ...pattern,
      id: `run${String(number).padStart(7, "a")}`,
      channel,
      timeline: pattern.timeline + 1,
      startMs,
      endMs: lastMs,
      endReason: "stopped",
      endDetail: "",
      unsure: false,
    };
    index.transaction(() => {
      index.insertRun(run);
      for (let hour = 0; hour < hours; hour++) {
        const bornMs = startMs + hour * HOUR_MS;
        const segments = hourOfSegments(bornMs);
        const last = segments.at(-1)!;
        const row: RecordingRow = {
          id: `${String(number).padStart(2, "a")}${String(hour).padStart(8, "a")}`,
          channel,
          root,
          path: `${channel}/${new Date(bornMs).toISOString().slice(0, 10)}/${hour}.mp4`,
          run: run.id,
          baseOffsetBytes: 1000,
          startMs: bornMs,
          endMs: bornMs + HOUR_MS,
          firstMediaSequence: hour * SEGMENTS_AN_HOUR,
          discontinuitySequence: 0,
          baseTicks: hour * HOUR_MS * TICKS_PER_MS,
          zone: "UTC",
          sizeBytes: 1000 + last.offsetBytes + last.headerBytes + last.videoBytes + last.audioBytes,
          segmentCount: segments.length,
          state: "closed",
          garbageMs: null,
          version: 0,
        };
        index.insertRecording(row, segments);
      }
    });
  }
  index.close();
}

async function timeStarts(
  folder: string,
): Promise<{ startMs: number; firstMs: number; againMs: number; listBytes: number }> {
  const starts: number[] = [];
  const firsts: number[] = [];
  const agains: number[] = [];
  const sizes: number[] = [];
  const yesterday = new Date(Date.now() - 24 * HOUR_MS).toISOString().slice(0, 10);
  for (let round = 0; round < ROUNDS; round++) {
    const begun = performance.now();
    await using server = await Nightjar.start({
      folder,
      config: { timezone: "UTC", channels: channels(false) },
    });
    const response = await server.fetch(`/cam0/stream/${yesterday}/playlist.m3u8`);
    sizes.push((await response.arrayBuffer()).byteLength);
    starts.push(performance.now() - begun);
    const timed = async (path: string) => {
      const asked = performance.now();
      await (await server.fetch(path)).arrayBuffer();
      return performance.now() - asked;
    };
    firsts.push(await timed(`/cam1/stream/${yesterday}/playlist.m3u8`));
    agains.push(await timed(`/cam1/stream/${yesterday}/playlist.m3u8`));
    await server.stop();
  }
  return {
    startMs: median(starts),
    firstMs: median(firsts),
    againMs: median(agains),
    listBytes: median(sizes),
  };
}

/** From the start of the process to the first playlist, with 30 days of 16 channels in the index and with none. */
export async function benchStart(): Promise<Row[]> {
  await using folder = await tempFolder();
  {
    const config = { timezone: "UTC", channels: channels(true) };
    await using server = await Nightjar.start({ folder: folder.path, config });
    await waitForRecording(server, ["cam0"], { withFootage: true });
    await server.stop();
  }
  const empty = await timeStarts(folder.path);
  fillIndex(folder.file("data", "index.db"));
  const full = await timeStarts(folder.path);
  const indexBytes = Bun.file(folder.file("data", "index.db")).size;
  return [
    {
      what: `start to first playlist, ${CHANNELS} channels of ${DAYS} days (index ${megabytes(indexBytes)})`,
      ours: milliseconds(full.startMs),
      against: "the same with an index of a few seconds",
      peer: milliseconds(empty.startMs),
      ratio: full.startMs / empty.startMs,
    },
    {
      what: `a day's playlist of 43,200 entries (${megabytes(full.listBytes)}), asked first`,
      ours: milliseconds(full.firstMs),
      against: "asked again",
      peer: milliseconds(full.againMs),
      ratio: full.firstMs / full.againMs,
    },
  ];
}
