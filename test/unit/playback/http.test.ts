import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { buildApp } from "../../../src/app.ts";
import { parseMediaPlaylist } from "../../../src/media/m3u8-parse.ts";
import type { Recording } from "../../../src/db/index/rows.ts";
import { parseSegmentHeader } from "../../../src/media/fmp4/segment.ts";
import { decodeErrors, probe } from "../../support/ffmpeg.ts";
import { listen, type Listening } from "../../../src/listen.ts";
import { playlistFaults } from "../../support/m3u8-validator.ts";
import { MemoryFootage, StandingClock } from "../../support/memory-footage.ts";
import { encodeClip, recordClip } from "../../support/recorded-clip.ts";
import { tempFolder, type TempFolder } from "../../support/temp.ts";

const T = Date.UTC(2026, 10, 20, 11);
const FROM = T / 1000;
const BASE_TICKS = 86_400 * 90_000 + 1;

const footage = new MemoryFootage("front-door", "Europe/Berlin", BASE_TICKS);
const clock = new StandingClock(T + 90_000);
const app = buildApp({
  playback: { footage, clock, segmentTargetMs: 2000, keepDays: () => 5 },
  hosts: { isLoopbackOnly: true },
});
let folder: TempFolder;
let recordings: Recording[] = [];
let listening: Listening;
let origin = "";

beforeAll(async () => {
  folder = await tempFolder();
  const clip = encodeClip({ seconds: 8 });
  const small = encodeClip({ seconds: 4, size: "160x90" });
  recordings = [
    await recordClip(footage, folder.path, clip, T, "a"),
    await recordClip(footage, folder.path, clip, T + 30_000, "a"),
    await recordClip(footage, folder.path, small, T + 60_000, "b"),
  ];
  footage.gapList.push({
    channel: "front-door",
    startMs: T + 8000,
    endMs: T + 30_000,
    reason: "source-offline",
    detail: "connection refused",
    recording: recordings[1]?.id ?? "",
  });
  listening = await listen(app, [{ host: "127.0.0.1", port: 0 }]);
  origin = `http://127.0.0.1:${listening.addresses[0]?.port}`;
});

afterAll(async () => {
  await listening.stop(true);
  await folder[Symbol.asyncDispose]();
});

const get = (path: string, init: RequestInit = {}): Promise<Response> =>
  Promise.resolve(app.handle(new Request(`http://localhost${path}`, init)));
const text = async (path: string, init?: RequestInit): Promise<string> => (await get(path, init)).text();
const segmentPath = (form: string, recording = 0, ordinal = 1): string =>
  `/front-door/segment/${recordings[recording]?.id}-${ordinal}.${form}`;

describe("playlists", () => {
  const lists = [
    "/front-door/live.m3u8",
    "/front-door/index.m3u8",
    "/front-door/stream/today/playlist.m3u8",
    "/front-door/stream/2026-11-20/playlist.m3u8",
    `/front-door/archive-${FROM}-60.m3u8`,
    `/front-door/archive-${FROM}-now.m3u8`,
    `/front-door/index-${FROM + 5}-50.m3u8`,
    `/front-door/timeshift_abs-${FROM}.m3u8`,
    "/front-door/timeshift_rel-80.m3u8",
    "/streamer/front-door.m3u8?startTime=20/11/2026T12:00:00&endTime=20/11/2026T12:01:10",
    `/streamer/GetNPVRPlayList?channel_name=front-door&startTimestamp=${FROM}`,
  ];

  test.each(lists)(
    "%s is valid, also with a trailing slash, and its addresses lead to footage",
    async (path) => {
      for (const each of [path, path.replace(/(\?|$)/, "/$1")]) {
        const response = await get(each);
        expect(response.status).toBe(200);
        expect(response.headers.get("content-type")).toBe("application/vnd.apple.mpegurl");
        expect(response.headers.get("access-control-allow-origin")).toBe("*");
        const body = await response.text();
        expect(playlistFaults(body)).toEqual([]);
        const { segments, isEnded } = parseMediaPlaylist(body);
        expect(response.headers.get("cache-control")).toBe(isEnded ? "no-cache" : "no-store");
        for (const uri of [segments[0]?.uri, segments.at(-1)?.mapUri]) {
          const { pathname } = new URL(uri ?? "", `http://localhost${each}`);
          expect((await get(pathname)).status).toBe(200);
        }
      }
    },
  );

  test("VLC gets inits in segments where a list has two, by its name or on request", async () => {
    const asked = await text(`/front-door/archive-${FROM}-70.m3u8?player=vlc`);
    const named = await text(`/front-door/archive-${FROM}-70.m3u8`, {
      headers: { "user-agent": "VLC/3.0.24 LibVLC/3.0.24" },
    });
    expect(asked).toBe(named);
    expect(asked).not.toContain("EXT-X-MAP");
    expect(playlistFaults(asked)).toEqual([]);
  });

  test("an ended list has an entity tag", async () => {
    const tag = (await get(`/front-door/archive-${FROM}-60.m3u8`)).headers.get("etag") ?? "";
    const again = await get(`/front-door/archive-${FROM}-60.m3u8`, { headers: { "if-none-match": tag } });
    expect(again.status).toBe(304);
  });

  test("an interval of which nothing was recorded is a 404 with the nearest footage", async () => {
    const response = await get(`/front-door/archive-${FROM + 10}-10.m3u8`);
    expect(response.status).toBe(404);
    expect(await response.text()).toMatchInlineSnapshot(`
      "Nothing was recorded on front-door from 2026-11-20T12:00:10+01:00 to 2026-11-20T12:00:20+01:00
      Nearest footage before: 2026-11-20T12:00:00+01:00 to 2026-11-20T12:00:08+01:00
      Nearest footage after: 2026-11-20T12:00:30+01:00 to 2026-11-20T12:00:38+01:00
      "
    `);
  });

  test("the multivariant playlist says what the live list holds", async () => {
    expect(await text("/front-door/master.m3u8")).toMatch(
      /^#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-STREAM-INF:BANDWIDTH=\d+,AVERAGE-BANDWIDTH=\d+,CODECS="avc1\.[0-9a-f]{6},mp4a\.40\.2",RESOLUTION=160x90,FRAME-RATE=25\.000\nlive\.m3u8\n$/,
    );
  });

  test("the channel list has catch-up", async () => {
    expect(await text("/playlist.m3u")).toMatchInlineSnapshot(`
      "#EXTM3U
      #EXTINF:-1 tvg-id="front-door" tvg-name="Front door" catchup="flussonic" catchup-days="5" catchup-source="http://localhost/front-door/archive-{utc}-{duration}.m3u8",Front door
      http://localhost/front-door/index.m3u8
      "
    `);
  });

  test("?download=1 is a file with the absolute address", async () => {
    const response = await get(`/front-door/archive-${FROM}-60.m3u8?download=1&player=vlc`);
    expect(response.headers.get("content-disposition")).toBe('attachment; filename="front-door.m3u"');
    expect(await response.text()).toBe(
      `#EXTM3U\nhttp://localhost/front-door/archive-${FROM}-60.m3u8?player=vlc\n`,
    );
  });

  test("what was recorded, in the channel's time, with the reasons of gaps on request", async () => {
    const query = `startTimestamp=${FROM}&endTimestamp=${FROM + 32}`;
    expect(await (await get(`/metadata?${query}`)).json()).toEqual([
      { start_datetime: "2026-11-20T12:00:00.000000", end_datetime: "2026-11-20T12:00:08.000000" },
      { start_datetime: "2026-11-20T12:00:30.000000", end_datetime: "2026-11-20T12:00:32.000000" },
    ]);
    expect(await (await get(`/streamer/front-door/metadata?${query}&gaps=1`)).json()).toMatchObject([
      {},
      {
        start_datetime: "2026-11-20T12:00:08.000+01:00",
        reason: "source-offline",
        detail: "connection refused",
      },
      {},
    ]);
    expect(await (await get("/metadata?startTimestamp=5&endTimestamp=10")).json()).toEqual([]);
  });

  test("HEAD says what GET says", async () => {
    for (const path of ["/front-door/live.m3u8", `/front-door/archive-${FROM}-60.mpd`, "/playlist.m3u"]) {
      const head = await fetch(origin + path, { method: "HEAD" });
      expect(head.status).toBe(200);
      expect(head.headers.get("content-length")).toBe(
        String((await (await fetch(origin + path)).arrayBuffer()).byteLength),
      );
    }
  });
});

describe("segments", () => {
  test("times are the channel's; payload is the file's; one track is a part of it", async () => {
    const recording = recordings[1];
    const segment = recording?.segments[1];
    if (!recording || !segment) throw new Error("nothing recorded");
    const whole = new Uint8Array(await (await get(segmentPath("m4s", 1))).arrayBuffer());
    const parsed = parseSegmentHeader(whole);
    expect(parsed.video.decodeTicks).toBe(recording.baseTicks + 180_000);
    // The base in ticks of the sound, rounded down, plus the offset in the file.
    const audioBase = Number((BigInt(recording.baseTicks) * 48_000n) / 90_000n);
    const inFile = parseSegmentHeader(
      new Uint8Array(await Bun.file(`${folder.path}/${recording.path}`).arrayBuffer()).subarray(
        recording.baseOffsetBytes + segment.offsetBytes,
      ),
    );
    expect(parsed.audio?.decodeTicks).toBe(audioBase + (inFile.audio?.decodeTicks ?? -1));
    const video = new Uint8Array(await (await get(segmentPath("v.m4s", 1))).arrayBuffer());
    const audio = new Uint8Array(await (await get(segmentPath("a.m4s", 1))).arrayBuffer());
    const payload = whole.subarray(segment.headerBytes);
    expect(Buffer.compare(video.subarray(-segment.videoBytes), payload.subarray(0, segment.videoBytes))).toBe(
      0,
    );
    expect(Buffer.compare(audio.subarray(-segment.audioBytes), payload.subarray(segment.videoBytes))).toBe(0);
    const timed = `/front-door/media/${T}-${BASE_TICKS}/${parsed.video.decodeTicks}.v.m4s`;
    expect(Buffer.compare(new Uint8Array(await (await get(timed)).arrayBuffer()), video)).toBe(0);
  });

  test.each(["m4s", "i.m4s", "v.m4s", "a.m4s"])(
    "%s over a socket: HEAD, Range, If-None-Match",
    async (form) => {
      const url = origin + segmentPath(form);
      const full = await fetch(url);
      const bytes = new Uint8Array(await full.arrayBuffer());
      expect(full.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
      expect(full.headers.get("content-length")).toBe(String(bytes.length));
      const head = await fetch(`${url}/`, { method: "HEAD" });
      expect(head.headers.get("content-length")).toBe(String(bytes.length));
      const cases = [
        ["bytes=0-", 0, bytes.length],
        ["bytes=5-9", 5, 10],
        ["bytes=-7", bytes.length - 7, bytes.length],
        [`bytes=10-${bytes.length + 50}`, 10, bytes.length],
      ] as const;
      for (const [range, start, end] of cases) {
        const part = await fetch(url, { headers: { range } });
        expect(part.status).toBe(206);
        expect(part.headers.get("content-range")).toBe(`bytes ${start}-${end - 1}/${bytes.length}`);
        expect(Buffer.compare(new Uint8Array(await part.arrayBuffer()), bytes.subarray(start, end))).toBe(0);
      }
      const beyond = await fetch(url, { headers: { range: `bytes=${bytes.length}-` } });
      expect(beyond.status).toBe(416);
      expect(beyond.headers.get("content-range")).toBe(`bytes */${bytes.length}`);
      const tag = full.headers.get("etag") ?? "";
      expect((await fetch(url, { headers: { "if-none-match": tag } })).status).toBe(304);
      expect((await fetch(url, { headers: { range: "bytes=0-1", "if-range": '"other"' } })).status).toBe(200);
      expect((await fetch(url, { headers: { range: "bytes=0-1,4-5" } })).status).toBe(200);
    },
  );

  test.each(["mp4", "v.mp4", "a.mp4"])("an init as %s", async (form) => {
    const url = `${origin}/front-door/init/${recordings[0]?.run}.${form}`;
    const bytes = await (await fetch(url)).bytes();
    expect(new TextDecoder().decode(bytes.subarray(4, 8))).toBe("ftyp");
    expect((await fetch(url, { method: "HEAD" })).headers.get("content-length")).toBe(String(bytes.length));
  });

  test.each([
    ["/front-door/segment/nothing-0.m4s", 404],
    ["/front-door/segment/x.ts", 404],
    ["/front-door/init/nothing.mp4", 404],
    ["/garage/live.m3u8", 404],
    ["/front-door/media/5-5/5.v.m4s", 404],
    ["/front-door/media/x/y", 404],
  ])("%s is %d", async (path, status) => {
    expect((await get(path)).status).toBe(status);
    expect((await get(path, { method: "HEAD" })).status).toBe(status);
  });

  test("a missing file is a 404, a missing storage and a cut file a 503, in words", async () => {
    const [extra] = footage.record({ startMs: T + 80_000, durations: [180_000], init: "b" });
    const path = `/front-door/segment/${extra?.id}-0.m4s`;
    const answer = async () => {
      const response = await get(path);
      return [response.status, await response.text()];
    };
    expect(await answer()).toEqual([404, "This footage is no longer on the disk\n"]);
    await Bun.write(folder.file(extra?.path ?? ""), "short");
    expect(await answer()).toEqual([503, "This footage is damaged: its file ends too early\n"]);
    await Bun.write(folder.file(extra?.path ?? ""), new Uint8Array(5000));
    expect(await answer()).toEqual([503, "This footage is damaged: its header can't be read\n"]);
    footage.folder = undefined;
    expect((await answer())[0]).toBe(503);
    footage.folder = folder.path;
    footage.recordingList = footage.recordingList.filter((each) => each !== extra);
    await rm(folder.file(extra?.path ?? ""));
  });
});

describe("ffmpeg", () => {
  test("decodes an interval across a gap as HLS and as DASH without a word, and loses nothing", async () => {
    for (const type of ["m3u8", "mpd"]) {
      const url = `${origin}/front-door/archive-${FROM}-45.${type}`;
      expect(await decodeErrors(url)).toBe("");
      const { streams } = await probe(url);
      expect(streams.find((each) => each.codec_type === "video")?.nb_read_packets).toBe("400");
    }
  });

  test("the manifest is well-formed and has a period for each timeline", async () => {
    const manifest = await text(`/front-door/archive-${FROM}-70.mpd`);
    const lint = Bun.spawnSync(["xmllint", "--noout", "-"], { stdin: Buffer.from(manifest) });
    expect(lint.stderr.toString()).toBe("");
    expect(manifest.match(/<Period /g)?.length).toBe(2);
    expect(manifest).toContain(`<S t="${BASE_TICKS}" d="180000" r="7"/>`);
  });
});
