import { describe, expect, test } from "bun:test";
import { parseMediaPlaylist } from "../../../src/media/m3u8-parse.ts";
import { Lists } from "../../../src/playback/lists.ts";
import { PlaylistAnswers } from "../../../src/playback/playlist-answers.ts";
import { daySpanMs, localDateOf } from "../../../src/platform/zone.ts";
import { playlistFaults } from "../../support/m3u8-validator.ts";
import { MemoryFootage, StandingClock } from "../../support/memory-footage.ts";

const S = 90_000;
const MINUTE = 60_000;
const two = (count: number): number[] => Array.from({ length: count }, () => 2 * S);
const ZONE = "Europe/Berlin";
const MIDNIGHT = daySpanMs("2026-11-21", ZONE).startMs;

/** Footage from `startMs` on for so many minutes, in recordings of ten, seen at `nowMs`. */
function world(startMs: number, minutes: number, nowMs = startMs + minutes * MINUTE) {
  const footage = new MemoryFootage("front-door", ZONE);
  footage.record({ startMs, durations: two(minutes * 30), perRecording: 300 });
  const clock = new StandingClock(nowMs);
  const deps = { footage, clock, segmentTargetMs: 2000 };
  const [channel] = footage.channels();
  if (!channel) throw new Error("no channel");
  const answers = new PlaylistAnswers(deps);
  const lists = new Lists(deps);
  const write = (list: Parameters<PlaylistAnswers["hls"]>[2]) =>
    answers.hls(new Request("http://localhost/front-door/live.m3u8"), channel, list).text();
  return { footage, clock, channel, lists, write };
}

const startOf = (list: ReturnType<Lists["today"]>): number => list.stretches[0]?.segments[0]?.startMs ?? 0;

describe("today", () => {
  test("keeps the ten minutes before midnight until the day is that long", () => {
    const { channel, lists } = world(MIDNIGHT - 60 * MINUTE, 65);
    expect(startOf(lists.today(channel))).toBe(MIDNIGHT - 10 * MINUTE);
    const later = world(MIDNIGHT - 60 * MINUTE, 71);
    expect(startOf(later.lists.today(later.channel))).toBe(MIDNIGHT);
    expect(later.lists.today(later.channel).kind).toBe("sliding");
  });

  test("begins with the segment that plays at midnight", () => {
    const { channel, lists } = world(MIDNIGHT - 60 * MINUTE - 1000, 90);
    expect(startOf(lists.today(channel))).toBe(MIDNIGHT - 1000);
  });

  test("goes on with stored numbers over midnight and over deletion", async () => {
    const { footage, channel, lists, write, clock } = world(
      MIDNIGHT - 60 * MINUTE,
      120,
      MIDNIGHT + 5 * MINUTE,
    );
    const all = footage.recordingList;
    footage.recordingList = all.filter((each) => each.endMs <= clock.timeMs);
    const before = await write(() => lists.today(channel));
    footage.recordingList = all;
    clock.timeMs = MIDNIGHT + 60 * MINUTE;
    const after = await write(() => lists.today(channel));
    expect(playlistFaults(after, before)).toEqual([]);
    expect(parseMediaPlaylist(after).mediaSequence).toBe(60 * 30);
    footage.recordingList = all.slice(8);
    expect(playlistFaults(await write(() => lists.today(channel)), after)).toEqual([]);
  });

  test("nothing recorded since is a 404 that says so", () => {
    const { channel, lists } = world(MIDNIGHT - 300 * MINUTE, 5, MIDNIGHT + MINUTE);
    expect(() => lists.today(channel)).toThrow(
      "Nothing was recorded on front-door from 2026-11-21T00:00:00+01:00 to",
    );
  });
});

describe("a date", () => {
  test("today's only grows while its start is there, and slides once that was deleted", async () => {
    const { footage, channel, lists, write } = world(MIDNIGHT - 30 * MINUTE, 90);
    const event = lists.day(channel, "2026-11-21");
    expect(event.kind).toBe("event");
    expect(parseMediaPlaylist(await write(() => event))).toMatchObject({
      mediaSequence: 0,
      isEnded: false,
      type: "EVENT",
    });
    footage.recordingList = footage.recordingList.filter((each) => each.startMs >= MIDNIGHT + 20 * MINUTE);
    const sliding = lists.day(channel, "2026-11-21");
    expect(sliding.kind).toBe("sliding");
    expect(parseMediaPlaylist(await write(() => sliding)).mediaSequence).toBe(50 * 30);
  });

  test("an earlier one has ended, and has 23 or 25 hours where the clock changes", () => {
    for (const [date, hours] of [
      ["2026-03-29", 23],
      ["2026-10-25", 25],
    ] as const) {
      const { startMs } = daySpanMs(date, ZONE);
      const { channel, lists } = world(startMs - 60 * MINUTE, 27 * 60);
      const list = lists.day(channel, date);
      expect(list).toMatchObject({ kind: "vod", isEnded: true });
      const ticks = list.stretches.reduce((sum, each) => sum + each.endTicks - each.startTicks, 0);
      expect(ticks / S / 3600).toBe(hours);
    }
  });
});

describe("live", () => {
  test("is a minute long, follows its own changes, and its target duration never falls", async () => {
    const { footage, channel, lists, write } = world(MIDNIGHT, 10);
    let before: string | undefined;
    let atMs = MIDNIGHT + 10 * MINUTE;
    const targets: number[] = [];
    for (const [init, ...durations] of [
      ["a", 2, 2],
      ["b", 2],
      ["b", 9, 2],
      ["b", ...two(40).map(() => 2)],
      ["c", 2],
    ] as const) {
      footage.record({ startMs: atMs, durations: durations.map((seconds) => seconds * S), init });
      atMs += durations.reduce((sum, seconds) => sum + seconds, 0) * 1000 + 5000;
      const text = await write(() => lists.live(channel));
      expect(playlistFaults(text, before)).toEqual([]);
      before = text;
      targets.push(parseMediaPlaylist(text).targetDurationSeconds);
    }
    expect(targets).toEqual([2, 2, 9, 9, 9]);
    const seconds = parseMediaPlaylist(before ?? "").segments.reduce(
      (sum, each) => sum + each.durationSeconds,
      0,
    );
    expect(seconds).toBe(60);
  });

  test("has six segments where they are long", () => {
    const footage = new MemoryFootage();
    footage.record({ startMs: MIDNIGHT, durations: Array.from({ length: 20 }, () => 20 * S) });
    const lists = new Lists({ footage, clock: new StandingClock(MIDNIGHT), segmentTargetMs: 2000 });
    const [channel] = footage.channels();
    if (channel) expect(lists.live(channel).stretches[0]?.segments.length).toBe(6);
  });

  test("of a retired channel has ended; before anything was recorded it is a 404", () => {
    const { footage, channel, lists } = world(MIDNIGHT, 1);
    expect(lists.live({ ...channel, isRetired: true }).isEnded).toBe(true);
    footage.recordingList = [];
    expect(() => lists.live(channel)).toThrow("Nothing has been recorded on front-door yet");
  });
});

test("nothing of a retired channel waits for more", () => {
  const { channel, lists, clock } = world(MIDNIGHT, 1);
  const retired = { ...channel, isRetired: true };
  expect(lists.today(retired).isEnded).toBe(true);
  expect(lists.day(retired, localDateOf(clock.timeMs, ZONE)).isEnded).toBe(true);
  const interval = { fromMs: MIDNIGHT, toMs: clock.timeMs, isOpen: true };
  expect(lists.interval(retired, interval).isEnded).toBe(true);
});

test("a growing interval plays from where it was asked for", () => {
  const { channel, lists, clock } = world(MIDNIGHT, 10);
  const fromMs = MIDNIGHT + 61_500;
  const list = lists.interval(channel, { fromMs, toMs: clock.timeMs, isOpen: true });
  expect(list).toMatchObject({ kind: "event", isEnded: false, startOffsetSeconds: 1.5 });
});
