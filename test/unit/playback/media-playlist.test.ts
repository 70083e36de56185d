import { secondsText } from "../../../src/media/m3u8.ts";
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseMediaPlaylist } from "../../../src/media/m3u8-parse.ts";
import { EntryTexts } from "../../../src/playback/entry-texts.ts";
import { mediaPlaylist, neededTargetDuration, type ListKind } from "../../../src/playback/media-playlist.ts";
import { numberedTail, sequenceOf } from "../../../src/playback/sequence.ts";
import type { Stretch } from "../../../src/playback/stretch.ts";
import { playlistFaults } from "../../support/m3u8-validator.ts";
import { MemoryFootage } from "../../support/memory-footage.ts";
import { anyHistory } from "./histories.ts";

const S = 90_000;
const T = Date.UTC(2026, 10, 20, 11);
const two = (count: number): number[] => Array.from({ length: count }, () => 2 * S);

const sequence = (footage: MemoryFootage): Stretch[] =>
  sequenceOf(footage.recordings("front-door", -Infinity, Infinity), footage.run);

function write(
  stretches: readonly Stretch[],
  kind: ListKind,
  isVlc = false,
  texts = new EntryTexts(),
): string {
  const targetDurationSeconds = neededTargetDuration(stretches);
  return mediaPlaylist(
    stretches,
    { kind, isEnded: kind === "vod", isVlc, prefix: "", targetDurationSeconds },
    texts,
  );
}

describe("durations", () => {
  test("their sum never falls behind the media's time, by no jitter of the pictures", () => {
    for (let ticks = 1; ticks < 200_000; ticks += 7) {
      const text = secondsText(ticks);
      expect(text).toMatch(/^\d+\.\d{6}$/);
      const aheadMicroseconds = Number(text) * 1e6 - (ticks * 100) / 9;
      expect(aheadMicroseconds).toBeGreaterThan(-1e-6);
      expect(aheadMicroseconds).toBeLessThan(1);
    }
    expect(secondsText(180_000)).toBe("2.000000");
  });
});

describe("one init", () => {
  const footage = new MemoryFootage();
  footage.record({ startMs: T, durations: [2 * S, 2 * S], perRecording: 1 });
  footage.record({ startMs: T + 60_000, durations: [2 * S, 3.5 * S] });

  test("one EXT-X-MAP, no discontinuity, wall time at each recording and after the gap", () => {
    expect(write(sequence(footage), "vod")).toMatchInlineSnapshot(`
      "#EXTM3U
      #EXT-X-VERSION:7
      #EXT-X-TARGETDURATION:4
      #EXT-X-MEDIA-SEQUENCE:0
      #EXT-X-PLAYLIST-TYPE:VOD
      #EXT-X-MAP:URI="init/run0000000.mp4"
      #EXT-X-PROGRAM-DATE-TIME:2026-11-20T11:00:00.000Z
      #EXTINF:2.000000,
      segment/rec0000000-0.m4s
      #EXT-X-PROGRAM-DATE-TIME:2026-11-20T11:00:02.000Z
      #EXTINF:2.000000,
      segment/rec0000001-0.m4s
      #EXT-X-PROGRAM-DATE-TIME:2026-11-20T11:01:00.000Z
      #EXTINF:2.000000,
      segment/rec0000004-0.m4s
      #EXTINF:3.500000,
      segment/rec0000004-1.m4s
      #EXT-X-ENDLIST
      "
    `);
  });

  test("VLC gets the same while nothing can change, and inits in segments of a list that grows", () => {
    expect(write(sequence(footage), "vod", true)).toBe(write(sequence(footage), "vod"));
    const growing = write(sequence(footage), "event", true);
    expect(growing).not.toContain("EXT-X-MAP");
    expect(parseMediaPlaylist(growing).segments.every(({ uri }) => uri.endsWith(".i.m4s"))).toBe(true);
  });
});

describe("two inits", () => {
  const footage = new MemoryFootage();
  footage.record({ startMs: T, durations: two(2) });
  footage.record({ startMs: T + 4000, durations: two(2), init: "b" });

  test("a discontinuity, a map, wall time everywhere, and addresses that don't tell what stands before them", () => {
    expect(write(sequence(footage), "sliding")).toMatchInlineSnapshot(`
      "#EXTM3U
      #EXT-X-VERSION:7
      #EXT-X-TARGETDURATION:2
      #EXT-X-MEDIA-SEQUENCE:0
      #EXT-X-MAP:URI="init/run0000000.mp4"
      #EXT-X-PROGRAM-DATE-TIME:2026-11-20T11:00:00.000Z
      #EXTINF:2.000000,
      segment/rec0000000-0.m4s
      #EXT-X-PROGRAM-DATE-TIME:2026-11-20T11:00:02.000Z
      #EXTINF:2.000000,
      segment/rec0000000-1.m4s
      #EXT-X-DISCONTINUITY
      #EXT-X-MAP:URI="init/run0000001.mp4"
      #EXT-X-PROGRAM-DATE-TIME:2026-11-20T11:00:04.000Z
      #EXTINF:2.000000,
      segment/rec0000003-0.m4s
      #EXT-X-PROGRAM-DATE-TIME:2026-11-20T11:00:06.000Z
      #EXTINF:2.000000,
      segment/rec0000003-1.m4s
      "
    `);
  });

  test("a list that keeps its front has an init in the first segment behind a discontinuity", () => {
    const uris = parseMediaPlaylist(write(sequence(footage), "vod")).segments.map(({ uri }) => uri);
    expect(uris.map((uri) => uri.endsWith(".i.m4s"))).toEqual([false, false, true, false]);
  });

  test("VLC gets no map, and an init in every segment", () => {
    const text = write(sequence(footage), "vod", true);
    expect(text).not.toContain("EXT-X-MAP");
    expect(parseMediaPlaylist(text).segments.map(({ uri }) => uri.replace(/^.*?\./, ""))).toEqual([
      "i.m4s",
      "i.m4s",
      "i.m4s",
      "i.m4s",
    ]);
  });
});

test("wall time is told again where it has left the sum of durations by 100 ms", () => {
  const footage = new MemoryFootage();
  const [recording] = footage.record({ startMs: T, durations: two(6) });
  const lateMs = [0, 40, 99, 130, 160, 231];
  if (recording) {
    const segments = recording.segments.map((each, index) => ({
      ...each,
      startMs: each.startMs + (lateMs[index] ?? 0),
    }));
    Object.assign(recording, { segments });
  }
  const told = parseMediaPlaylist(write(sequence(footage), "vod")).segments.map(
    (each) => each.programDateTimeMs !== undefined,
  );
  expect(told).toEqual([true, false, false, true, false, true]);
});

test("the text of a closed recording is kept until its version changes", () => {
  const footage = new MemoryFootage();
  const [recording] = footage.record({ startMs: T, durations: two(3) });
  const texts = new EntryTexts();
  const first = write(sequence(footage), "vod", false, texts);
  if (!recording) throw new Error("nothing recorded");
  const moved = recording.segments.map((each) => ({ ...each, startMs: each.startMs + 60_000 }));
  Object.assign(recording, { segments: moved, startMs: T + 60_000, endMs: recording.endMs + 60_000 });
  expect(write(sequence(footage), "vod", false, texts)).toBe(first);
  Object.assign(recording, { version: 1 });
  expect(write(sequence(footage), "vod", false, texts)).toContain("11:01:00.000Z");
});

test("kept texts are bounded", () => {
  const footage = new MemoryFootage();
  footage.record({ startMs: T, durations: two(100), perRecording: 1 });
  const texts = new EntryTexts(500);
  const stretches = sequence(footage);
  expect(write(stretches, "vod", false, texts)).toBe(write(stretches, "vod"));
});

test("whatever the history, every list passes the rules of RFC 8216, and lists each segment once", () => {
  fc.assert(
    fc.property(
      anyHistory,
      fc.constantFrom<ListKind>("vod", "event", "sliding"),
      fc.boolean(),
      (footage, kind, isVlc) => {
        const all = sequence(footage);
        const stretches = kind === "sliding" ? numberedTail(all) : all;
        const text = write(stretches, kind, isVlc);
        expect(playlistFaults(text)).toEqual([]);
        const count = stretches.reduce((sum, { segments }) => sum + segments.length, 0);
        expect(parseMediaPlaylist(text).segments.length).toBe(count);
      },
    ),
    { seed: 8, numRuns: 200 },
  );
});

test("a sliding list that grows and loses its front keeps numbers, addresses and discontinuity numbers", () => {
  fc.assert(
    fc.property(anyHistory, fc.nat(5), fc.nat(5), (footage, lost, missing) => {
      const whole = sequence(footage);
      const before = numberedTail(whole.slice(0, Math.max(1, whole.length - missing)));
      const after = numberedTail(whole.slice(Math.min(lost, whole.length - 1)));
      const overlaps = after.some(({ recording }) => before.some((each) => each.recording === recording));
      fc.pre(overlaps);
      const target = Math.max(neededTargetDuration(before), neededTargetDuration(after));
      const options = {
        kind: "sliding",
        isEnded: false,
        isVlc: false,
        prefix: "",
        targetDurationSeconds: target,
      } as const;
      const texts = [before, after].map((list) => mediaPlaylist(list, options, new EntryTexts()));
      expect(playlistFaults(texts[1] ?? "", texts[0])).toEqual([]);
    }),
    { seed: 8, numRuns: 200 },
  );
});
