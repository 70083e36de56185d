import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { makeClip } from "../rtsp/clip.ts";
import { makeCertificate } from "../rtsp/certificate.ts";
import { GstServer } from "../rtsp/gst-server.ts";
import { OddServer } from "../rtsp/odd-server.ts";
import {
  channelReport,
  intervalPath,
  listedSeconds,
  playlistOf,
  waitForRecording,
} from "../support/channels.ts";
import { decodeErrors, frameHashes } from "../support/ffmpeg.ts";
import { followLoop } from "../support/hashes.ts";
import { Nightjar } from "../support/nightjar.ts";
import { freePort } from "../support/ports.ts";
import { isFullLength } from "../support/length.ts";
import { tempFolder, type TempFolder } from "../support/temp.ts";
import { playInVlc } from "../support/vlc.ts";
import { waitFor } from "../support/wait.ts";
import { Players } from "../players/play-in-browser.ts";

const STOPPED_MS = isFullLength ? 20_000 : 8000;
/** Longer than the watchdog's 15 s without a sample. */
const HUNG_MS = isFullLength ? 40_000 : 20_000;
/** The first new sample is here so soon after the source's return, in milliseconds. */
const RETURN_LIMIT_MS = 5000;

describe("cameras that go away and come back", () => {
  let folder: TempFolder;
  let server: Nightjar;
  let players: Players;
  let steady: GstServer;
  let restarted: GstServer;
  let hanging: GstServer;
  let secured: GstServer;
  const odd: OddServer[] = [];
  let fromMs = 0;
  let toMs = 0;
  let stoppedMs = 0;
  let restartedMs = 0;
  let hungMs = 0;
  let resumedMs = 0;
  let disconnectedMs = 0;

  const address = (id: string, ending: "m3u8" | "mpd" = "m3u8") =>
    server.url + intervalPath(id, fromMs, toMs, ending);
  const gapAround = async (id: string, atMs: number) =>
    (await channelReport(server, id)).day.gaps.find((gap) => gap.startMs <= atMs && gap.endMs >= atMs);

  beforeAll(async () => {
    const port = await freePort();
    folder = await tempFolder();
    players = await Players.launch();
    const small = await makeClip({ width: 320, height: 240, seconds: 4 });
    const large = await makeClip({ width: 640, height: 480, seconds: 4 });
    const startOdd = async (behaviour: Parameters<typeof OddServer.start>[1]) => {
      const started = await OddServer.start(small, behaviour);
      odd.push(started);
      return started.url();
    };
    const resizing = await OddServer.start(small, { switchClip: { afterMs: 12_000, clip: large } });
    odd.push(resizing);
    steady = await GstServer.start({
      mounts: ["h264", "h264-aac"],
      auth: { user: "cam", password: "right" },
    });
    restarted = await GstServer.start({ mounts: ["h264-aac"], port });
    hanging = await GstServer.start({ mounts: ["h264-aac"] });
    secured = await GstServer.start({
      mounts: ["h264-aac"],
      auth: { user: "cam", password: "p@ss" },
      tls: await makeCertificate(folder.file("server.pem")),
    });
    const wrongPassword = steady.url("h264-aac").replace("right", "wrong-pass");
    fromMs = Date.now() - 1000;
    server = await Nightjar.start({
      folder: folder.path,
      config: {
        channels: {
          steady: { source: steady.url("h264") },
          lossy: { source: steady.url("h264-aac"), transport: "udp" },
          locked: { source: wrongPassword },
          secured: { source: secured.url("h264-aac").replace("p@ss", "p%40ss") },
          restarted: { source: restarted.url("h264-aac") },
          hanging: { source: hanging.url("h264-aac") },
          flapping: { source: await startOdd({ closeAfterMs: 3000 }) },
          cut: { source: await startOdd({ cutInPictureAfterMs: 9000 }) },
          silent: { source: await startOdd({ silent: true }) },
          garbage: { source: await startOdd({ garbage: true }) },
          resized: { source: resizing.url() },
        },
      },
    });
    await waitFor("the first session of the camera that changes its size", () => resizing.counts.plays > 0);
    // It stays at the new size: later sessions begin with it.
    resizing.behaviour = { switchClip: { afterMs: 0, clip: large } };
    await waitForRecording(server, ["steady", "lossy", "secured", "restarted", "hanging", "resized"], {
      withFootage: true,
    });
    await steady.lose("h264-aac", 1);
    await restarted.stop();
    stoppedMs = Date.now();
    hanging.pause();
    hungMs = Date.now();
    await Bun.sleep(STOPPED_MS);
    restarted = await GstServer.start({ mounts: ["h264-aac"], port });
    restartedMs = Date.now();
    await Bun.sleep(HUNG_MS - STOPPED_MS);
    hanging.resume();
    resumedMs = Date.now();
    await Bun.sleep(9000);
    disconnectedMs = Date.now();
    await restarted.disconnectAll();
    await Bun.sleep(9000);
    toMs = Date.now();
  }, 150_000);
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    for (const each of [steady, restarted, hanging, secured, ...odd]) await each[Symbol.asyncDispose]();
    await players[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const returns = [
    { id: "restarted", what: "a server that stopped", leftMs: () => stoppedMs, backMs: () => restartedMs },
    { id: "hanging", what: "a network that hung", leftMs: () => hungMs, backMs: () => resumedMs },
    { id: "restarted", what: "a cut connection", leftMs: () => disconnectedMs, backMs: () => disconnectedMs },
  ];
  test.each(returns)("$what: a new sample within 5 s of its return", async ({ id, backMs }) => {
    const { day } = await channelReport(server, id);
    const next = day.recorded.find(({ startMs }) => startMs >= backMs() - 500);
    expect(next).toBeDefined();
    expect(next!.startMs - backMs()).toBeLessThanOrEqual(RETURN_LIMIT_MS);
  });

  test("each gap has its reason", async () => {
    expect((await gapAround("restarted", stoppedMs + 3000))?.reason).toBe("source-offline");
    expect((await gapAround("hanging", hungMs + 10_000))?.reason).toBe("source-stalled");
    const words = async (id: string) => (await channelReport(server, id)).words;
    expect(await words("locked")).toContain("password");
    expect(await words("silent")).toContain("sent nothing that can be used");
    expect(await words("garbage")).toContain("sent nothing that can be used");
  });

  test("no discontinuity while the init is the same, and the wall time is right after the gap", async () => {
    const list = await playlistOf(server, intervalPath("restarted", fromMs, toMs));
    expect(list.segments.filter((segment) => segment.isDiscontinuity)).toEqual([]);
    const afterGap = list.segments.find(({ programDateTimeMs = 0 }) => programDateTimeMs > restartedMs - 500);
    expect(Math.abs(afterGap!.programDateTimeMs! - restartedMs)).toBeLessThanOrEqual(RETURN_LIMIT_MS);
  });

  test("ffmpeg decodes every list without a word, and no picture inside a run is lost", async () => {
    for (const id of ["steady", "restarted", "hanging", "flapping", "cut"]) {
      expect({ id, errors: await decodeErrors(address(id)) }).toEqual({ id, errors: "" });
    }
    const loop = await frameHashes(steady.clips["h264"]!.clip, "v");
    const { jumps, foreign } = followLoop(await frameHashes(address("steady"), "v"), loop);
    expect({ jumps, foreign }).toEqual({ jumps: [], foreign: 0 });
  });

  test("a camera that drops each connection after 3 s is kept, and slows nobody", async () => {
    const { day } = await channelReport(server, "flapping");
    const seconds = day.recorded.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0) / 1000;
    expect(seconds).toBeGreaterThan(6);
    expect((await channelReport(server, "steady")).day.recorded.length).toBe(1);
  });

  test("an encrypted camera (rtsps) is recorded without a hole, and no picture is lost", async () => {
    const { day } = await channelReport(server, "secured");
    expect(day.recorded).toHaveLength(1);
    const pictures = await frameHashes(address("secured"), "v");
    const loop = await frameHashes(secured.clips["h264-aac"]!.clip, "v");
    const { jumps, foreign } = followLoop(pictures, loop);
    expect({ jumps, foreign }).toEqual({ jumps: [], foreign: 0 });
    expect(pictures.length).toBeGreaterThan(((HUNG_MS + 15_000) / 1000) * 25);
  });

  test("1% packet loss over UDP is survived", async () => {
    const list = await playlistOf(server, intervalPath("lossy", fromMs, toMs));
    expect(list.segments.length).toBeGreaterThan(5);
  });

  test("a new resolution in mid-session begins a new timeline, which plays in VLC, too", async () => {
    const list = await playlistOf(server, intervalPath("resized", fromMs, toMs));
    expect(list.segments.filter((segment) => segment.isDiscontinuity).length).toBe(1);
    const changeSeconds = listedSeconds({
      ...list,
      segments: list.segments.slice(
        0,
        list.segments.findIndex((segment) => segment.isDiscontinuity),
      ),
    });
    // VLC refuses to seek while it has a change of format in its buffer: it plays across it first.
    const vlc = await playInVlc(address("resized"), [
      { playSeconds: changeSeconds + 5 },
      { seekSeconds: 2 },
      { playSeconds: 5 },
    ]);
    expect(vlc.complaints).toEqual([]);
    expect(vlc.counters[0]!.decodedVideo).toBeGreaterThanOrEqual((changeSeconds + 3) * 25);
    expect(vlc.counters[2]!.decodedVideo - vlc.counters[1]!.decodedVideo).toBeGreaterThan(75);
    const { errors, snapshots } = await players.play({
      player: "hlsjs",
      url: address("resized"),
      steps: [{ playSeconds: 2 }, { seekSeconds: changeSeconds + 2 }, { playSeconds: 3 }],
    });
    expect(errors).toEqual([]);
    expect(snapshots.map(({ width }) => width)).toEqual([320, 640, 640]);
  });

  test("players play across a gap without losing a frame", async () => {
    const list = await playlistOf(server, intervalPath("restarted", fromMs, toMs));
    const joinIndex = list.segments.findIndex(
      ({ programDateTimeMs = 0 }) => programDateTimeMs > restartedMs - 500,
    );
    const joinSeconds = list.segments
      .slice(0, joinIndex)
      .reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);
    const around = [{ seekSeconds: Math.max(0, joinSeconds - 3) }, { playSeconds: 6 }];
    for (const player of ["hlsjs", "shaka"] as const) {
      const { errors, snapshots } = await players.play({ player, url: address("restarted"), steps: around });
      expect({ player, errors }).toEqual({ player, errors: [] });
      const [before, after] = snapshots;
      expect(after!.stalls - before!.stalls).toBe(0);
      expect(after!.decodedFrames - before!.decodedFrames).toBeGreaterThanOrEqual(140);
      expect(after!.audioBytes).toBeGreaterThan(before!.audioBytes);
    }
    const vlc = await playInVlc(address("restarted"), [{ playSeconds: joinSeconds + 3 }]);
    expect(vlc.complaints).toEqual([]);
    expect(vlc.counters[0]!.lostAudioBuffers).toBe(0);
    expect(vlc.counters[0]!.decodedVideo).toBeGreaterThanOrEqual((joinSeconds + 2) * 25);
  });

  test("no password reaches a log, an answer, or a command line", async () => {
    const commands = server.processes().map(({ command }) => command);
    expect(commands.length).toBeGreaterThan(5);
    const answers = await Promise.all(
      ["/", "/health", "/api/channels", "/locked"].map((path) => server.fetch(path)),
    );
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    for (const text of [...commands, server.logText, ...texts]) {
      expect(text).not.toContain("wrong-pass");
      expect(text).not.toContain("cam:right");
    }
  });

  test("an outage is one line in the log, however many tries there are", () => {
    const lines = server.lines.filter((line) => line.includes(" silent: "));
    expect(lines.length).toBe(1);
  });
});
