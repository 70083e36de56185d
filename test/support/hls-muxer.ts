import { createDecipheriv } from "node:crypto";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { cleanEnvironment } from "./processes.ts";

const KEY = Buffer.from("00112233445566778899aabbccddeeff", "hex");
const FORMS = ["ts", "fmp4", "aes"] as const;
export type MuxedForm = (typeof FORMS)[number];

/**
 * ffmpeg's HLS muxer, live: a test picture with sound as MPEG-TS with dates, as fragmented MP4, and as MPEG-TS encrypted
 * with AES-128, each in a folder of its own with `live.m3u8`. Nothing is deleted, so that all of it can be compared.
 */
export class HlsMuxer implements AsyncDisposable {
  readonly #child: Bun.Subprocess;

  private constructor(
    readonly folder: string,
    child: Bun.Subprocess,
  ) {
    this.#child = child;
  }

  /** @param window segments of a second that the lists hold */
  static async start(folder: string, window = 8): Promise<HlsMuxer> {
    for (const form of FORMS) await mkdir(join(folder, form), { recursive: true });
    await Bun.write(join(folder, "aes", "key"), KEY);
    await Bun.write(join(folder, "keyinfo"), `key\n${join(folder, "aes", "key")}\n`);
    const output =
      `-map 0 -map 1 -c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 25 -keyint_min 25 -sc_threshold 0 -c:a aac ` +
      `-f hls -hls_time 1 -hls_list_size ${window}`;
    const argv =
      `ffmpeg -nostdin -v error -re -f lavfi -i testsrc2=size=320x240:rate=25 -f lavfi -i sine=sample_rate=48000 ` +
      `${output} -hls_flags program_date_time+temp_file ts/live.m3u8 ` +
      `${output} -hls_flags temp_file -hls_segment_type fmp4 fmp4/live.m3u8 ` +
      `${output} -hls_flags temp_file -hls_key_info_file keyinfo aes/live.m3u8`;
    const child = Bun.spawn(argv.split(" "), { cwd: folder, stderr: "inherit", env: cleanEnvironment() });
    return new HlsMuxer(folder, child);
  }

  /** The stream ends as it should: its lists say so. */
  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.exited;
  }

  /** What the segments are in clear, in their order; and the init of fragmented MP4. */
  async segments(form: MuxedForm): Promise<{ init: Buffer; segments: Buffer[] }> {
    const folder = join(this.folder, form);
    const numberOf = (name: string): number => Number(/^live(\d+)\.(ts|m4s)$/.exec(name)?.[1] ?? -1);
    const names = (await readdir(folder)).filter((name) => numberOf(name) >= 0);
    const segments = await Promise.all(
      names.toSorted((a, b) => numberOf(a) - numberOf(b)).map((name) => read(join(folder, name))),
    );
    const init = form === "fmp4" ? await read(join(folder, "init.mp4")) : Buffer.alloc(0);
    if (form !== "aes") return { init, segments };
    const iv = /IV=0x([0-9a-f]{32})/i.exec(await Bun.file(join(folder, "live.m3u8")).text())?.[1];
    const clear = segments.map((bytes, index) => {
      const number = index.toString(16).padStart(32, "0");
      const decipher = createDecipheriv("aes-128-cbc", KEY, Buffer.from(iv ?? number, "hex"));
      return Buffer.concat([decipher.update(bytes), decipher.final()]);
    });
    return { init, segments: clear };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }
}

const read = async (path: string): Promise<Buffer> => Buffer.from(await Bun.file(path).bytes());

/** The media files of a channel's archive in the order of time, without the inits in front of them. */
export async function archivedBytes(archive: string, channel: string, init: Buffer): Promise<Buffer[]> {
  const folder = join(archive, channel);
  const names = await readdir(folder, { recursive: true });
  const media = names.filter((name) => /\.(ts|mp4)$/.test(name)).toSorted();
  const files = await Promise.all(media.map((name) => read(join(folder, name))));
  return files.map((bytes) => {
    if (!bytes.subarray(0, init.length).equals(init)) throw new Error(`${channel}: a file has another init`);
    return bytes.subarray(init.length);
  });
}

/** Which segments, by their places, a file is made of; throws when it is not made of whole ones in a row. */
export function placesIn(bytes: Buffer, segments: readonly Buffer[]): { first: number; last: number } {
  const first = segments.findIndex((segment) => bytes.subarray(0, segment.length).equals(segment));
  if (first < 0) throw new Error("it begins with no segment of the origin");
  let at = 0;
  let place = first;
  for (; at < bytes.length; place += 1) {
    const segment = segments[place];
    if (segment === undefined || !bytes.subarray(at, at + segment.length).equals(segment))
      throw new Error(`behind segment ${place - 1} something else follows`);
    at += segment.length;
  }
  return { first, last: place - 1 };
}
