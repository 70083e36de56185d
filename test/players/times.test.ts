import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { ParsedMediaPlaylist } from "../../src/media/m3u8-parse.ts";
import { sumSeconds, wallTimes } from "../integration/clock-support.ts";
import { intervalPath, playlistOf } from "../support/channels.ts";
import { decodeErrors } from "../support/ffmpeg.ts";
import { takenTimes } from "../support/picture-time.ts";
import { tempFolder, type TempFolder } from "../support/temp.ts";
import { playInVlc } from "../support/vlc.ts";
import { inTime, MachineLoad } from "./machine-load.ts";
import { Players, type PlayStep } from "./play-in-browser.ts";
import { channels, MIDNIGHT_MS, TODAY, WatchedDay, YESTERDAY } from "./watched-day.ts";

const PICTURES_PER_SECOND = 25;
/** A picture shows the right time when it is off by no more than this. */
const RIGHT_MS = 500;
/** A list tells wall time anew where it has left the sum of the durations by 100 ms: a larger jump is a gap. */
const JUMP_MS = 150;
const TURN_MS = 2 ** 40;

/** Every kind of list, as its address below a channel; those that are over have an end. */
const kinds = (fromMs: number, toMs: number) => [
  { name: "yesterday by its date", path: `stream/${YESTERDAY}/playlist`, isEnded: true },
  { name: "yesterday by its day of the week", path: "stream/6/playlist", isEnded: true },
  { name: "an interval over midnight", path: intervalPath("", fromMs, toMs).slice(2, -5), isEnded: true },
  { name: "today", path: "stream/today/playlist", isEnded: false },
  { name: "today by its date", path: `stream/${TODAY}/playlist`, isEnded: false },
  { name: "live", path: "live", isEnded: false },
];
const names = kinds(0, 1000).map(({ name, isEnded }) => ({ name, isEnded }));

describe("a day with a crash, a wrong clock, a gap, a change of size and a midnight in it", () => {
  let folder: TempFolder;
  let day: WatchedDay;
  let players: Players;
  let fromMs = 0;
  let toMs = 0;

  const pathOf = (name: string): string => {
    const kind = kinds(fromMs, toMs).find((each) => each.name === name);
    if (!kind) throw new Error(`no kind of list is called ${name}`);
    return kind.path;
  };
  const address = (id: string, name: string, ending: "m3u8" | "mpd" = "m3u8") =>
    `${day.server.url}/${id}/${pathOf(name)}.${ending}`;
  const listOf = (id: string, name: string) =>
    playlistOf(day.server, `/${id}/${pathOf(name)}.m3u8?player=other`);

  /** Wall time of a place in a list, in seconds from its beginning. */
  function wallMsAt(list: ParsedMediaPlaylist, seconds: number): number {
    let startSeconds = 0;
    const times = wallTimes(list);
    for (const [index, { durationSeconds }] of list.segments.entries()) {
      const isLast = index === list.segments.length - 1;
      if (isLast || seconds < startSeconds + durationSeconds)
        return times[index]!.startMs + (seconds - startSeconds) * 1000;
      startSeconds += durationSeconds;
    }
    throw new Error("the list is empty");
  }

  /** Cameras that had no time to take their pictures say wrong times themselves: the day is recorded once more. */
  function recorded(): Promise<WatchedDay> {
    let tries = 0;
    return inTime("the recording of the day", async () => {
      using load = new MachineLoad();
      tries += 1;
      const made = await WatchedDay.record(folder.file(`${tries}`));
      if (tries > 1 || load.overload === undefined) return made;
      await made[Symbol.asyncDispose]();
      throw new Error("its cameras may not have had the time to take their pictures");
    });
  }

  beforeAll(async () => {
    folder = await tempFolder();
    players = await Players.launch();
    day = await recorded();
    fromMs = MIDNIGHT_MS - 94_000;
    toMs = day.clock.nowMs - 8000;
  }, 600_000);
  afterAll(async () => {
    await players[Symbol.asyncDispose]();
    await day[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  test("holds what it should: gaps with their reasons, midnight, a change of size", async () => {
    const reasons = await day.gapReasons("day");
    expect(reasons).toContain("stopped");
    const changed = await listOf("changed", "an interval over midnight");
    expect(changed.segments.filter(({ isDiscontinuity }) => isDiscontinuity)).toHaveLength(1);
    const whole = await listOf("day", "an interval over midnight");
    expect(whole.segments.every(({ isDiscontinuity }) => !isDiscontinuity)).toBe(true);
    const times = wallTimes(whole);
    // How long each lasted hangs on the machine: the list has to say what the archive says.
    const told = (await day.gapsTold("day")).filter(({ endMs }) => endMs < times.at(-1)!.startMs + JUMP_MS);
    expect(told.map(({ reasons: [first] }) => first)).toEqual([
      "interrupted",
      "clock-stepped",
      "source-offline",
      "stopped",
    ]);
    const listed = times
      .slice(1)
      .map(({ startMs }, index) => ({ startMs: times[index]!.endMs, endMs: startMs }));
    const isSame = (one: (typeof listed)[number], other: (typeof listed)[number]) =>
      Math.abs(one.startMs - other.startMs) < JUMP_MS && Math.abs(one.endMs - other.endMs) < JUMP_MS;
    for (const gap of told) expect(listed.filter((each) => isSame(each, gap))).toHaveLength(1);
    for (const jump of listed.filter(({ startMs, endMs }) => Math.abs(endMs - startMs) > JUMP_MS))
      expect(told.filter((gap) => isSame(gap, jump))).toHaveLength(1);
    expect(times[0]!.startMs).toBeLessThan(MIDNIGHT_MS - 80_000);
    expect(times.at(-1)!.endMs).toBeGreaterThan(MIDNIGHT_MS + 30_000);
  });

  test.each(channels)("%s: every picture lies where the list says that it was taken", async (id) => {
    for (const name of id === "changed" ? ["yesterday by its date"] : ["an interval over midnight"]) {
      const list = await listOf(id, name);
      const url = address(id, name);
      expect(await decodeErrors(url)).toBe("");
      const taken = (await takenTimes(url)).map((ms) => day.archiveMs(ms));
      expect(Math.abs(taken.length - sumSeconds(list) * PICTURES_PER_SECOND)).toBeLessThan(8);
      const off: number[] = [];
      let picture = 0;
      for (const [index, { startMs }] of wallTimes(list).entries()) {
        off.push(startMs - taken[picture]!);
        picture += Math.round(list.segments[index]!.durationSeconds * PICTURES_PER_SECOND);
      }
      const worstMs = Math.max(...off.map(Math.abs));
      expect({ id, name, isRight: worstMs < 100, worstMs }).toEqual({
        id,
        name,
        isRight: true,
        worstMs,
      });
    }
  });

  /** What differs in the sound alone is tried where a list ends and where one grows. */
  const fewer = names.filter(({ name }) => name === "an interval over midnight" || name === "today");
  const inBrowsers = (["day", "changed", "mute", "alaw"] as const).flatMap((id) =>
    (id === "day" || id === "changed" ? names : fewer).flatMap((kind) =>
      (
        [
          ["hlsjs", "m3u8"],
          ["shaka", "m3u8"],
          ["shaka", "mpd"],
          ["dashjs", "mpd"],
        ] as const
      ).map(([player, ending]) => ({ ...kind, id, player, ending })),
    ),
  );
  test.each(inBrowsers)(
    "$id, $name, in $player ($ending)",
    ({ id, name, isEnded, player, ending }) =>
      inTime(`${id}, ${name}, in ${player} (${ending})`, async () => {
        const goOn: PlayStep[] = [
          { seekShare: 0.15 },
          { playSeconds: 3 },
          { seekShare: 0.55 },
          { playSeconds: 3 },
        ];
        const steps: PlayStep[] = [{ playSeconds: 3 }, ...goOn];
        if (isEnded) steps.push({ seekShare: 0.93 }, { untilEndedWithinSeconds: 30 });
        const result = await players.play({ player, url: address(id, name, ending), steps });
        expect(result.errors).toEqual([]);
        expect(result.console.filter((line) => line.startsWith("error"))).toEqual([]);
        const list = await listOf(id, name);
        // Shaka counts from the first date of a list and so is behind after each gap; hls.js knows them all.
        const hasDates = player === "hlsjs";
        for (const [index, step] of steps.entries()) {
          const shown = result.snapshots[index]!;
          const before = result.snapshots[index - 1];
          if ("playSeconds" in step) {
            expect(shown.decodedFrames - (before?.decodedFrames ?? 0)).toBeGreaterThanOrEqual(
              2.5 * PICTURES_PER_SECOND,
            );
            expect({ index, stalls: shown.stalls - (before?.stalls ?? 0) }).toEqual({ index, stalls: 0 });
            if (id !== "mute") expect(shown.audioBytes).toBeGreaterThan(before?.audioBytes ?? 0);
          }
          if ("untilEndedWithinSeconds" in step) {
            expect(shown.ended).toBe(true);
            continue;
          }
          const said = hasDates
            ? Date.parse(shown.playingDate!)
            : isEnded
              ? wallMsAt(list, shown.currentTimeSeconds - shown.seekableSeconds[0]!)
              : undefined;
          if (said === undefined) continue;
          const offMs = (said - day.archiveMs(shown.pictureBits)) % TURN_MS;
          const isRight = Math.min(Math.abs(offMs), TURN_MS - Math.abs(offMs)) <= RIGHT_MS;
          expect({ index, isRight, offMs }).toEqual({ index, isRight: true, offMs });
        }
      }),
    240_000,
  );

  const inVlc = channels.flatMap((id) =>
    (id === "mute" || id === "alaw" ? fewer : names.filter(({ name }) => name !== "live")).map((kind) => ({
      ...kind,
      id,
    })),
  );
  test.each(inVlc)(
    "$id, $name, in VLC",
    ({ id, name, isEnded }) =>
      inTime(`${id}, ${name}, in VLC`, async () => {
        const list = await listOf(id, name);
        const seconds = sumSeconds(list);
        const [early, late] = [Math.round(seconds * 0.2), Math.round(seconds * 0.6)];
        const steps = [
          { playSeconds: 5 },
          { seekSeconds: early },
          { playSeconds: 4 },
          { seekSeconds: late },
          { playSeconds: 4 },
        ];
        const result = await playInVlc(address(id, name), steps, { isWatched: true });
        expect(result.complaints).toEqual([]);
        const [start, , second, , third] = result.counters;
        expect(start!.decodedVideo).toBeGreaterThan(60);
        expect(third!.decodedVideo - second!.decodedVideo).toBeGreaterThan(60);
        if (id !== "mute") expect(third!.playedAudioBuffers - second!.playedAudioBuffers).toBeGreaterThan(60);
        if (!isEnded) return;
        for (const index of [2, 4]) {
          // VLC says where it is in whole seconds.
          const said = wallMsAt(list, result.timesSeconds[index]!);
          const offMs = day.archiveMs(result.takenMs[index]!) - said;
          expect({ index, isRight: offMs > -RIGHT_MS && offMs < 1000 + RIGHT_MS, offMs }).toEqual({
            index,
            isRight: true,
            offMs,
          });
        }
      }),
    120_000,
  );
});
