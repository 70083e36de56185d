import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { buildApp } from "../../src/app.ts";
import { listen, type Listening } from "../../src/listen.ts";
import { systemClock } from "../../src/platform/system-clock.ts";
import { decodeErrors } from "../support/ffmpeg.ts";
import { encodeClip, FIRST_SHADE, recordClip, SHADE_STEP, type Clip } from "../support/recorded-clip.ts";
import { tempFolder, type TempFolder } from "../support/temp.ts";
import { GrowingFootage } from "./growing-footage.ts";
import { inTime } from "./machine-load.ts";
import { Players, type PlayResult, type PlaySnapshot, type PlayStep } from "./play-in-browser.ts";

/** Five years of footage came before. */
const BEFORE_SECONDS = 5 * 365 * 86_400;
const HOUR_MS = 3_600_000;
const SECONDS = 64;
/** A busy machine decodes a picture late now and then; a player that waits for a segment stands longer. */
const LATE_MS = 100;
const players = ["shaka", "dashjs"] as const;
type Played = Record<(typeof players)[number], PlayResult>;

/**
 * Chromium stands 60 to 80 ms before the end of what it has, however complete: the last frames of sound stay in its decoder
 * until more comes. When dash.js is told then of what follows before it has any of it, it goes over to it by a jump, and says so.
 */
const JUMP_OVER_END =
  /\[GapController\] Jumping to end of stream because of gap from ([\d.]+) to ([\d.]+)\. /;
const STANDS_BEFORE_END_SECONDS = 0.15;

/** Whether a line says that dash.js went on from this end of a period, in seconds, to what came after it later. */
function isJumpOverEnd(line: string, endSeconds: number): boolean {
  const [from = 0, to = 0] = (JUMP_OVER_END.exec(line) ?? []).slice(1).map(Number);
  return to === endSeconds && to - from < STANDS_BEFORE_END_SECONDS;
}

/** Which second of a clip of shades is shown. */
const shownSecond = ({ brightness }: PlaySnapshot): number =>
  ((brightness * 219) / 255 + 16 - FIRST_SHADE) / SHADE_STEP;

describe("growing and ended manifests", () => {
  let folder: TempFolder;
  let browser: Players;
  let clip: Clip;
  let other: Clip;
  const listening: Listening[] = [];

  beforeAll(async () => {
    folder = await tempFolder();
    browser = await Players.launch();
    clip = encodeClip({ seconds: SECONDS, pictures: "shades" });
    other = encodeClip({ seconds: 24, pictures: "shades", size: "480x270" });
  }, 60_000);
  afterAll(async () => {
    for (const each of listening) await each.stop(true);
    await browser[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  /** Runs of a channel of their own, each with its begin in ms from now; returns the channel's address. */
  async function served(runs: readonly { atMs: number; clip: Clip }[]): Promise<string> {
    const files = folder.file(crypto.randomUUID());
    await mkdir(files);
    const footage = new GrowingFootage("yard", BEFORE_SECONDS * 90_000);
    const nowMs = Date.now();
    let endMs: number | undefined;
    for (const { atMs, clip: shown } of runs) {
      const init = shown === clip ? "a" : "b";
      const recording = await recordClip(footage, files, shown, nowMs + atMs, init);
      if (endMs !== undefined) footage.noteGap(recording, endMs);
      endMs = recording.endMs;
    }
    const playback = { footage, clock: systemClock(), segmentTargetMs: 2000 };
    const app = buildApp({ playback, hosts: { isLoopbackOnly: true } });
    const server = await listen(app, [{ host: "127.0.0.1", port: 0 }]);
    listening.push(server);
    return `http://127.0.0.1:${server.addresses[0]?.port}/yard`;
  }

  /** Plays an address in both players at once; none may complain, but for what `isUsual` of the console's lines. */
  async function play(
    url: string,
    steps: readonly PlayStep[],
    isUsual: (line: string) => boolean = () => false,
  ): Promise<Played> {
    const results = await Promise.all(players.map((player) => browser.play({ player, url, steps })));
    for (const [index, { errors, console: said, snapshots }] of results.entries()) {
      const who = players[index];
      const lines = said.filter((line) => !isUsual(line));
      expect({ who, errors, lines, steps: snapshots.length }).toEqual({
        who,
        errors: [],
        lines: [],
        steps: steps.length,
      });
    }
    return Object.fromEntries(players.map((player, index) => [player, results[index]])) as Played;
  }

  test.each(["live.mpd", "stream/today/playlist.mpd"])(
    "%s, joined an hour's gap later: at the edge, no stall, back to before the gap",
    (name) =>
      inTime(name, async () => {
        const url = await served([
          { atMs: -HOUR_MS - SECONDS * 1000, clip },
          { atMs: -40_000, clip },
        ]);
        const steps = [
          { playSeconds: 5 },
          { seekSeconds: BEFORE_SECONDS + 21 },
          { playSeconds: 2 },
          { seekSeconds: BEFORE_SECONDS + SECONDS + 5 },
        ];
        const delaySeconds = name === "live.mpd" ? 8 : 38;
        for (const { snapshots } of Object.values(await play(`${url}/${name}`, steps))) {
          const [start, back, on, there] = snapshots as [
            PlaySnapshot,
            PlaySnapshot,
            PlaySnapshot,
            PlaySnapshot,
          ];
          const second = start.currentTimeSeconds - BEFORE_SECONDS - SECONDS;
          expect(Math.abs(shownSecond(start) - second)).toBeLessThan(0.5);
          // It began so far behind the newest segment, which is up to a segment and a start old.
          expect(second).toBeLessThanOrEqual(40 + 5 - delaySeconds + 4);
          expect(second).toBeGreaterThan(40 - delaySeconds - 5);
          expect(Math.abs(shownSecond(back) - 21)).toBeLessThan(0.7);
          expect(Math.abs(shownSecond(on) - 23)).toBeLessThan(1);
          expect(Math.abs(shownSecond(there) - 5)).toBeLessThan(0.7);
          expect(start.stalledMs).toBeLessThan(LATE_MS);
          expect(on.stalledMs - back.stalledMs).toBeLessThan(LATE_MS);
          expect(on.audioBytes).toBeGreaterThan(back.audioBytes);
        }
      }),
    120_000,
  );

  test(
    "live.mpd goes on over ten seconds without camera, and then in another picture size",
    () =>
      inTime("the outage", async () => {
        const url = await served([
          { atMs: 20_000 - SECONDS * 1000, clip },
          { atMs: 30_000, clip: other },
        ]);
        const steps = [{ playSeconds: 12 }, { playSeconds: 34 }];
        const joinSeconds = BEFORE_SECONDS + SECONDS;
        const played = await play(`${url}/live.mpd`, steps, (line) => isJumpOverEnd(line, joinSeconds));
        for (const { snapshots, shownTimesSeconds } of Object.values(played)) {
          const [before, after] = snapshots as [PlaySnapshot, PlaySnapshot];
          expect(before.width).toBe(320);
          expect(before.stalledMs).toBeLessThan(LATE_MS);
          expect(after.width).toBe(480);
          // One span of both tracks over the join: neither sound nor pictures lack anything there.
          expect(after.bufferedSeconds).toHaveLength(2);
          expect(after.bufferedSeconds[0]).toBeLessThan(joinSeconds);
          const second = after.currentTimeSeconds - BEFORE_SECONDS - SECONDS;
          expect(second).toBeGreaterThan(4);
          expect(Math.abs(shownSecond(after) - second)).toBeLessThan(0.5);
          const steps = shownTimesSeconds.map((time, index) => time - (shownTimesSeconds[index - 1] ?? time));
          expect(Math.max(...steps)).toBeLessThan(1);
        }
      }),
    180_000,
  );

  test(
    "a day and an interval over a gap and a change of size: seeks to any time, no stall, to the end",
    () =>
      inTime("a day and an interval", async () => {
        const dayMs = 24 * HOUR_MS;
        const url = await served([
          { atMs: -dayMs - 200_000, clip: other },
          { atMs: -dayMs - 150_000, clip: other },
          { atMs: -dayMs - 100_000, clip },
        ]);
        const from = Math.floor((Date.now() - dayMs) / 1000) - 260;
        const steps = [
          { playSeconds: 3 },
          { seekSeconds: 30 },
          { seekSeconds: 5 },
          { seekSeconds: 47 },
          { playSeconds: 4 },
          { seekSeconds: 107 },
          { untilEndedWithinSeconds: 20 },
        ];
        for (const { snapshots } of Object.values(await play(`${url}/archive-${from}-300.mpd`, steps))) {
          const [start, second, first, before, across, near, end] = snapshots as PlaySnapshot[];
          expect(start!.stalledMs).toBeLessThan(LATE_MS);
          expect(Math.abs(shownSecond(second!) - 6)).toBeLessThan(0.7);
          expect(Math.abs(shownSecond(first!) - 5)).toBeLessThan(0.7);
          expect([before!.width, across!.width]).toEqual([480, 320]);
          expect(Math.abs(shownSecond(across!) - 3)).toBeLessThan(0.7);
          expect(end!.ended).toBe(true);
          expect(end!.audioBytes).toBeGreaterThan(near!.audioBytes);
          expect(across!.stalledMs - before!.stalledMs).toBeLessThan(LATE_MS);
          expect(end!.stalledMs - near!.stalledMs).toBeLessThan(LATE_MS);
        }
        const list = await fetch(
          `${url}/stream/${new Date(Date.now() - dayMs - 150_000).toISOString().slice(0, 10)}/playlist.mpd`,
        );
        expect(await list.text()).toContain('type="static"');
      }),
    180_000,
  );

  test("ffmpeg reads live and ended manifests without a word", async () => {
    const url = await served([{ atMs: -40_000, clip }]);
    const from = Math.floor(Date.now() / 1000) - 60;
    expect(await decodeErrors(`${url}/archive-${from}-40.mpd`)).toBe("");
    const limited = ["-t", "6"];
    expect(await decodeErrors(`${url}/live.mpd`, { inputArguments: limited, timeoutMs: 30_000 })).toBe("");
  }, 60_000);
});
