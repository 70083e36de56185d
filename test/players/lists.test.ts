import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { makeClip } from "../rtsp/clip.ts";
import { GstServer } from "../rtsp/gst-server.ts";
import { OddServer } from "../rtsp/odd-server.ts";
import { intervalPath, playlistOf, waitForRecording } from "../support/channels.ts";
import { decodeErrors, probe } from "../support/ffmpeg.ts";
import { Nightjar } from "../support/nightjar.ts";
import { tempFolder, type TempFolder } from "../support/temp.ts";
import { playInVlc } from "../support/vlc.ts";
import { Players } from "./play-in-browser.ts";

const RECORD_MS = 84_000;
const PICTURES_PER_SECOND = 25;

/** Channels by what is odd about them; whether a browser can show them at all. */
const kinds = [
  { id: "plain", inBrowser: true, hasSound: true },
  { id: "bframes", inBrowser: true, hasSound: true },
  { id: "gop10", inBrowser: true, hasSound: true },
  { id: "silent", inBrowser: true, hasSound: false },
  { id: "alaw", inBrowser: true, hasSound: true },
  { id: "gappy", inBrowser: true, hasSound: true },
  { id: "late-sound", inBrowser: true, hasSound: true },
  { id: "lost-sound", inBrowser: true, hasSound: true },
  { id: "h265", inBrowser: false, hasSound: false },
] as const;

describe("every player, every kind of list", () => {
  let folder: TempFolder;
  let gst: GstServer;
  let gappy: GstServer;
  const odd: OddServer[] = [];
  let server: Nightjar;
  let players: Players;
  let fromMs = 0;
  let toMs = 0;
  const address = (id: string, ending: "m3u8" | "mpd" = "m3u8") =>
    server.url + intervalPath(id, fromMs, toMs, ending);

  beforeAll(async () => {
    folder = await tempFolder();
    players = await Players.launch();
    const clip = await makeClip({ seconds: 4, aac: { rate: 48_000, channels: 2 } });
    const startOdd = async (behaviour: Parameters<typeof OddServer.start>[1]) => {
      const started = await OddServer.start(clip, behaviour);
      odd.push(started);
      return { source: started.url() };
    };
    gst = await GstServer.start({ mounts: ["h264-aac", "bframes", "gop10", "h264", "h264-alaw", "h265"] });
    gappy = await GstServer.start({ mounts: ["h264-aac"] });
    fromMs = Date.now() - 1000;
    server = await Nightjar.start({
      folder: folder.path,
      config: {
        channels: {
          plain: { source: gst.url("h264-aac") },
          bframes: { source: gst.url("bframes") },
          gop10: { source: gst.url("gop10") },
          silent: { source: gst.url("h264") },
          alaw: { source: gst.url("h264-alaw") },
          h265: { source: gst.url("h265") },
          gappy: { source: gappy.url("h264-aac") },
          "late-sound": await startOdd({ sound: "clip", soundFromMs: 6000 }),
          "lost-sound": await startOdd({ sound: "clip", soundUntilMs: 15_000 }),
        },
      },
    });
    await waitForRecording(
      server,
      kinds.map(({ id }) => id),
      { timeoutMs: 40_000 },
    );
    for (let cut = 0; cut < 3; cut++) {
      await Bun.sleep(RECORD_MS / 4);
      await gappy.disconnectAll();
    }
    await Bun.sleep(RECORD_MS / 4);
    // So long ago that everything of it is listed, also with groups of pictures of 10 s.
    toMs = Date.now() - 24_000;
  }, 180_000);
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await players[Symbol.asyncDispose]();
    for (const each of [gst, gappy, ...odd]) await each[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const inBrowsers = kinds
    .filter(({ inBrowser }) => inBrowser)
    .flatMap((kind) =>
      (
        [
          ["hlsjs", "m3u8"],
          ["shaka", "m3u8"],
          ["shaka", "mpd"],
          ["dashjs", "mpd"],
        ] as const
      ).map(([player, ending]) => ({ ...kind, player, ending })),
    );
  test.each(inBrowsers)("$id in $player ($ending): no stall, no loss, sound to the end", async (kind) => {
    const { id, player, ending, hasSound } = kind;
    const steps = [
      { playSeconds: 6 },
      { seekShare: 0.5 },
      { playSeconds: 5 },
      { seekShare: 0.05 },
      { playSeconds: 3 },
      { seekShare: 0.9 },
      { untilEndedWithinSeconds: 25 },
    ];
    const { errors, snapshots } = await players.play({ player, url: address(id, ending), steps });
    expect(errors).toEqual([]);
    const [start, middle, on, back, after, near, end] = snapshots;
    expect(end!.ended).toBe(true);
    expect(start!.decodedFrames).toBeGreaterThanOrEqual(5.5 * PICTURES_PER_SECOND);
    expect(on!.decodedFrames - middle!.decodedFrames).toBeGreaterThanOrEqual(4.5 * PICTURES_PER_SECOND);
    expect(after!.decodedFrames - back!.decodedFrames).toBeGreaterThanOrEqual(2.5 * PICTURES_PER_SECOND);
    const stalls = [
      start!.stalls,
      on!.stalls - middle!.stalls,
      after!.stalls - back!.stalls,
      end!.stalls - near!.stalls,
    ];
    expect(stalls).toEqual([0, 0, 0, 0]);
    if (hasSound) expect(end!.audioBytes).toBeGreaterThan(near!.audioBytes);
  });

  test.each(kinds)("$id in VLC: from the start, on after seeks, all its sound", async ({ id, hasSound }) => {
    const steps = [
      { playSeconds: 12 },
      { seekSeconds: 30 },
      { playSeconds: 6 },
      { seekSeconds: 3 },
      { playSeconds: 6 },
    ];
    const { counters, complaints } = await playInVlc(address(id), steps);
    expect(complaints).toEqual([]);
    const [start, forth, on, back, after] = counters;
    expect(start!.decodedVideo).toBeGreaterThanOrEqual(10 * PICTURES_PER_SECOND);
    expect(on!.decodedVideo - forth!.decodedVideo).toBeGreaterThanOrEqual(5 * PICTURES_PER_SECOND);
    expect(after!.decodedVideo - back!.decodedVideo).toBeGreaterThanOrEqual(5 * PICTURES_PER_SECOND);
    expect(after!.lostAudioBuffers).toBe(0);
    if (hasSound) expect(after!.playedAudioBuffers - back!.playedAudioBuffers).toBeGreaterThan(200);
  });

  test.each(kinds)(
    "$id in ffmpeg: every picture of the list, without a word, as HLS and DASH",
    async ({ id }) => {
      for (const ending of ["m3u8", "mpd"] as const) {
        expect({ ending, errors: await decodeErrors(address(id, ending)) }).toEqual({ ending, errors: "" });
      }
      const list = await playlistOf(server, intervalPath(id, fromMs, toMs));
      const seconds = list.segments.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);
      const { streams } = await probe(address(id));
      const pictures = Number(streams.find(({ codec_type }) => codec_type === "video")!.nb_read_packets);
      expect(Math.abs(pictures - seconds * PICTURES_PER_SECOND)).toBeLessThanOrEqual(5);
    },
  );
});
