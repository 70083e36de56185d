import { waitForRecording } from "../support/channels.ts";
import { cameraHour, fillIndex } from "../support/long-archive.ts";
import { Nightjar } from "../support/nightjar.ts";
import { tempFolder } from "../support/temp.ts";
import { median, megabytes, milliseconds, type Row } from "./table.ts";

const CHANNELS = 16;
const DAYS = 30;
const ROUNDS = 5;
const HOUR_MS = 3_600_000;

const names = Array.from({ length: CHANNELS }, (_, index) => `cam${index}`);
/** `cam0` is recorded once, as a pattern for all; nothing is recorded while starts are timed. */
const channels = (isRecorded: boolean) =>
  Object.fromEntries(names.map((id, index) => [id, { source: "demo:", enabled: isRecorded && index === 0 }]));

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
  fillIndex(folder.file("data", "index.db"), {
    channels: names,
    recordings: DAYS * 24,
    endMs: Math.floor(Date.now() / HOUR_MS) * HOUR_MS,
    segmentsAt: cameraHour(),
  });
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
