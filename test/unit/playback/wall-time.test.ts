import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { dateOfDay } from "../../../src/playback/days.ts";
import { Lists, type List } from "../../../src/playback/lists.ts";
import { PlaylistAnswers } from "../../../src/playback/playlist-answers.ts";
import { segmentEndMs } from "../../../src/playback/stretch.ts";
import { addDays, daySpanMs, localDateOf } from "../../../src/platform/zone.ts";
import { playlistFaults, wallTimes } from "../../support/m3u8-validator.ts";
import { MemoryFootage, StandingClock } from "../../support/memory-footage.ts";
import { anyHistory } from "./histories.ts";

const S = 90_000;
const HOUR_MS = 3_600_000;
const TOLERANCE_MS = 100;

/** How a list tells its wall times to a player, beside those that are stored. */
async function told(footage: MemoryFootage, nowMs: number, make: (lists: Lists) => List) {
  const deps = { footage, clock: new StandingClock(nowMs), segmentTargetMs: 2000 };
  const [channel] = footage.channels();
  if (!channel) throw new Error("no channel");
  const list = make(new Lists(deps));
  const request = new Request("http://localhost/front-door/list.m3u8");
  const text = await new PlaylistAnswers(deps).hls(request, channel, () => list).text();
  const stored = list.stretches.flatMap(({ segments }) => segments.map(({ startMs }) => startMs));
  return { list, text, stored, times: wallTimes(text) };
}

const firstChannel = (footage: MemoryFootage) => footage.channels()[0]!;

test("whatever the history, and however its clock was slewed, each segment is told within 0.1 s of its time", async () => {
  await fc.assert(
    fc.asyncProperty(
      anyHistory,
      fc.array(fc.integer({ min: -70, max: 70 }), { minLength: 1, maxLength: 20 }),
      fc.boolean(),
      async (footage, slewsMs, isOpen) => {
        let index = 0;
        let slewedMs = 0;
        footage.recordingList = footage.recordingList.map((recording) => {
          const segments = recording.segments.map((segment) => {
            slewedMs += slewsMs[index++ % slewsMs.length] ?? 0;
            return { ...segment, startMs: segment.startMs + Math.round(slewedMs) };
          });
          return { ...recording, segments, startMs: segments[0]!.startMs, endMs: recording.endMs + slewedMs };
        });
        const starts = footage.recordingList.map(({ startMs }) => startMs);
        const ends = footage.recordingList.map(({ endMs }) => endMs);
        const [fromMs, toMs] = [Math.min(...starts) - 1, Math.max(...ends) + 1];
        const make = (lists: Lists) => lists.interval(firstChannel(footage), { fromMs, toMs, isOpen });
        const { times, stored } = await told(footage, toMs, make);
        expect(times.length).toBe(stored.length);
        for (const [at, { startMs }] of times.entries())
          expect(Math.abs(startMs - stored[at]!)).toBeLessThanOrEqual(TOLERANCE_MS);
      },
    ),
    { seed: 8, numRuns: 200 },
  );
});

/** Days of 23, 24 and 25 hours, of a half-hour zone and a half-hour change, and one without a midnight. */
const days = [
  ["Europe/Berlin", "2026-03-29", 23],
  ["Europe/Berlin", "2026-10-25", 25],
  ["Asia/Kolkata", "2026-06-01", 24],
  ["Pacific/Chatham", "2026-06-01", 24],
  ["Australia/Lord_Howe", "2026-04-05", 24.5],
  ["Australia/Lord_Howe", "2026-10-04", 23.5],
  ["America/Sao_Paulo", "2018-11-04", 23],
  ["UTC", "2026-11-20", 24],
] as const;

describe.each(days)("%s, %s (%d h)", (zone, date, hours) => {
  const { startMs, endMs } = daySpanMs(date, zone);
  const footage = new MemoryFootage("front-door", zone);
  // Begins a second before a full segment of the day, so that none begins exactly with it.
  const firstMs = startMs - 3 * HOUR_MS - 1000;
  const count = Math.ceil((endMs + 3 * HOUR_MS - firstMs) / 60_000);
  footage.record({
    startMs: firstMs,
    durations: Array.from({ length: count }, () => 60 * S),
    perRecording: 60,
  });

  test("begins with the segment that plays at its first instant and ends with the last that begins in it", async () => {
    const make = (lists: Lists) => lists.day(firstChannel(footage), date);
    const { text, list, times } = await told(footage, endMs + 2 * HOUR_MS, make);
    expect(playlistFaults(text)).toEqual([]);
    expect((endMs - startMs) / HOUR_MS).toBe(hours);
    const [first, last] = [list.stretches[0]!, list.stretches.at(-1)!];
    expect(first.first.startMs).toBeLessThanOrEqual(startMs);
    expect(segmentEndMs(first.first, first.run)).toBeGreaterThan(startMs);
    expect(last.last.startMs).toBeLessThan(endMs);
    expect(segmentEndMs(last.last, last.run)).toBeGreaterThanOrEqual(endMs);
    expect(times.length).toBe(hours * 60 + 1);
    expect(times.every(({ startMs: ms }) => (ms - firstMs) % 60_000 === 0)).toBe(true);
  });

  test("is today's until it is over, and growing only then", async () => {
    for (const [nowMs, isEnded] of [
      [endMs - 120_000, false],
      [endMs, true],
    ] as const) {
      const shown = new MemoryFootage("front-door", zone);
      shown.recordingList = footage.recordingList.filter((each) => each.endMs <= nowMs);
      for (const [id, run] of footage.runs) shown.runs.set(id, run);
      const make = (lists: Lists) => lists.day(firstChannel(shown), date);
      const { list } = await told(shown, nowMs, make);
      expect(list.isEnded).toBe(isEnded);
      expect(list.kind).toBe(isEnded ? "vod" : "event");
    }
  });
});

test("a day of the week is the latest such date before today, in every zone, whatever the clock does", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...days.map(([zone]) => zone)),
      fc.integer({ min: Date.UTC(2016, 0, 1), max: Date.UTC(2036, 0, 1) }),
      fc.integer({ min: 0, max: 6 }),
      (zone, nowMs, weekday) => {
        const today = localDateOf(nowMs, zone);
        const { date, isToday } = dateOfDay(String(weekday), zone, nowMs);
        expect(isToday).toBe(false);
        expect(Temporal.PlainDate.from(date).dayOfWeek - 1).toBe(weekday);
        expect(date < today).toBe(true);
        expect(date >= addDays(today, -7)).toBe(true);
      },
    ),
    { seed: 8, numRuns: 300 },
  );
});
