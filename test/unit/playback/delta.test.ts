import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseMediaPlaylist } from "../../../src/media/m3u8-parse.ts";
import { EntryTexts } from "../../../src/playback/entry-texts.ts";
import { Lists } from "../../../src/playback/lists.ts";
import { mediaPlaylist, neededTargetDuration, skippableCount } from "../../../src/playback/media-playlist.ts";
import { PlaylistAnswers } from "../../../src/playback/playlist-answers.ts";
import { numberedTail, sequenceOf } from "../../../src/playback/sequence.ts";
import { playlistFaults } from "../../support/m3u8-validator.ts";
import { MemoryFootage, StandingClock } from "../../support/memory-footage.ts";
import { anyHistory } from "./histories.ts";

const S = 90_000;
const T = Date.UTC(2026, 10, 20, 11);
const two = (count: number): number[] => Array.from({ length: count }, () => 2 * S);

const skippedIn = (text: string): number => Number(/#EXT-X-SKIP:SKIPPED-SEGMENTS=(\d+)/.exec(text)?.[1] ?? 0);

test("whatever the history, a delta update is the end of the whole list, from six target durations back", () => {
  fc.assert(
    fc.property(anyHistory, fc.constantFrom("event", "sliding"), (footage, kind) => {
      const all = sequenceOf(footage.recordings("front-door", -Infinity, Infinity), footage.run);
      const stretches = kind === "sliding" ? numberedTail(all) : all;
      const targetDurationSeconds = neededTargetDuration(stretches);
      const boundaryTicks = 6 * targetDurationSeconds * S;
      const skippedSegments = skippableCount(stretches, boundaryTicks);
      const options = { kind, isEnded: false, isVlc: false, prefix: "", targetDurationSeconds } as const;
      const whole = parseMediaPlaylist(mediaPlaylist(stretches, options, new EntryTexts()));
      const text = mediaPlaylist(stretches, { ...options, skippedSegments }, new EntryTexts());
      expect(playlistFaults(text)).toEqual([]);
      expect(skippedIn(text)).toBe(skippedSegments);
      const delta = parseMediaPlaylist(text);
      expect(delta.version).toBe(skippedSegments > 0 ? 9 : 7);
      expect([delta.mediaSequence, delta.discontinuitySequence, delta.targetDurationSeconds]).toEqual([
        whole.mediaSequence,
        whole.discontinuitySequence,
        whole.targetDurationSeconds,
      ]);
      const bare = ({ uri, durationSeconds, isDiscontinuity, mapUri }: (typeof whole.segments)[number]) => ({
        uri,
        durationSeconds,
        isDiscontinuity,
        mapUri,
      });
      expect(delta.segments.map(bare)).toEqual(whole.segments.slice(skippedSegments).map(bare));
      const ticks = delta.segments.reduce((sum, each) => sum + each.durationSeconds * S, 0);
      if (skippedSegments > 0) expect(ticks).toBeGreaterThan(boundaryTicks);
    }),
    { seed: 8, numRuns: 200 },
  );
});

describe("who gets one", () => {
  const footage = new MemoryFootage("front-door", "UTC");
  footage.record({ startMs: T, durations: two(600), perRecording: 300 });
  const clock = new StandingClock(T + 1_200_000);
  const deps = { footage, clock, segmentTargetMs: 2000 };
  const lists = new Lists(deps);
  const answers = new PlaylistAnswers(deps);
  const [channel] = footage.channels();
  const ask = (query: string, kind: "today" | "date" | "open" | "closed" | "live", agent = "") => {
    if (!channel) throw new Error("no channel");
    const list = () => {
      if (kind === "today") return lists.today(channel);
      if (kind === "live") return lists.live(channel);
      if (kind === "date") return lists.day(channel, "2026-11-20");
      return lists.interval(channel, { fromMs: T, toMs: T + 1_200_000, isOpen: kind === "open" });
    };
    const request = new Request(`http://localhost/front-door/x.m3u8${query}`, {
      headers: { "user-agent": agent },
    });
    return answers.hls(request, channel, list).text();
  };

  test.each(["today", "date", "open"] as const)("those who ask for %s by _HLS_skip", async (kind) => {
    const whole = await ask("", kind);
    expect(whole).toContain("#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=12.000\n");
    expect(skippedIn(whole)).toBe(0);
    for (const value of ["YES", "v2"]) {
      const delta = await ask(`?_HLS_skip=${value}`, kind);
      expect(skippedIn(delta)).toBe(593);
      expect(delta.length).toBeLessThan(800);
    }
  });

  test("not VLC, and no list that is short or has ended", async () => {
    for (const text of [
      await ask("?_HLS_skip=YES", "today", "VLC/3.0.24 LibVLC/3.0.24"),
      await ask("?_HLS_skip=YES", "closed"),
      await ask("?_HLS_skip=YES", "live"),
    ])
      expect(text).not.toMatch(/EXT-X-SKIP|CAN-SKIP/);
  });

  test("a value that is none is refused", () => {
    expect(() => ask("?_HLS_skip=maybe", "today")).toThrow("YES or v2");
  });
});
