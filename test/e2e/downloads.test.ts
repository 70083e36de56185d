import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { decodeErrors } from "../support/ffmpeg.ts";
import { longRecordingConfig, makeLongRecording, type LongRecording } from "../support/long-recording.ts";
import { Nightjar } from "../support/nightjar.ts";
import { finished } from "../support/processes.ts";
import { tempFolder, type TempFolder } from "../support/temp.ts";
import { waitFor } from "../support/wait.ts";

const CLIP_SECONDS = 20;
const HOURS = 10;
const MEGABYTE = 1e6;

describe("downloads", () => {
  let folder: TempFolder;
  let long: LongRecording;
  let server: Nightjar;
  const mp4 = (fromSeconds: number, seconds: number) =>
    `${server.url}/${long.channel}/archive-${Math.floor(long.startMs / 1000) + fromSeconds}-${seconds}.mp4`;

  beforeAll(async () => {
    folder = await tempFolder();
    const clip = { seconds: CLIP_SECONDS, size: "640x360" };
    long = await makeLongRecording(folder.path, clip, (HOURS * 3600) / CLIP_SECONDS);
    server = await Nightjar.start({ folder: folder.path, config: longRecordingConfig(long.channel) });
  }, 60_000);
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const memoryBytes = (): number =>
    Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))?.[1]) * 1024;

  /** Bytes, seconds and exit code of curl. */
  async function download(url: string, ...args: string[]): Promise<{ bytes: number; code: number }> {
    const argv = ["curl", "-s", "-o", "/dev/null", "-w", "%{size_download}", ...args, url];
    const done = await finished(argv, { timeoutMs: 60_000 });
    return { bytes: Number(done.stdout), code: done.code };
  }

  test("ten hours come whole, with a length that was said before, in little memory", async () => {
    const url = mp4(0, HOURS * 3600);
    const { headers } = await fetch(url, { method: "HEAD" });
    const sizeBytes = Number(headers.get("content-length"));
    expect(sizeBytes).toBeGreaterThan(1000 * MEGABYTE);
    const before = memoryBytes();
    let most = 0;
    const timer = setInterval(() => (most = Math.max(most, memoryBytes())), 50);
    const [fast, slow] = await Promise.all([
      download(url),
      // One that hardly takes anything, and hangs up.
      download(url, "--limit-rate", "500k", "--max-time", "2"),
    ]);
    clearInterval(timer);
    expect(fast).toEqual({ bytes: sizeBytes, code: 0 });
    expect(slow.code).toBe(28);
    expect(most - before).toBeLessThan(80 * MEGABYTE);
  });

  test("a part far inside is there at once, and is the part of the whole", async () => {
    const parts = folder.file("part");
    const [url, start, length] = [mp4(3600, 3600), 70_000_000, 3_000_000];
    await finished(["curl", "-s", "-r", `${start}-${start + length - 1}`, "-o", parts, url], {
      timeoutMs: 10_000,
    });
    const whole = folder.file("whole.mp4");
    await finished(["curl", "-s", "-o", whole, url], { timeoutMs: 30_000 });
    const expected = await Bun.file(whole)
      .slice(start, start + length)
      .bytes();
    expect(Buffer.compare(await Bun.file(parts).bytes(), expected)).toBe(0);
  });

  test("a minute across three recordings decodes without a word", async () => {
    expect(await decodeErrors(mp4(1000 - 5, 60))).toBe("");
  });

  test("ffmpeg seeks to any place of ten hours without reading what lies before", async () => {
    const at = ["-ss", "30000", "-i", mp4(0, HOURS * 3600), "-frames:v", "1", "-f", "framemd5", "-"];
    const started = performance.now();
    const { stdout, stderr, code } = await finished(["ffmpeg", "-v", "error", ...at], { timeoutMs: 20_000 });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^0,/m);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  test("clients that hang up leave no file and no connection behind", async () => {
    const open = () =>
      [...new Bun.Glob("*").scanSync({ cwd: `/proc/${server.pid}/fd`, onlyFiles: false })].length;
    await waitFor("an idle server", async () => (await fetch(`${server.url}/health`)).ok, {
      timeoutMs: 5000,
    });
    const before = open();
    const hangUps = Array.from({ length: 8 }, () =>
      download(mp4(0, 3600), "--limit-rate", "100k", "--max-time", "1"),
    );
    expect((await Promise.all(hangUps)).map(({ code }) => code)).toEqual(Array<number>(8).fill(28));
    await waitFor("closed files and connections", () => open() <= before + 1, { timeoutMs: 10_000 });
  });
});
