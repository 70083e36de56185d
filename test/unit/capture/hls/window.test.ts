import { describe, expect, test } from "bun:test";
import { parseForeignPlaylist } from "../../../../src/media/m3u8-parse.ts";
import {
  listingOf,
  pollMs,
  retryMs,
  WindowTracker,
  type Listing,
} from "../../../../src/capture/hls/window.ts";

const BASE = new URL("https://origin.test/live/list.m3u8?token=1");
const ARRIVAL_MS = Date.UTC(2026, 0, 1, 12);

/** A list of segments named by letters, each of 2 s, from a number on. */
function list(sequence: number, names: string, extra: (name: string) => string = () => ""): Listing {
  const entries = names.split("").map((name) => `${extra(name)}#EXTINF:2.0,\n${name}.ts\n`);
  const text = `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:${sequence}\n${entries.join("")}`;
  return listingOf(parseForeignPlaylist(text), BASE, ARRIVAL_MS);
}

const nameOf = ({ url }: { url: string }): string => /([^/]+)\.ts/.exec(url)?.[1] ?? url;

type Case = { name: string; first: Listing; after: [atMs: number, listing: Listing, told: string][] };

const dated = (startMs: number) => {
  let ms = startMs;
  return () => {
    const line = `#EXT-X-PROGRAM-DATE-TIME:${new Date(ms).toISOString()}\n`;
    ms += 2000;
    return line;
  };
};

const cases: Case[] = [
  {
    name: "a window slides: what is new is told once",
    first: list(5, "abc"),
    after: [
      [2000, list(6, "bcd"), "d"],
      [3000, list(6, "bcd"), "same"],
      [4000, list(8, "def"), "ef"],
    ],
  },
  {
    name: "segments that went by unseen are counted",
    first: list(5, "abc"),
    after: [[9000, list(10, "fgh"), "2 missed, fgh"]],
  },
  {
    name: "a list that only grows",
    first: list(0, "a"),
    after: [
      [2000, list(0, "ab"), "b"],
      [4000, list(0, "abcd"), "cd"],
    ],
  },
  {
    name: "an older state of the list, as caches give it, is passed over",
    first: list(5, "abcd"),
    after: [
      [1000, list(4, "zab"), "same"],
      [2000, list(6, "bcde"), "e"],
    ],
  },
  {
    name: "numbers that are far behind began anew",
    first: list(50, "abcd"),
    after: [[1000, list(0, "pq"), "reset"]],
  },
  {
    name: "numbers that go on behind what was told began anew, with names used again",
    first: list(0, "abcdefg"),
    after: [
      [1000, list(0, "a"), "same"],
      [2000, list(0, "ab"), "reset"],
    ],
  },
  {
    name: "a list that stays behind for long began anew",
    first: list(0, "abcdefg"),
    after: [
      [1000, list(0, "ab"), "same"],
      [6000, list(0, "ab"), "same"],
      [8000, list(0, "ab"), "reset"],
    ],
  },
  {
    name: "the same number with another name: it began anew",
    first: list(5, "abcd"),
    after: [[2000, list(6, "xyz"), "reset"]],
  },
  {
    name: "the same number with another date: it began anew, with names used again",
    first: list(0, "abc", dated(ARRIVAL_MS - 60_000)),
    after: [
      [2000, list(0, "abcd", dated(ARRIVAL_MS - 59_500)), "d"],
      [4000, list(0, "abcd", dated(ARRIVAL_MS)), "reset"],
    ],
  },
  {
    name: "an empty list says nothing",
    first: list(5, "abc"),
    after: [
      [2000, list(8, ""), "same"],
      [4000, list(6, "bcd"), "d"],
    ],
  },
  {
    name: "after an empty first list nothing is known",
    first: list(0, ""),
    after: [[1000, list(0, "a"), "reset"]],
  },
];

describe("a window from list to list", () => {
  test.each(cases)("$name", ({ first, after }) => {
    const tracker = new WindowTracker();
    expect(tracker.take(first, 0)).toEqual({ kind: "reset" });
    tracker.attach(first);
    const told = after.map(([atMs, listing]) => {
      const step = tracker.take(listing, atMs);
      if (step.kind !== "grown") return step.kind;
      return (step.missed > 0 ? `${step.missed} missed, ` : "") + step.fresh.map(nameOf).join("");
    });
    expect(told).toEqual(after.map(([, , expected]) => expected));
  });

  test("a token that changes makes no other segment", () => {
    const tracker = new WindowTracker();
    const withToken = (token: string, sequence: number, names: string): Listing => {
      const listing = list(sequence, names);
      return {
        ...listing,
        entries: listing.entries.map((entry) => ({ ...entry, url: `${entry.url}?t=${token}` })),
      };
    };
    tracker.attach(withToken("1", 0, "abc"));
    expect(tracker.take(withToken("2", 1, "bcd"), 2000)).toMatchObject({ kind: "grown", missed: 0 });
  });
});

describe("a list with addresses and times", () => {
  const read = (lines: string): Listing =>
    listingOf(parseForeignPlaylist(`#EXTM3U\n#EXT-X-TARGETDURATION:4\n${lines}`), BASE, ARRIVAL_MS);

  test("relative, absolute and rooted addresses", () => {
    const { entries } = read("#EXTINF:4,\na.ts?x=1\n#EXTINF:4,\n/b.ts\n#EXTINF:4,\nhttp://other.test/c.ts\n");
    expect(entries.map(({ url }) => url)).toEqual([
      "https://origin.test/live/a.ts?x=1",
      "https://origin.test/b.ts",
      "http://other.test/c.ts",
    ]);
  });

  test("dates go on by the durations, and back before the first one, but not over a discontinuity", () => {
    const date = "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T11:00:00.500+0000\n";
    const { entries } = read(`#EXTINF:4,\na\n#EXTINF:2,\nb\n${date}#EXTINF:4,\nc\n#EXTINF:4,\nd\n`);
    const atMs = Date.parse("2026-01-01T11:00:00.500Z");
    expect(entries.map(({ dateMs }) => dateMs)).toEqual([atMs - 6000, atMs - 2000, atMs, atMs + 4000]);
    const cut = read(`#EXTINF:4,\na\n#EXT-X-DISCONTINUITY\n${date}#EXTINF:4,\nc\n`);
    expect(cut.entries.map(({ dateMs }) => dateMs)).toEqual([undefined, atMs]);
  });

  test("by arrival the newest segment ends when the list came", () => {
    const { entries } = read("#EXTINF:4,\na\n#EXTINF:3,\nb\n");
    expect(entries.map(({ arrivalStartMs }) => arrivalStartMs - ARRIVAL_MS)).toEqual([-7000, -3000]);
  });

  test("keys, maps, ranges and gaps", () => {
    const { entries } = read(
      `#EXT-X-KEY:METHOD=AES-128,URI="k?n=1",IV=0x1\n#EXT-X-MAP:URI="i.mp4",BYTERANGE="10@5"\n` +
        `#EXTINF:4,\n#EXT-X-BYTERANGE:100@50\nall.mp4\n#EXTINF:4,\n#EXT-X-BYTERANGE:70\nall.mp4\n` +
        `#EXT-X-KEY:METHOD=NONE\n#EXT-X-GAP\n#EXTINF:4,\nlost.mp4\n`,
    );
    const key = {
      method: "AES-128",
      format: "identity",
      uri: "https://origin.test/live/k?n=1",
      iv: "1".padStart(32, "0"),
    };
    expect(entries[1]).toMatchObject({
      range: { lengthBytes: 70, offsetBytes: 150 },
      keys: [key],
      map: { url: "https://origin.test/live/i.mp4", range: { lengthBytes: 10, offsetBytes: 5 }, keys: [key] },
      isGap: false,
    });
    expect(entries[2]).toMatchObject({ keys: [], isGap: true });
    expect(() => read("#EXTINF:4,\n#EXT-X-BYTERANGE:70\na.ts\n")).toThrow("LENGTH@OFFSET");
  });
});

test.each([
  { what: "a changed list: after a target duration", listing: list(0, "abcd"), hasChanged: true, ms: 2000 },
  { what: "one that is the same: after half of one", listing: list(0, "abcd"), hasChanged: false, ms: 1000 },
  {
    what: "a list shorter than it should be: before it has slid away",
    listing: list(0, "a"),
    hasChanged: true,
    ms: 1000,
  },
])("$what", ({ listing, hasChanged, ms }) => {
  expect(pollMs(listing, hasChanged)).toBe(ms);
});

test.each([
  { names: "abcd", seconds: 8, waits: [500, 1000, 1000, 1000, 1000] },
  { names: "abcdefghijklmnopqrstuvwxyz", seconds: 52, waits: [500, 1000, 2000, 4000, 5000] },
  { names: "a", seconds: 2, waits: [500, 500, 500] },
])(
  "a list of $seconds s that can't be had is asked for again before much of it goes by",
  ({ names, waits }) => {
    const told = waits.map((_, index) => retryMs(list(1, names), index + 1));
    expect(told).toEqual([...waits]);
  },
);
