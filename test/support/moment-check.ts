import type { Nightjar } from "./nightjar.ts";
import { takenTimes } from "./picture-time.ts";
import { finished } from "./processes.ts";

/** What came of a moment that was asked for. Times in ms. */
export type MadeMoment = {
  status: number;
  type: string;
  gifBytes: number;
  /** From the asking to the whole GIF. */
  tookMs: number;
  /** Length of the film's pictures by its container. */
  lengthMs: number;
  /** Length of the GIF. */
  gifLengthMs: number;
  /** By how much its first picture was taken after the window's begin, and its last one before its end. */
  firstAfterMs: number;
  lastBeforeMs: number;
  pictures: number;
  /** The longest time between two of its pictures: a camera on a busy machine does not take them evenly. */
  pictureMs: number;
  /** Address of the MP4. */
  address: string;
};

const USUAL_PICTURE_MS = 40;
/** The server dates pictures by when they arrive. */
export const RIGHT_MS = 300;
/** A container counts in whole ticks. */
const ROUNDING_MS = 5;

/** What is wrong with a moment's length and window; nothing when all is well. */
export function faultsOf(moment: MadeMoment, length: number, rightMs = RIGHT_MS): string[] {
  const { lengthMs, gifLengthMs, firstAfterMs, lastBeforeMs, pictureMs } = moment;
  const isOff = (ms: number, byMs: number) => Math.abs(ms - length * 1000) > byMs;
  return [
    ...(isOff(lengthMs, pictureMs + ROUNDING_MS) ? [`${lengthMs} ms long`] : []),
    ...(isOff(gifLengthMs, pictureMs + 100 + ROUNDING_MS) ? [`GIF of ${gifLengthMs} ms`] : []),
    ...(Math.abs(firstAfterMs) > rightMs + pictureMs ? [`begins ${firstAfterMs} ms late`] : []),
    ...(Math.abs(lastBeforeMs) > rightMs + pictureMs ? [`ends ${lastBeforeMs} ms early`] : []),
  ];
}

/** Length of a file's or address's first stream of pictures, in ms. */
export async function lengthOfPictures(input: string): Promise<number> {
  const entries = ["-select_streams", "v:0", "-show_entries", "stream=duration", "-of", "csv=p=0"];
  const { stdout } = await finished(["ffprobe", "-v", "error", ...entries, input]);
  return Number.parseFloat(stdout) * 1000;
}

/**
 * Has a moment made of a channel that a `TimeCamera` feeds, and looks at when its pictures were taken. Throws when it is not
 * answered with 200.
 */
export async function makeMoment(
  server: Nightjar,
  channel: string,
  seconds?: { length: number; delay: number },
): Promise<MadeMoment> {
  const { length, delay } = seconds ?? { length: 5, delay: 0 };
  const path = `/${channel}/moment/generate${seconds ? `/${length}/${delay}` : ""}`;
  const askedMs = Date.now();
  const answer = await server.fetch(path, { method: "POST", signal: AbortSignal.timeout(90_000) });
  const gif = await answer.bytes();
  const tookMs = Date.now() - askedMs;
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${new TextDecoder().decode(gif)}`);
  const address = answer.headers.get("content-location") ?? "";
  const taken = await takenTimes(server.url + address);
  const endMs = askedMs + delay * 1000;
  return {
    status: answer.status,
    type: answer.headers.get("content-type") ?? "",
    gifBytes: gif.length,
    tookMs,
    lengthMs: await lengthOfPictures(server.url + address),
    gifLengthMs: await lengthOfPictures(`${server.url}${address}.gif`),
    firstAfterMs: (taken[0] ?? 0) - (endMs - length * 1000),
    lastBeforeMs: endMs - (taken.at(-1) ?? 0),
    pictures: taken.length,
    pictureMs: Math.max(USUAL_PICTURE_MS, ...taken.slice(1).map((ms, index) => ms - (taken[index] ?? ms))),
    address,
  };
}

/** So much of what `uploadNewest` sends is yet to come by its name. */
const AHEAD_SECONDS = 2;

/** Uploads one MPEG-TS of so many seconds that covers the newest time and the next two seconds, in UTC. */
export async function uploadNewest(
  server: Nightjar,
  channel: string,
  file: string,
  seconds: number,
): Promise<void> {
  const pictures = ["-f", "lavfi", "-i", `testsrc2=s=320x180:r=25:d=${seconds}`];
  const sound = ["-f", "lavfi", "-i", `sine=d=${seconds}`, "-c:v", "libx264", "-g", "50", "-c:a", "aac"];
  const output = ["-f", "mpegts", file];
  const made = await finished(["ffmpeg", "-v", "error", "-y", ...pictures, ...sound, ...output]);
  if (made.code !== 0) throw new Error(made.stderr);
  const name = new Date(Date.now() - (seconds - AHEAD_SECONDS) * 1000).toISOString();
  const path = `/${channel}/${name.slice(0, 10)}/video_${name.slice(11, 19).replaceAll(":", "")}.ts`;
  const put = await server.fetch(path, { method: "PUT", body: Bun.file(file) });
  if (put.status >= 300) throw new Error(`${path}: ${put.status}`);
}
