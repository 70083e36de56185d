import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { GstServer, type StandardMount } from "../rtsp/gst-server.ts";
import { channelReport, intervalPath, playlistOf, waitForRecording } from "../support/channels.ts";
import { copyWithFfmpeg, decodeErrors, frameHashes, probe } from "../support/ffmpeg.ts";
import { commonRun, followLoop } from "../support/hashes.ts";
import { beepDelaysMs, flashesAndBeeps } from "../support/lip-sync.ts";
import { Nightjar, nightjarCommand, STOP_LIMIT_MS } from "../support/nightjar.ts";
import { isFullLength } from "../support/length.ts";
import { tempFolder, type TempFolder } from "../support/temp.ts";
import { waitFor } from "../support/wait.ts";

const cameras = ["h264-aac", "h265", "h264", "h264-alaw", "sync"] as const satisfies StandardMount[];
const sound = { "h264-aac": 1, h265: 0, h264: 0, "h264-alaw": 1, sync: 1 };
const RECORD_MS = isFullLength ? 120_000 : 25_000;
const COPY_SECONDS = 10;
/** What a camera has sent and a recording can't have: on the wire, or in ffmpeg's hands, when it was cut off. */
const IN_FLIGHT_PICTURES = 25;

describe("recording cameras", () => {
  let gst: GstServer;
  let folder: TempFolder;
  let server: Nightjar;
  let fromMs = 0;
  let toMs = 0;
  const config = () => ({
    channels: Object.fromEntries(cameras.map((name) => [name, { source: gst.url(name) }])),
  });
  const all = (id: string, ending: "m3u8" | "mpd" = "m3u8") =>
    server.url + intervalPath(id, fromMs, toMs, ending);
  const loopOf = (name: string) => frameHashes(gst.clips[name]!.clip, "v");

  beforeAll(async () => {
    folder = await tempFolder();
    gst = await GstServer.start({ mounts: cameras });
    fromMs = Date.now() - 1000;
    server = await Nightjar.start({ folder: folder.path, config: config() });
    await waitForRecording(server, cameras);
    const started = Date.now();
    await Promise.all(
      (["h264-aac", "h265"] as const).map((name) =>
        copyWithFfmpeg(gst.url(name), folder.file(`${name}.mov`), COPY_SECONDS),
      ),
    );
    await Bun.sleep(Math.max(0, RECORD_MS - (Date.now() - started)));
    toMs = Date.now();
  }, 240_000);
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await gst[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  test.each(cameras)("%s: the interval, live and today decode without a word of ffmpeg", async (name) => {
    expect(await decodeErrors(all(name))).toBe("");
    for (const path of [`/${name}/live.m3u8`, `/${name}/stream/today/playlist.m3u8`]) {
      expect(await decodeErrors(server.url + path, { inputArguments: ["-t", "5"] })).toBe("");
    }
  });

  test.each(cameras)("%s: the tracks are those of the camera, its sound as AAC", async (name) => {
    const { streams } = await probe(all(name));
    const kinds = streams.map((stream) => stream.codec_name);
    const picture = name === "h265" ? "hevc" : "h264";
    expect(kinds).toEqual(sound[name] ? [picture, "aac"] : [picture]);
  });

  test.each(["h264-aac", "h265"] as const)("%s: pictures equal ffmpeg's own copy", async (name) => {
    const [ours, theirs] = await Promise.all([
      frameHashes(all(name), "v"),
      frameHashes(folder.file(`${name}.mov`), "v"),
    ]);
    expect(commonRun(ours, theirs)).toBeGreaterThanOrEqual((COPY_SECONDS - 3) * 25);
  });

  test("sound frames equal ffmpeg's own copy, byte for byte", async () => {
    const [ours, theirs] = await Promise.all([
      frameHashes(all("h264-aac"), "a", { copy: true }),
      frameHashes(folder.file("h264-aac.mov"), "a", { copy: true }),
    ]);
    expect(commonRun(ours, theirs)).toBeGreaterThanOrEqual((COPY_SECONDS - 3) * 45);
  });

  test("a flash and its beep are within 40 ms of each other", async () => {
    const delaysMs = beepDelaysMs(await flashesAndBeeps(all("sync")));
    expect(delaysMs.length).toBeGreaterThan(15);
    for (const delayMs of delaysMs.slice(0, -1)) expect(Math.abs(delayMs)).toBeLessThanOrEqual(40);
  });

  test("what the cameras sent is what is kept: no picture is lost", async () => {
    const sent = await gst.counts();
    await gst.stop();
    for (const name of cameras) {
      await waitFor(`${name} offline`, async () => (await channelReport(server, name)).state !== "recording");
    }
    toMs = Date.now() + 1000;
    await Bun.sleep(1000);
    for (const name of cameras) {
      const kept = await frameHashes(all(name), "v");
      const { jumps, foreign } = followLoop(kept, await loopOf(name));
      expect({ name, jumps, foreign }).toEqual({ name, jumps: [], foreign: 0 });
      expect(sent[name]!.pictures - kept.length).toBeLessThanOrEqual(IN_FLIGHT_PICTURES);
    }
  });

  test("it stops within 5 s, loses nothing, and leaves no process behind", async () => {
    const before = await playlistOf(server, intervalPath("h264-aac", fromMs, toMs));
    const { code, tookMs } = await server.stop();
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(STOP_LIMIT_MS);
    await server.nothingLeft();
    server = await Nightjar.start({ folder: folder.path, config: config() });
    const after = await playlistOf(server, intervalPath("h264-aac", fromMs, toMs));
    const names = (list: typeof before) => list.segments.map(({ uri }) => new URL(uri).pathname);
    expect(names(after)).toEqual(names(before));
  });

  test("each recording and its journal open from disk", async () => {
    const archive = folder.file("data", "archive");
    const files = readdirSync(archive, { recursive: true, encoding: "utf8" });
    const media = files.filter((file) => file.endsWith(".mp4")).map((file) => join(archive, file));
    expect(media.length).toBeGreaterThanOrEqual(cameras.length);
    for (const file of media) {
      expect(await decodeErrors(file)).toBe("");
      const journal = file.replace(/\.mp4$/, ".m3u8");
      expect(await decodeErrors(journal, { inputArguments: ["-allowed_extensions", "ALL"] })).toBe("");
    }
  });

  test("ls lists and verify finds nothing wrong; reindex brings the same addresses, spans and gaps back", async () => {
    const paths = cameras.flatMap((name) => [
      intervalPath(name, fromMs, toMs),
      intervalPath(name, fromMs, toMs, "mpd"),
      `/streamer/${name}/metadata?startTimestamp=${Math.floor(fromMs / 1000)}&gaps=1&endTimestamp=${Math.floor(toMs / 1000)}`,
    ]);
    const answers = async () => Promise.all(paths.map((path) => server.text(path)));
    const before = await answers();
    expect((await server.stop()).code).toBe(0);
    const listed = await nightjarCommand(["ls", "--json"], { folder: folder.path });
    expect(listed.code).toBe(0);
    for (const name of cameras) expect(listed.stdout).toContain(`"${name}"`);
    const verified = await nightjarCommand(["verify"], { folder: folder.path });
    expect({ code: verified.code, stderr: verified.stderr }).toEqual({ code: 0, stderr: "" });
    for (const ending of ["", "-wal", "-shm"])
      await rm(folder.file("data", `index.db${ending}`), { force: true });
    const made = await nightjarCommand(["reindex"], { folder: folder.path, timeoutMs: 60_000 });
    expect({ code: made.code, stderr: made.stderr }).toEqual({ code: 0, stderr: "" });
    server = await Nightjar.start({ folder: folder.path, config: config() });
    expect(await answers()).toEqual(before);
  });
});
