import { waitForRecording } from "../support/channels.ts";
import { cameraHour, fillIndex } from "../support/long-archive.ts";
import { Nightjar } from "../support/nightjar.ts";
import { tempFolder } from "../support/temp.ts";
import { median, milliseconds, type Row } from "./table.ts";

const CHANNELS = 16;
const DAYS = 30;
const ROUNDS = 5;
const HOUR_MS = 3_600_000;

const names = Array.from({ length: CHANNELS }, (_, index) => `cam${index}`);
const channels = (isRecorded: boolean) =>
  Object.fromEntries(names.map((id, index) => [id, { source: "demo:", enabled: isRecorded && index === 0 }]));

const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(0)} kB`;

/** Everything that a browser fetches for the first view of a page but pictures: bytes as they are sent. */
async function firstViewBytes(server: Nightjar, path: string): Promise<{ page: number; files: number }> {
  const text = await server.text(path);
  const files = new Set(
    [...text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((match) => match[1] ?? ""),
  );
  let bytes = 0;
  for (const file of files) bytes += (await (await server.fetch(file)).arrayBuffer()).byteLength;
  return { page: Buffer.byteLength(text), files: bytes };
}

/** The wall and the calendar of 16 channels with 30 days: bytes, and the time that the server takes. */
export async function benchWall(): Promise<Row[]> {
  await using folder = await tempFolder();
  {
    const config = { auth: "none", timezone: "UTC", channels: channels(true) };
    await using server = await Nightjar.start({ folder: folder.path, config });
    await waitForRecording(server, ["cam0"], { withFootage: true });
    await server.stop();
  }
  fillIndex(folder.file("data", "index.db"), {
    channels: names,
    recordings: DAYS * 24,
    endMs: Math.floor(Date.now() / HOUR_MS) * HOUR_MS,
    segmentsAt: cameraHour(),
  });
  const firsts: Record<string, number[]> = { "/": [], "/dates": [] };
  const agains: Record<string, number[]> = { "/": [], "/dates": [] };
  let bytes = { page: 0, files: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const config = { auth: "none", timezone: "UTC", channels: channels(false) };
    await using server = await Nightjar.start({ folder: folder.path, config });
    const timed = async (path: string) => {
      const asked = performance.now();
      await server.text(path);
      return performance.now() - asked;
    };
    for (const path of ["/", "/dates"]) {
      firsts[path]?.push(await timed(path));
      agains[path]?.push(await timed(path));
    }
    bytes = await firstViewBytes(server, "/");
    await server.stop();
  }
  const row = (what: string, path: string): Row => {
    const [first, again] = [median(firsts[path] ?? []), median(agains[path] ?? [])];
    return {
      what,
      ours: milliseconds(first),
      against: "asked again",
      peer: milliseconds(again),
      ratio: first / again,
    };
  };
  return [
    row(`the wall, ${CHANNELS} channels of ${DAYS} days, asked first`, "/"),
    row(`the calendar of all of it, asked first`, "/dates"),
    {
      what: `first view of the wall without its pictures: page and files`,
      ours: kilobytes(bytes.page + bytes.files),
      against: "the page alone, as at each visit after",
      peer: kilobytes(bytes.page),
    },
  ];
}
