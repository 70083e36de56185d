import { expect, test } from "bun:test";
import fc from "fast-check";
import type { FootageChannel } from "../../../src/archive/footage.ts";
import { Lists, type List } from "../../../src/playback/lists.ts";
import { PlaylistAnswers } from "../../../src/playback/playlist-answers.ts";
import { segmentEndMs } from "../../../src/playback/stretch.ts";
import { daySpanMs } from "../../../src/platform/zone.ts";
import { playlistFaults } from "../../support/m3u8-validator.ts";
import { StandingClock, type MemoryFootage } from "../../support/memory-footage.ts";
import { historyFrom } from "./histories.ts";

const ZONE = "Europe/Berlin";
const { startMs: MIDNIGHT } = daySpanMs("2026-11-21", ZONE);

/** Shows of a history what had been stored after so many segments; returns the end of the newest, ms UTC. */
function reveal(footage: MemoryFootage, whole: MemoryFootage["recordingList"], count: number): number {
  let nowMs = 0;
  footage.recordingList = whole.flatMap((recording) => {
    const segments = recording.segments.filter(
      ({ ordinal }) => recording.firstMediaSequence + ordinal < count,
    );
    const last = segments.at(-1);
    const run = footage.run(recording.run);
    if (!last || !run) return [];
    const endMs = Math.round(segmentEndMs(last, run));
    nowMs = Math.max(nowMs, endMs);
    const isClosed = segments.length === recording.segments.length;
    return [
      { ...recording, segments, segmentCount: segments.length, endMs, state: isClosed ? "closed" : "open" },
    ];
  });
  return nowMs;
}

type Kind = "live" | "today" | "date" | "open";

const listOf: Record<Kind, (lists: Lists, channel: FootageChannel, nowMs: number, fromMs: number) => List> = {
  live: (lists, channel) => lists.live(channel),
  today: (lists, channel) => lists.today(channel),
  date: (lists, channel) => lists.day(channel, "2026-11-21"),
  open: (lists, channel, nowMs, fromMs) => lists.interval(channel, { fromMs, toMs: nowMs + 1, isOpen: true }),
};

test.each(["live", "today", "date", "open"] as const)(
  "%s: whatever is stored, and over a restart and midnight, each answer follows from the one before (6.2.1)",
  async (kind) => {
    await fc.assert(
      fc.asyncProperty(
        historyFrom(MIDNIGHT - 40_000, ZONE),
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 2, maxLength: 12 }),
        fc.nat(11),
        fc.boolean(),
        async (footage, steps, restartAt, isVlc) => {
          const whole = footage.recordingList;
          const numbers = whole.flatMap(({ firstMediaSequence, segments }) =>
            segments.map(({ ordinal }) => firstMediaSequence + ordinal),
          );
          const clock = new StandingClock(0);
          const kept = new Map<string, number>();
          const targetDurations = {
            read: (id: string) => kept.get(id) ?? 0,
            raise: (id: string, seconds: number) => kept.set(id, seconds).size > 0,
          };
          const deps = { footage, clock, segmentTargetMs: 2000, targetDurations };
          let answers = new PlaylistAnswers(deps);
          const [channel] = footage.channels();
          if (!channel) throw new Error("no channel");
          const query = isVlc ? "?player=vlc" : "";
          const request = new Request(`http://localhost/front-door/list.m3u8${query}`);
          let at = Math.min(...numbers);
          let before: string | undefined;
          for (const [index, step] of steps.entries()) {
            at += step;
            clock.timeMs = reveal(footage, whole, at);
            if (index === restartAt) answers = new PlaylistAnswers(deps);
            const [first] = footage.recordingList;
            // Before the date has begun, or anything of it was stored, there is no list.
            if (!first || clock.timeMs <= MIDNIGHT) continue;
            let list: List;
            try {
              list = listOf[kind](new Lists(deps), channel, clock.timeMs, first.startMs);
            } catch {
              continue;
            }
            const text = await answers.hls(request, channel, () => list).text();
            expect(playlistFaults(text, before)).toEqual([]);
            before = text;
          }
        },
      ),
      { seed: 8, numRuns: 300 },
    );
  },
);
