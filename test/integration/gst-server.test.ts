import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyWithFfmpeg, frameHashes, probe } from "../support/ffmpeg.ts";
import { followLoop } from "../support/hashes.ts";
import { beepDelaysMs, flashesAndBeeps } from "../support/lip-sync.ts";
import { finished } from "../support/processes.ts";
import { tempFolder, type TempFolder } from "../support/temp.ts";
import { GstServer, STANDARD_MOUNTS, type StandardMount } from "../rtsp/gst-server.ts";

const SECONDS = 3;
const mounts = Object.keys(STANDARD_MOUNTS) as StandardMount[];
const expected: Record<StandardMount, string[]> = {
  "h264-aac": ["h264", "aac"],
  h264: ["h264"],
  h265: ["hevc"],
  "h264-alaw": ["h264", "pcm_alaw"],
  bframes: ["h264", "aac"],
  gop10: ["h264", "aac"],
  sync: ["h264", "aac"],
  clock: ["h264", "aac"],
};

describe("the RTSP server of the tests", () => {
  let server: GstServer;
  let folder: TempFolder;
  const copies = new Map<StandardMount, string>();

  beforeAll(async () => {
    folder = await tempFolder();
    server = await GstServer.start({ mounts });
    await Promise.all(
      mounts.map(async (mount) => {
        const file = folder.file(`${mount}.mov`);
        await copyWithFfmpeg(server.url(mount), file, SECONDS);
        copies.set(mount, file);
      }),
    );
  }, 120_000);
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  test.each(mounts)("%s sends the codecs that it should, in real time", async (mount) => {
    const { streams } = await probe(copies.get(mount)!);
    expect(streams.map((stream) => stream.codec_name ?? "")).toEqual(expected[mount]);
    const pictures = Number(streams[0]!.nb_read_packets);
    expect(pictures).toBeGreaterThan((SECONDS - 1) * 25);
    expect(pictures).toBeLessThan((SECONDS + 1) * 25);
    expect((await server.counts())[mount]!.pictures).toBeGreaterThanOrEqual(pictures);
  });

  test.each(mounts.filter((mount) => mount !== "clock"))("%s loses no picture of its clip", async (mount) => {
    const loop = await frameHashes(server.clips[mount]!.clip, "v");
    // The copy was cut in decode order: its last pictures lack those that are decoded after them.
    const copied = (await frameHashes(copies.get(mount)!, "v")).slice(0, -2);
    const { jumps, foreign } = followLoop(copied, loop);
    expect({ jumps, foreign }).toEqual({ jumps: [], foreign: 0 });
  });

  test("flash and beep come together", async () => {
    const file = folder.file("sync.mov");
    await copyWithFfmpeg(server.url("sync"), file, SECONDS);
    const delaysMs = beepDelaysMs(await flashesAndBeeps(file));
    expect(delaysMs.length).toBeGreaterThanOrEqual(SECONDS - 1);
    for (const delayMs of delaysMs) expect(Math.abs(delayMs)).toBeLessThan(20);
  });

  test("a wrong password is refused, the right one is not", async () => {
    await using guarded = await GstServer.start({
      mounts: ["h264"],
      auth: { user: "someone", password: "p'a ss%40" },
    });
    const ask = (login: string) =>
      finished(["ffprobe", "-v", "error", `rtsp://${login}@127.0.0.1:${guarded.port}/h264`]);
    expect((await ask("someone:wrong")).stderr).toContain("401");
    expect((await ask("someone:p%27a%20ss%2540")).stderr).not.toContain("401");
  });
});
