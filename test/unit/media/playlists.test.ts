import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseAttributes, parseMediaPlaylist } from "../../../src/media/m3u8-parse.ts";
import { channelList } from "../../../src/media/m3u8.ts";
import { mpdText } from "../../../src/media/mpd.ts";
import { parseByteRange } from "../../../src/playback/byte-range.ts";
import { channelPrefix } from "../../../src/playback/addresses.ts";
import { NightjarError } from "../../../src/platform/errors.ts";

test("any text is read as a playlist or refused, never more", () => {
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom(
      "#EXTM3U",
      "#EXTINF:2,",
      "#EXTINF:-1",
      "#EXT-X-MAP:URI=",
      "#EXT-X-BYTERANGE:5@",
      "#EXT-X-ENDLIST",
      "a.ts",
    ),
    fc
      .tuple(fc.constantFrom("#EXT-X-MEDIA-SEQUENCE:", "#EXT-X-PROGRAM-DATE-TIME:", "#EXTINF:"), fc.string())
      .map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      try {
        parseMediaPlaylist(["#EXTM3U", ...lines].join("\n"));
      } catch (error) {
        expect(error).toBeInstanceOf(NightjarError);
      }
    }),
    { seed: 8, numRuns: 500 },
  );
});

test("a playlist of another server: byte ranges, maps, numbers", () => {
  const text = `#EXTM3U\r\n#EXT-X-TARGETDURATION:4\r\n#EXT-X-MEDIA-SEQUENCE:7\r\n#EXT-X-MAP:URI="i,1.mp4",BYTERANGE="9@0"\r\n#EXTINF:3.5,title\r\n#EXT-X-BYTERANGE:10@9\r\na.mp4\r\n#EXT-X-DISCONTINUITY\r\n#EXTINF:4\r\nb.mp4\r\n`;
  expect(parseMediaPlaylist(text).segments).toEqual([
    {
      uri: "a.mp4",
      durationSeconds: 3.5,
      mediaSequence: 7,
      discontinuitySequence: 0,
      isDiscontinuity: false,
      mapUri: "i,1.mp4",
      mapByteRange: { lengthBytes: 9, offsetBytes: 0 },
      byteRange: { lengthBytes: 10, offsetBytes: 9 },
    },
    {
      uri: "b.mp4",
      durationSeconds: 4,
      mediaSequence: 8,
      discontinuitySequence: 1,
      isDiscontinuity: true,
      mapUri: "i,1.mp4",
      mapByteRange: { lengthBytes: 9, offsetBytes: 0 },
    },
  ]);
  expect(parseAttributes('BANDWIDTH=5,CODECS="a,b",X=').get("CODECS")).toBe("a,b");
});

test("names can't break out of a channel list", () => {
  const text = channelList([{ name: "a\nb", uri: "http://x/", attributes: [["tvg-name", 'q"\r\n#EXTINF']] }]);
  expect(text).toBe(`#EXTM3U\n#EXTINF:-1 tvg-name="q' #EXTINF",a b\nhttp://x/\n`);
});

test("equal durations are counted, and addresses escaped", () => {
  const track = {
    kind: "audio",
    codecs: "mp4a.40.2",
    peakBitrateBps: 5,
    initUri: "i",
    mediaUri: "a&$Time$",
    audio: { sampleRate: 48_000 },
  } as const;
  const period = {
    id: "p",
    startTicks: 0,
    offsetTicks: 7,
    firstTicks: 7,
    durationsTicks: [5, 5, 5, 6, 5],
    tracks: [track],
  };
  const text = mpdText({ periods: [period], longestTicks: 6 });
  expect(text).toContain('<SegmentTimeline><S t="7" d="5" r="2"/><S d="6"/><S d="5"/></SegmentTimeline>');
  expect(text).toContain('media="a&amp;$Time$"');
});

describe("parseByteRange", () => {
  test.each([
    [null, "all"],
    ["bytes=0-", { start: 0, end: 100 }],
    ["bytes=99-", { start: 99, end: 100 }],
    ["bytes=100-", "unsatisfiable"],
    ["bytes=5-5", { start: 5, end: 6 }],
    ["bytes=5-1000", { start: 5, end: 100 }],
    ["bytes=-5", { start: 95, end: 100 }],
    ["bytes=-500", { start: 0, end: 100 }],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=5-4", "all"],
    ["bytes=-", "all"],
    ["bytes=0-1,5-6", "all"],
    ["lines=0-1", "all"],
    ["bytes=x-", "all"],
    [`bytes=${"9".repeat(400)}-`, "unsatisfiable"],
  ] as const)("%p of 100 bytes", (header, wanted) => {
    expect(parseByteRange(header, 100)).toEqual(wanted);
  });
});

test.each([
  ["/yard/live.m3u8", ""],
  ["/yard/live.m3u8/", "../"],
  ["/yard/stream/today/playlist.m3u8", "../../"],
  ["/YARD/live.m3u8", "../yard/"],
  ["/streamer/yard.m3u8", "../yard/"],
  ["/old-id/stream/0/playlist.m3u8/", "../../../../yard/"],
])("from %s the channel's folder is %p", (path, prefix) => {
  expect(channelPrefix(path, "yard")).toBe(prefix);
  expect(new URL(`${prefix}x`, `http://localhost${path}`).pathname).toBe("/yard/x");
});
