import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { channelIdProblem, reservedIdSet } from "../../../src/config/channel-id.ts";
import { formatDuration, parseDuration } from "../../../src/config/duration.ts";
import { isLoopback, listenText, parseListenAddress } from "../../../src/config/listen-address.ts";
import { parsePublicUrl } from "../../../src/config/public-url.ts";
import { redactSource } from "../../../src/config/secret-text.ts";
import { formatShare, formatSize, parseShare, parseSize, shareBytes } from "../../../src/config/size.ts";
import { parseSource, sourceText } from "../../../src/config/source-address.ts";

const seed = 20261121;

describe("durations", () => {
  test.each([
    ["90s", 90_000, "1m30s"],
    ["15m", 900_000, "15m"],
    ["48h", 172_800_000, "2d"],
    ["5d", 432_000_000, "5d"],
    ["1d12h", 129_600_000, "1d12h"],
    ["500ms", 500, "500ms"],
    ["1m500ms", 60_500, "1m500ms"],
    ["0s", 0, "0s"],
  ])("%s", (text, ms, printed) => {
    expect(parseDuration(text)).toBe(ms);
    expect(formatDuration(ms)).toBe(printed);
  });

  test.each(["", "5", "5 d", "1.5h", "-5s", "12h1d", "5s5s", "5y", "99999999999999d", "5D"])(
    "not %p",
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  test("what is printed is read back", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (ms) => parseDuration(formatDuration(ms)) === ms),
      { seed },
    );
  });
});

describe("sizes", () => {
  test.each([
    ["500GB", 500e9],
    ["500GiB", 500 * 1024 ** 3],
    ["4MB", 4e6],
    ["1.5tb", 1.5e12],
    ["12 kB", 12_000],
    ["7B", 7],
    ["1KiB", 1024],
  ])("%s", (text, bytes) => expect(parseSize(text)).toBe(bytes));

  test.each(["", "500", "GB", "5XB", "-5GB", "5 % ", "1e9B", "99999999TB", "5GBit"])("not %p", (text) => {
    expect(parseSize(text)).toBeUndefined();
  });

  test("are printed exactly, and shortly where that is possible", () => {
    expect(formatSize(500e9)).toBe("500GB");
    expect(formatSize(512 * 1024 ** 2)).toBe("512MiB");
    expect(formatSize(0)).toBe("0B");
    fc.assert(
      fc.property(fc.maxSafeNat(), (bytes) => parseSize(formatSize(bytes)) === bytes),
      { seed },
    );
  });

  test("shares", () => {
    expect(parseShare("5%")).toEqual({ percent: 5 });
    expect(parseShare("20GB")).toEqual({ bytes: 20e9 });
    expect(parseShare("101%")).toBeUndefined();
    expect(parseShare("5")).toBeUndefined();
    const share = { percent: 5, atMostBytes: 20e9 };
    expect(formatShare(share)).toBe("5% but at most 20GB");
    expect(shareBytes(share, 64e6)).toBe(3_200_000);
    expect(shareBytes(share, 8e12)).toBe(20e9);
    expect(shareBytes({ bytes: 7 }, 1)).toBe(7);
  });
});

describe("channel ids", () => {
  const reserved = reservedIdSet(["Wall"]);

  test.each(["a", "front-door", "domophone-1-sensor_camera0", "2026", "A".repeat(64)])("%s", (id) => {
    expect(channelIdProblem(id, reserved)).toBeUndefined();
  });

  test.each([
    ["", "letters"],
    ["-a", "begins with"],
    ["_a", "begins with"],
    ["a/b", "letters"],
    ["..", "letters"],
    ["a".repeat(65), "64"],
    ["türe", "letters"],
    ["2026-11-21", "not a date"],
    ["API", "begin with this word"],
    ["allencoded", "begin with this word"],
    ["wall", "begin with this word"],
  ])("not %p", (id, words) => expect(channelIdProblem(id, reserved)).toContain(words));
});

describe("addresses to listen on", () => {
  test.each([
    ["0.0.0.0:6478", "0.0.0.0:6478", false],
    ["127.0.0.1:1", "127.0.0.1:1", true],
    ["[::1]:8080", "[::1]:8080", true],
    ["[::]", "[::]:6478", false],
    ["localhost:80", "localhost:80", true],
    ["cctv.example.org", "cctv.example.org:6478", false],
    ["8080", "127.0.0.1:8080", true],
    [8080, "127.0.0.1:8080", true],
  ])("%p", (value, text, loopback) => {
    const address = parseListenAddress(value);
    expect(address && listenText(address)).toBe(text);
    expect(address && isLoopback(address)).toBe(loopback);
  });

  test.each([
    "",
    "127.0.0.1:0",
    "127.0.0.1:65536",
    "127.0.0.1:http",
    "1.2.3:80",
    "::1",
    "[::g]:1",
    "a b:1",
    0,
    -1,
    "http://x:80",
  ])("not %p", (value) => expect(parseListenAddress(value)).toBeUndefined());
});

test("public addresses", () => {
  expect(parsePublicUrl("https://cctv.example.org/")).toBe("https://cctv.example.org");
  expect(parsePublicUrl("http://pi:6478/cctv")).toBe("http://pi:6478/cctv");
  for (const text of ["pi", "ftp://pi", "https://u:p@pi", "https://pi?x=1", "https://pi#x", "https:pi"]) {
    expect(parsePublicUrl(text)).toBeUndefined();
  }
});

describe("sources", () => {
  test.each([
    ["rtsp://u:p@h:554/s?a=b", "rtsp", "rtsp://h:554/s?…"],
    ["RTSPS://h/s", "rtsp", "RTSPS://h/s"],
    ["rtmp://h/app/key", "url", "rtmp://h/app/key"],
    ["srt://h:9000?passphrase=secret", "url", "srt://h:9000?…"],
    ["udp://239.0.0.1:5000", "url", "udp://239.0.0.1:5000"],
    ["http://u:p@h/stream.ts", "url", "http://h/stream.ts"],
    ["https://u:p@h/live/index.m3u8?t=secret", "hls", "https://h/live/index.m3u8?…"],
    ["http://h/X.M3U8", "hls", "http://h/X.M3U8"],
    ["http://h/x.mpd", "url", "http://h/x.mpd"],
    ["upload", "upload", "upload"],
    ["file:///srv/www/my%20yard/", "folder", "file:///srv/www/my yard"],
    ["demo:", "demo", "demo:courtyard"],
    ["demo:sync", "demo", "demo:sync"],
  ])("%s", (text, kind, shown) => {
    const result = parseSource(text);
    if (!("source" in result)) throw new Error(result.wanted);
    expect(result.source.kind).toBe(kind as "rtsp");
    expect(sourceText(result.source)).toBe(shown);
    if ("url" in result.source) {
      expect(result.source.url.reveal()).toBe(text);
      expect(`${String(result.source.url)}${JSON.stringify(result)}${Bun.inspect(result)}`).not.toMatch(
        /u:p|secret|a=b/,
      );
    }
  });

  test.each([
    ["file://srv/www/yard", "file:///a/folder"],
    ["file:///", "file:///a/folder"],
    ["file:///a%2Fb", "file:///a/folder"],
    ["file:yard", "file:///a/folder"],
    ["https://h/live.m3u8#s", "%23"],
    ["demo:nowhere", "demo:street"],
    ["192.168.0.1", "rtsp://"],
    ["", "rtsp://"],
    ["javascript://h", "rtsp://"],
    ["rtsp://h/a b", "%20"],
    ["rtsp://u:p@ss#1@h/s", "%40"],
    ["rtsp://u:12/34@h/s", "%2F"],
    ["rtsp://", "user:password"],
  ])("not %p", (text, words) => {
    const result = parseSource(text);
    expect("wanted" in result ? result.wanted : "").toContain(words);
  });

  test("are shown without anything that may be a password, however torn", () => {
    const secret = fc.stringMatching(/^[a-z0-9:/@?#' ]{0,12}$/).map((text) => `SECRET${text}SECRET`);
    fc.assert(
      fc.property(
        secret,
        (password) => !redactSource(`rtsp://user:${password}@host/x?key=SECRET`).includes("SECRET"),
      ),
      { seed },
    );
  });
});
