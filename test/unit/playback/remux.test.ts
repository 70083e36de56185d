import { afterAll, beforeAll, expect, test } from "bun:test";
import { connect } from "node:net";
import { buildApp } from "../../../src/app.ts";
import { listen, type Listening } from "../../../src/listen.ts";
import { keepClip, keptClip } from "../../support/kept-clip.ts";
import { MemoryFootage, StandingClock } from "../../support/memory-footage.ts";
import { finished } from "../../support/processes.ts";
import { tempFolder, type TempFolder } from "../../support/temp.ts";
import { waitFor } from "../../support/wait.ts";

const T = Date.UTC(2026, 10, 20, 11);
/** Segments of the clip, one after the other, until there is far more than fits between two programs. */
const REPEATS = 24;

const footage = new MemoryFootage("stream");
let folder: TempFolder;
let listening: Listening;
let port = 0;
let seconds = 0;

beforeAll(async () => {
  folder = await tempFolder();
  const clip = await keptClip({ format: "ts", seconds: 4, size: "1280x720" });
  const many = { ...clip, segments: Array.from({ length: REPEATS }, () => clip.segments).flat() };
  const recording = await keepClip(footage, folder.path, { clip: many, startMs: T });
  seconds = Math.ceil((recording.endMs - T) / 1000);
  const app = buildApp({
    playback: { footage, clock: new StandingClock(T + 600_000), segmentTargetMs: 2000 },
    hosts: { isLoopbackOnly: true },
  });
  listening = await listen(app, [{ host: "127.0.0.1", port: 0 }]);
  port = listening.addresses[0]?.port ?? 0;
}, 30_000);
afterAll(async () => {
  await listening.stop(true);
  await folder[Symbol.asyncDispose]();
});

const path = () => `/stream/archive-${T / 1000}-${seconds}.mp4`;

/** Process ids of the ffmpegs that this process has started and that read MPEG-TS. */
async function remuxers(): Promise<number[]> {
  const { stdout } = await finished(["ps", "-o", "pid=,args=", "--ppid", String(process.pid)]);
  return stdout
    .split("\n")
    .filter((line) => line.includes("ffmpeg") && line.includes("-f mpegts"))
    .map((line) => Number.parseInt(line, 10));
}

/** Asks for the file on a connection of its own, and takes only its first bytes. */
async function askOnce(): Promise<{ status: number; close(): void }> {
  const socket = connect(port, "127.0.0.1");
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  socket.on("error", reject);
  socket.once("data", (bytes: Buffer) => {
    socket.pause();
    resolve(Number(bytes.toString("latin1", 9, 12)));
  });
  socket.write(`GET ${path()} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`);
  return { status: await promise, close: () => socket.destroy() };
}

/** The same, once there is a place: that of a client who left becomes free a moment after its ffmpeg has ended. */
function askAndWait(): Promise<{ close(): void }> {
  return waitFor(
    "a place",
    async () => {
      const client = await askOnce();
      if (client.status === 200) return client;
      client.close();
      return undefined;
    },
    { timeoutMs: 5000 },
  );
}

test("what nobody takes is not read, and ffmpeg ends when the client leaves", async () => {
  const before = process.memoryUsage.rss();
  const client = await askAndWait();
  await Bun.sleep(1500);
  expect(await remuxers()).toHaveLength(1);
  const size = footage.recordingList[0]?.sizeBytes ?? 0;
  expect(size).toBeGreaterThan(40_000_000);
  expect(process.memoryUsage.rss() - before).toBeLessThan(size / 2);
  client.close();
  await waitFor("the end of ffmpeg", async () => (await remuxers()).length === 0, { timeoutMs: 5000 });
});

test("a few are made at once; one more is told when to come again", async () => {
  const clients = await Promise.all([askAndWait(), askAndWait(), askAndWait()]);
  const refused = await fetch(`http://127.0.0.1:${port}${path()}`);
  expect(refused.status).toBe(503);
  expect(refused.headers.get("retry-after")).toBe("30");
  for (const client of clients) client.close();
  await waitFor("the end of ffmpeg", async () => (await remuxers()).length === 0, { timeoutMs: 5000 });
  const whole = await waitFor("a place", async () => {
    const answer = await fetch(`http://127.0.0.1:${port}${path()}`);
    return answer.status === 200 ? answer : undefined;
  });
  expect((await whole.bytes()).length).toBeGreaterThan(30_000_000);
});

test("footage that goes away while it is sent cuts the answer off", async () => {
  const [recording] = footage.recordingList;
  const { segments = [] } = recording ?? {};
  const last = segments.at(-1);
  if (!recording || !last) throw new Error("nothing recorded");
  // Its last segment would lie behind the end of the file.
  const lost = { ...last, offsetBytes: recording.sizeBytes };
  Object.assign(recording, { segments: [...segments.slice(0, -1), lost] });
  const answer = fetch(`http://127.0.0.1:${port}${path()}`).then((response) => response.bytes());
  expect(
    await answer.then(
      () => "whole",
      () => "cut off",
    ),
  ).toBe("cut off");
  Object.assign(recording, { segments });
});
