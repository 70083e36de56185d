import { finished } from "./processes.ts";

/** How a `TimeCamera` writes the time into its pictures: squares of so many pixels, so many bits, the highest first. */
const SQUARE = 32;
const BITS = 40;
const TURN_MS = 2 ** BITS;

/** Wall time near `nearMs` that a picture's 40 bits mean: they turn over every 35 years. */
const unwrapped = (bits: number, nearMs: number): number =>
  bits + Math.round((nearMs - bits) / TURN_MS) * TURN_MS;

/**
 * When each picture of a file or address was taken by its camera's clock, ms UTC, in the order in which they are shown.
 * @param width of the pictures, in pixels
 * @throws Error with what ffmpeg said, when it fails
 */
export async function takenTimes(input: string, width = 640): Promise<number[]> {
  const perRow = width / SQUARE;
  const rows = Math.ceil(BITS / perRow);
  const squares = `crop=${width}:${rows * SQUARE}:0:0,scale=${perRow}:${rows}:flags=area,format=gray`;
  const argv = ["ffmpeg", "-nostdin", "-hide_banner", "-v", "error", "-i", input, "-map", "0:v:0"];
  const output = ["-vf", squares, "-fps_mode", "passthrough", "-f", "rawvideo", "-"];
  const { code, bytes, stderr } = await finishedBytes([...argv, ...output]);
  if (code !== 0) throw new Error(`ffmpeg could not read the pictures of ${input}: ${stderr}`);
  const times: number[] = [];
  for (let at = 0; at + perRow * rows <= bytes.length; at += perRow * rows) {
    let bits = 0;
    for (let bit = 0; bit < BITS; bit += 1) bits = bits * 2 + (bytes[at + bit]! > 128 ? 1 : 0);
    times.push(unwrapped(bits, Date.now()));
  }
  return times;
}

async function finishedBytes(argv: readonly string[]) {
  const child = Bun.spawn([...argv], { stdin: "ignore", stdout: "pipe", stderr: "pipe", timeout: 90_000 });
  const [code, buffer, stderr] = await Promise.all([
    child.exited,
    new Response(child.stdout).arrayBuffer(),
    new Response(child.stderr).text(),
  ]);
  return { code, bytes: new Uint8Array(buffer), stderr };
}

/** Width of a file's or address's pictures, in pixels. */
export async function pictureWidth(input: string): Promise<number> {
  const entries = ["-select_streams", "v:0", "-show_entries", "stream=width", "-of", "csv=p=0"];
  const { stdout } = await finished(["ffprobe", "-v", "error", ...entries, input]);
  return Number.parseInt(stdout, 10);
}
