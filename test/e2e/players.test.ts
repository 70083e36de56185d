import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { GstServer } from "../rtsp/gst-server.ts";
import { intervalPath, listedSeconds, playlistOf, waitForRecording } from "../support/channels.ts";
import { Nightjar } from "../support/nightjar.ts";
import { tempFolder, type TempFolder } from "../support/temp.ts";
import { playInVlc } from "../support/vlc.ts";
import { waitFor } from "../support/wait.ts";
import { Players, type PlaySnapshot } from "../players/play-in-browser.ts";

const RECORD_MS = 26_000;
const SETTLED_MS = 8000;
const CHANNEL = "h264-aac";
const PICTURES_PER_SECOND = 25;

describe("players", () => {
  let gst: GstServer;
  let folder: TempFolder;
  let server: Nightjar;
  let players: Players;
  let fromMs = 0;
  let toMs = 0;
  const interval = (ending: "m3u8" | "mpd" = "m3u8") =>
    server.url + intervalPath(CHANNEL, fromMs, toMs, ending);
  const live = () => `${server.url}/${CHANNEL}/live.m3u8`;
  const today = () => `${server.url}/${CHANNEL}/stream/today/playlist.m3u8`;

  beforeAll(async () => {
    folder = await tempFolder();
    [gst, players] = await Promise.all([GstServer.start({ mounts: [CHANNEL] }), Players.launch()]);
    fromMs = Date.now() - 1000;
    const channels = { [CHANNEL]: { source: gst.url(CHANNEL) } };
    server = await Nightjar.start({ folder: folder.path, config: { channels } });
    await waitForRecording(server, [CHANNEL]);
    await Bun.sleep(RECORD_MS);
    // So long ago that everything of it is listed.
    toMs = Date.now() - SETTLED_MS;
  }, 90_000);
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await players[Symbol.asyncDispose]();
    await gst[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  /** Between two snapshots, pictures and sound went on, without a stall, for at least so long. */
  function expectPlayed(before: PlaySnapshot, after: PlaySnapshot, seconds: number): void {
    expect(after.stalls - before.stalls).toBe(0);
    expect(after.decodedFrames - before.decodedFrames).toBeGreaterThanOrEqual(seconds * PICTURES_PER_SECOND);
    expect(after.audioBytes).toBeGreaterThan(before.audioBytes);
  }

  test.each([
    ["hlsjs", "m3u8"],
    ["shaka", "m3u8"],
    ["shaka", "mpd"],
    ["dashjs", "mpd"],
  ] as const)(
    "%s plays an interval (%s) from the start, from the middle, and to its end",
    async (player, ending) => {
      const { errors, snapshots, shownTimesSeconds } = await players.play({
        player,
        url: interval(ending),
        steps: [
          { playSeconds: 3 },
          { seekShare: 0.5 },
          { playSeconds: 2 },
          { seekShare: 0.85 },
          { untilEndedWithinSeconds: 20 },
        ],
      });
      expect(errors).toEqual([]);
      const [start, middle, on, near, end] = snapshots;
      expect(shownTimesSeconds.length).toBeGreaterThan(60);
      expect(start!.decodedFrames).toBeGreaterThanOrEqual(2.5 * PICTURES_PER_SECOND);
      expect(start!.audioBytes).toBeGreaterThan(0);
      expectPlayed(middle!, on!, 1.7);
      expectPlayed(near!, end!, 2);
      expect(end!.ended).toBe(true);
      expect(end!.durationSeconds).toBeCloseTo(
        listedSeconds(await playlistOf(server, intervalPath(CHANNEL, fromMs, toMs))),
        0,
      );
    },
  );

  test("hls.js plays live without a stall, and knows the time of day", async () => {
    const { errors, snapshots } = await players.play({
      player: "hlsjs",
      url: live(),
      steps: [{ playSeconds: 3 }, { playSeconds: 5 }],
    });
    expect(errors).toEqual([]);
    expectPlayed(snapshots[0]!, snapshots[1]!, 4.5);
    const lagMs = Date.now() - Date.parse(snapshots[1]!.playingDate!);
    expect(lagMs).toBeGreaterThan(0);
    expect(lagMs).toBeLessThan(20_000);
  });

  test("hls.js plays today, back to its first segment", async () => {
    const { errors, snapshots } = await players.play({
      player: "hlsjs",
      url: today(),
      // Not to 0 itself: hls.js takes a list that it has seen grow to begin some 1e-14 s after that, and waits.
      steps: [{ playSeconds: 2 }, { seekSeconds: 0.5 }, { playSeconds: 3 }],
    });
    expect(errors).toEqual([]);
    expectPlayed(snapshots[1]!, snapshots[2]!, 2.7);
  });

  test("the channel's own page plays, and asks nobody else for anything", async () => {
    const page = await players.browser.newPage();
    const foreign: string[] = [];
    const complaints: string[] = [];
    page.on("request", (request) => {
      if (!request.url().startsWith(server.url) && !/^(blob|data):/.test(request.url()))
        foreign.push(request.url());
    });
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(`${server.url}/${CHANNEL}`);
    // Not by `waitForFunction`: the page's own policy forbids what that does.
    const decoded = "document.querySelector('video')?.getVideoPlaybackQuality().totalVideoFrames > 50";
    await waitFor("50 pictures", () => page.evaluate<boolean>(decoded), { timeoutMs: 20_000 });
    await page.close();
    expect({ foreign, complaints }).toEqual({ foreign: [], complaints: [] });
  });

  test.each([
    ["an interval", () => interval()],
    ["today", () => today()],
  ])("VLC plays %s from the start and after a seek, with all its sound", async (_what, url) => {
    const steps = [{ playSeconds: 4 }, { seekSeconds: 12 }, { playSeconds: 4 }];
    const { counters, complaints, timesSeconds } = await playInVlc(url(), steps);
    expect(complaints).toEqual([]);
    const [start, sought, end] = counters;
    expect(start!.decodedVideo).toBeGreaterThan(2.5 * PICTURES_PER_SECOND);
    expect(end!.decodedVideo - sought!.decodedVideo).toBeGreaterThan(2.5 * PICTURES_PER_SECOND);
    expect(end!.playedAudioBuffers - sought!.playedAudioBuffers).toBeGreaterThan(100);
    expect(end!.lostAudioBuffers).toBe(0);
    expect(timesSeconds[2]).toBeGreaterThanOrEqual(14);
  });

  test("VLC plays live", async () => {
    const { counters, complaints } = await playInVlc(live(), [{ playSeconds: 8 }]);
    expect(complaints).toEqual([]);
    expect(counters[0]!.decodedVideo).toBeGreaterThan(5 * PICTURES_PER_SECOND);
    expect(counters[0]!.playedAudioBuffers).toBeGreaterThan(200);
    expect(counters[0]!.lostAudioBuffers).toBe(0);
  });

  test("VLC opens the recording and its journal from disk, and seeks in them", async () => {
    const archive = folder.file("data", "archive");
    const file = readdirSync(archive, { recursive: true, encoding: "utf8" }).find((name) =>
      name.endsWith(".mp4"),
    )!;
    for (const path of [join(archive, file), join(archive, file.replace(/\.mp4$/, ".m3u8"))]) {
      const steps = [{ playSeconds: 3 }, { seekSeconds: 10 }, { playSeconds: 4 }];
      const { counters, complaints } = await playInVlc(path, steps);
      expect({ path, complaints }).toEqual({ path, complaints: [] });
      const [, sought, end] = counters;
      expect(end!.decodedVideo - sought!.decodedVideo).toBeGreaterThan(2.5 * PICTURES_PER_SECOND);
      expect(end!.playedAudioBuffers - sought!.playedAudioBuffers).toBeGreaterThan(100);
      expect(end!.lostAudioBuffers).toBe(0);
    }
  });
});
