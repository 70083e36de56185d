import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { buildApp } from "../../../src/app.ts";
import type { Recording } from "../../../src/db/index/rows.ts";
import { listen, type Listening } from "../../../src/listen.ts";
import { parseMediaPlaylist } from "../../../src/media/m3u8-parse.ts";
import { decodeErrors, frameHashes, probe } from "../../support/ffmpeg.ts";
import { keepClip, keptClip, type KeptClip } from "../../support/kept-clip.ts";
import { playlistFaults } from "../../support/m3u8-validator.ts";
import { MemoryFootage, StandingClock } from "../../support/memory-footage.ts";
import { mpdFaults } from "../../support/mpd-validator.ts";
import { tempFolder, type TempFolder } from "../../support/temp.ts";

const T = Date.UTC(2026, 10, 20, 11);
const FROM = T / 1000;
const SECONDS = 8;
/** The clock of MPEG-TS turns over in the middle of the clip. */
const BEFORE_WRAP = 2 ** 33 / 90_000 - 4;

const formats = ["ts", "fmp4", "mp4"] as const;
type Format = (typeof formats)[number];

/** A channel of each format, recorded for eight seconds, and after ten seconds once more. */
type Kept = {
  footage: MemoryFootage;
  clip: KeptClip;
  recordings: Recording[];
  origin: string;
  listening: Listening;
};

let folder: TempFolder;
const kept = new Map<Format, Kept>();
const of = (format: Format): Kept => {
  const found = kept.get(format);
  if (!found) throw new Error(`no channel of ${format}`);
  return found;
};

beforeAll(async () => {
  folder = await tempFolder();
  await Promise.all(
    formats.map(async (format) => {
      const footage = new MemoryFootage(format, "Europe/Berlin", 86_400 * 90_000);
      const clip = await keptClip({
        format,
        seconds: SECONDS,
        ...(format === "ts" ? { clockSeconds: BEFORE_WRAP } : {}),
        bFrames: format === "ts" ? 0 : 2,
      });
      const path = `${folder.path}/${format}`;
      const names = (hour: string) =>
        format === "mp4" ? clip.segments.map((_, index) => `video_${hour}0${index * 2}.mp4`) : undefined;
      const first = names("12000");
      const second = names("12001");
      const recordings = [
        await keepClip(footage, path, { clip, startMs: T, ...(first ? { names: first } : {}) }),
        await keepClip(footage, path, {
          clip,
          startMs: T + 18_000,
          // The clock of the source has begun anew; what is made of whole files has the channel's own times.
          ...(format === "mp4" ? {} : { init: `${format} again` }),
          ...(second ? { names: second.map((name) => name.replace("1200", "1201")) } : {}),
        }),
      ];
      const app = buildApp({
        playback: { footage, clock: new StandingClock(T + 200_000), segmentTargetMs: 2000 },
        hosts: { isLoopbackOnly: true },
      });
      const listening = await listen(app, [{ host: "127.0.0.1", port: 0 }]);
      const origin = `http://127.0.0.1:${listening.addresses[0]?.port}`;
      kept.set(format, { footage, clip, recordings, origin, listening });
    }),
  );
}, 60_000);

afterAll(async () => {
  for (const { listening } of kept.values()) await listening.stop(true);
  await folder[Symbol.asyncDispose]();
});

const get = (format: Format, path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${of(format).origin}${path}`, { ...init, redirect: "manual" });

/** What ffmpeg says against it; where two recordings meet, their sound overlaps by a frame. */
const complaintsOf = async (url: string): Promise<string> =>
  (await decodeErrors(url))
    .split("\n")
    .filter((line) => !/non monotonically increasing dts to muxer in stream 1/.test(line))
    .join("\n");

describe.each([...formats])("footage kept as %s", (format) => {
  const interval = `/${format}/archive-${FROM}-26`;

  test("a list of it is valid for every player, and each of its addresses leads to bytes", async () => {
    for (const query of ["", "?player=vlc"]) {
      const text = await (await get(format, `${interval}.m3u8${query}`)).text();
      expect(playlistFaults(text)).toEqual([]);
      // VLC gets inits in the segments where there is more than one.
      expect(text.includes("EXT-X-MAP")).toBe(format === "mp4" || (format === "fmp4" && query === ""));
      const { segments } = parseMediaPlaylist(text);
      const jumps = segments.filter(({ isDiscontinuity }) => isDiscontinuity);
      expect(jumps).toHaveLength(format === "mp4" ? 0 : 1);
      for (const { uri, mapUri } of segments) {
        expect(uri.endsWith(format === "ts" ? ".ts" : ".m4s")).toBe(true);
        const response = await get(format, new URL(uri, `http://x${interval}`).pathname);
        expect(response.status).toBe(200);
        expect(response.headers.get("content-type")).toBe(format === "ts" ? "video/mp2t" : "video/mp4");
        await response.bytes();
        if (mapUri)
          expect((await get(format, new URL(mapUri, `http://x${interval}`).pathname)).status).toBe(200);
      }
    }
  });

  test("a segment has its bytes as they came, with HEAD and ranges", async () => {
    const { clip, recordings } = of(format);
    const ending = format === "ts" ? "ts" : "m4s";
    const path = `/${format}/segment/${recordings[1]?.id}-1.${ending}`;
    const whole = await (await get(format, path)).bytes();
    if (format !== "mp4") expect(Buffer.compare(whole, clip.segments[1] ?? new Uint8Array())).toBe(0);
    const head = await get(format, path, { method: "HEAD" });
    expect(Number(head.headers.get("content-length"))).toBe(whole.length);
    const part = await get(format, path, { headers: { range: "bytes=100-299" } });
    expect(part.status).toBe(206);
    expect(Buffer.compare(await part.bytes(), whole.subarray(100, 300))).toBe(0);
    const tag = head.headers.get("etag") ?? "";
    expect((await get(format, path, { headers: { "if-none-match": tag } })).status).toBe(304);
    for (const other of format === "ts" ? ["m4s", "i.m4s", "v.m4s", "a.m4s"] : ["ts"]) {
      const wrong = await get(format, path.replace(/\.(ts|m4s)$/, `.${other}`));
      expect(wrong.status).toBe(404);
      expect(await wrong.text()).toContain(path);
    }
  });

  test("ffmpeg plays a list of it to the end: every picture, no complaint", async () => {
    const { origin } = of(format);
    const url = `${origin}${interval}.m3u8`;
    expect(await complaintsOf(url)).toBe("");
    const { streams } = await probe(url);
    const video = streams.find(({ codec_type }) => codec_type === "video");
    expect(Number(video?.nb_read_packets)).toBe(2 * SECONDS * 25);
  });

  test("one file of it has all of its pictures", async () => {
    const { origin } = of(format);
    for (const ending of format === "ts" ? ["ts", "mp4"] : ["mp4"]) {
      const url = `${origin}${interval}.${ending}`;
      expect(await complaintsOf(url)).toBe("");
      const pictures = await frameHashes(url, "v", { copy: true });
      expect(pictures).toHaveLength(2 * SECONDS * 25);
      const sound = await frameHashes(url, "a", { copy: true });
      expect(sound.length).toBeGreaterThan(2 * SECONDS * 46);
    }
    const other = await get(format, `${interval}.ts`);
    expect(other.status).toBe(format === "ts" ? 200 : 404);
    if (format !== "ts") expect(await other.text()).toContain(`/${format}/archive-${FROM}-26.mp4`);
  });

  test("one file of a part of it lasts as long as that part", async () => {
    const path = `${folder.path}/${format}-part.mp4`;
    await Bun.write(path, await get(format, `/${format}/archive-${FROM + 4}-4.mp4`));
    const { format: file } = await probe(path);
    // What is decoded and heard before its first picture comes on top.
    expect(Math.abs(Number(file.duration) - 4)).toBeLessThan(0.3);
  });
});

describe("MPEG-TS", () => {
  test("an interval as .ts is its segments one after the other, of a length that HEAD knows", async () => {
    const { clip } = of("ts");
    const all = Buffer.concat([...clip.segments, ...clip.segments]);
    const path = `/ts/archive-${FROM}-26.ts`;
    const head = await get("ts", path, { method: "HEAD" });
    expect(Number(head.headers.get("content-length"))).toBe(all.length);
    expect(head.headers.get("content-type")).toBe("video/mp2t");
    expect(Buffer.compare(await (await get("ts", path)).bytes(), all)).toBe(0);
    const from = Math.floor(all.length / 2) - 100_000;
    const part = await get("ts", path, { headers: { range: `bytes=${from}-${from + 199_999}` } });
    expect(part.headers.get("content-range")).toBe(`bytes ${from}-${from + 199_999}/${all.length}`);
    expect(Buffer.compare(await part.bytes(), all.subarray(from, from + 200_000))).toBe(0);
  });

  test("a file that was replaced makes another download of its interval", async () => {
    const footage = new MemoryFootage("files", "UTC");
    const { clip } = of("ts");
    const names = clip.segments.map((_, index) => `video_12000${index * 2}.ts`);
    const recording = await keepClip(footage, `${folder.path}/files`, { clip, startMs: T, names });
    const app = buildApp({
      playback: { footage, clock: new StandingClock(T + 200_000), segmentTargetMs: 2000 },
      hosts: { isLoopbackOnly: true },
    });
    const url = `http://127.0.0.1/files/archive-${FROM}-${SECONDS}.ts`;
    const ask = async (headers: Record<string, string> = {}) => {
      const answer = await app.handle(new Request(url, { headers }));
      await answer.arrayBuffer();
      return { status: answer.status, tag: answer.headers.get("etag") ?? "" };
    };
    const { tag } = await ask();
    const resume = { range: "bytes=100-", "if-range": tag };
    expect((await ask(resume)).status).toBe(206);
    const segments = recording.segments.map((each, index) => (index === 1 ? { ...each, ordinal: 9 } : each));
    Object.assign(recording, { segments });
    const resumed = await ask(resume);
    expect(resumed.status).toBe(200);
    expect(resumed.tag).not.toBe(tag);
  });

  test("DASH is a 404 that names the HLS address", async () => {
    for (const path of ["live.mpd", "stream/2026-11-20/playlist.mpd", `archive-${FROM}-10.mpd`]) {
      const response = await get("ts", `/ts/${path}`);
      expect(response.status).toBe(404);
      expect(await response.text()).toContain(`/ts/${path.replace(".mpd", ".m3u8")}`);
    }
    expect((await get("ts", `/ts/init/${of("ts").recordings[0]?.run}.mp4`)).status).toBe(404);
  });

  test("a recording is downloaded as it lies on the disk", async () => {
    const { clip, recordings } = of("ts");
    const list = await (await get("ts", `/api/channels/ts/recordings?from=${FROM}&to=${FROM + 60}`)).json();
    const address = `/ts/recording/${recordings[0]?.id}.ts`;
    expect(list).toMatchObject({ recordings: [{ address }, {}] });
    const bytes = await (await get("ts", address)).bytes();
    expect(Buffer.compare(bytes, Buffer.concat(clip.segments))).toBe(0);
    expect((await get("ts", address.replace(".ts", ".mp4"))).status).toBe(404);
  });
});

describe.each(["fmp4", "mp4"] as const)("DASH of %s", (format) => {
  test("is valid, and its segments begin where the manifest says", async () => {
    const { origin, recordings } = of(format);
    const path = `/${format}/archive-${FROM}-26.mpd`;
    const text = await (await get(format, path)).text();
    expect(mpdFaults(text)).toEqual([]);
    expect(await complaintsOf(`${origin}${path}`)).toBe("");
    // ffmpeg plays the first period alone.
    const shown = format === "mp4" ? 2 * SECONDS : SECONDS;
    expect(await frameHashes(`${origin}${path}`, "v", { copy: true })).toHaveLength(shown * 25);
    const id = recordings[1]?.id ?? "";
    for (const track of ["v", "a"]) {
      const init = await (await get(format, `/${format}/init/${recordings[1]?.run}.${track}.mp4`)).bytes();
      const segment = await (await get(format, `/${format}/segment/${id}-2.${track}.m4s`)).bytes();
      await Bun.write(folder.file("part.mp4"), Buffer.concat([init, segment]));
      const found = await probe(folder.file("part.mp4"));
      const wanted =
        ((recordings[1]?.baseTicks ?? 0) + (recordings[1]?.segments[2]?.mediaTicks ?? 0)) / 90_000;
      // Sound begins where the pictures are decoded, which is up to two pictures before they are shown.
      expect(Math.abs(Number(found.streams[0]?.start_time) - wanted)).toBeLessThan(0.1);
    }
  });
});
