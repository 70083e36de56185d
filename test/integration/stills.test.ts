import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Elysia } from "elysia";
import { join } from "node:path";
import type { Recording } from "../../src/db/index/rows.ts";
import { errorAnswer, errorResponse, plainErrorPage } from "../../src/access/error-answer.ts";
import { KEY_SAMPLE_FLAGS, OTHER_SAMPLE_FLAGS } from "../../src/media/fmp4/flags.ts";
import { stillRoutes } from "../../src/still/index.ts";
import { MemoryFootage, StandingClock } from "../support/memory-footage.ts";
import { encodeClip, recordClip } from "../support/recorded-clip.ts";
import { tempFolder } from "../support/temp.ts";

const T = Date.UTC(2026, 10, 20, 11);
const THUMB = { width: 32, height: 18 };

/** Pictures of a file or a JPEG as small grey ones, in order. */
function thumbs(input: string | Uint8Array): Uint8Array[] {
  const source = typeof input === "string" ? input : "pipe:0";
  const scale = `scale=${THUMB.width}:${THUMB.height}:flags=area,format=gray`;
  const argv = ["ffmpeg", "-v", "error", "-i", source, "-vf", scale, "-f", "rawvideo", "pipe:1"];
  const done = Bun.spawnSync(argv, { stdin: typeof input === "string" ? null : input, timeout: 20_000 });
  if (done.exitCode !== 0) throw new Error(done.stderr.toString());
  const size = THUMB.width * THUMB.height;
  return Array.from({ length: done.stdout.length / size }, (_, index) =>
    done.stdout.subarray(index * size, (index + 1) * size),
  );
}

const distance = (a: Uint8Array, b: Uint8Array): number =>
  a.reduce((sum, value, index) => sum + Math.abs(value - (b[index] ?? 0)), 0) / a.length;

/** Number of the picture that is most like another one. */
function nearest(pictures: readonly Uint8Array[], wanted: Uint8Array): number {
  const distances = pictures.map((picture) => distance(picture, wanted));
  return distances.indexOf(Math.min(...distances));
}

function sizeOfJpeg(jpeg: Uint8Array): string {
  const argv = "ffprobe -v error -show_entries stream=codec_name,width,height -of csv=p=0 -i pipe:0".split(
    " ",
  );
  return Bun.spawnSync(argv, { stdin: jpeg, timeout: 20_000 }).stdout.toString().trim();
}

/** Asks the routes as the server does: errors become answers. */
function getterOf(routes: ReturnType<typeof stillRoutes>) {
  const app = new Elysia()
    .onError({ as: "global" }, ({ request, code, error }) =>
      errorResponse(request, errorAnswer(code, error), plainErrorPage),
    )
    .use(routes);
  return (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    Promise.resolve(app.handle(new Request(`http://localhost${path}`, { headers })));
}

describe.each([
  { codec: "libx264", name: "H.264" },
  { codec: "libx265", name: "H.265" },
] as const)("pictures out of $name", ({ codec }) => {
  const footage = new MemoryFootage();
  const clock = new StandingClock(T + 60_000);
  const get = getterOf(stillRoutes({ footage, clock, decoders: 1 }));
  let folder: Awaited<ReturnType<typeof tempFolder>>;
  let recording: Recording;
  let pictures: Uint8Array[];

  beforeAll(async () => {
    folder = await tempFolder();
    // Two segments of two seconds, each with key frames at its start and after a second.
    recording = await recordClip(footage, folder.path, encodeClip({ seconds: 4, codec }), T, "a");
    pictures = thumbs(join(folder.path, recording.path));
    expect(pictures.length).toBe(100);
  });
  afterAll(async () => {
    await folder[Symbol.asyncDispose]();
  });

  test.each([
    [0, 0],
    [999, 0],
    [1000, 25],
    [1960, 25],
    [2000, 50],
    [3999, 75],
  ])("%d ms into the footage is key frame %d", async (afterMs, picture) => {
    const response = await get(`/front-door/frame?at=${T + afterMs}`);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("image/jpeg");
    expect(response.headers.get("x-picture-time")).toBe(new Date(T + picture * 40).toISOString());
    const jpeg = new Uint8Array(await response.arrayBuffer());
    expect(sizeOfJpeg(jpeg)).toBe("mjpeg,320,180");
    expect(nearest(pictures, thumbs(jpeg)[0]!)).toBe(picture);
  });

  test("the newest picture is the last key frame", async () => {
    const response = await get("/front-door/frame/");
    expect(response.headers.get("x-picture-time")).toBe(new Date(T + 3000).toISOString());
    expect(response.headers.get("last-modified")).toBe("Fri, 20 Nov 2026 11:00:03 GMT");
    expect(nearest(pictures, thumbs(new Uint8Array(await response.arrayBuffer()))[0]!)).toBe(75);
  });

  test("its colours and brightness are those of the video", async () => {
    const jpeg = new Uint8Array(await (await get(`/front-door/frame?at=${T}`)).arrayBuffer());
    expect(distance(thumbs(jpeg)[0]!, pictures[0]!)).toBeLessThan(3);
  });

  test("the width is as asked, but never more than the camera's, and the shape stays", async () => {
    const jpegOf = async (query: string) =>
      sizeOfJpeg(new Uint8Array(await (await get(`/front-door/frame?${query}`)).arrayBuffer()));
    expect(await jpegOf("width=160")).toBe("mjpeg,160,90");
    expect(await jpegOf("width=101")).toBe("mjpeg,101,57");
    expect(await jpegOf("width=3840")).toBe("mjpeg,320,180");
  });

  test("who has the picture already is told so without one", async () => {
    const first = await get("/front-door/frame?width=100");
    const tag = first.headers.get("etag") ?? "";
    expect(tag).toBe(`"${recording.id}-1-25-100"`);
    const again = await get("/front-door/frame?width=100", { "if-none-match": `W/${tag}` });
    expect(again.status).toBe(304);
    expect(await again.text()).toBe("");
    expect((await get("/front-door/frame?width=99", { "if-none-match": tag })).status).toBe(200);
  });

  test("where nothing was recorded, the nearest footage is named", async () => {
    const before = await get(`/front-door/frame?at=${T - 60_000}`);
    expect(before.status).toBe(404);
    expect(await before.text()).toContain("Nearest footage after: 2026-11-20T11:00:00.000Z");
    const after = await get("/front-door/frame?at=2026-11-20T11:00:30Z");
    expect(after.status).toBe(404);
    expect(await after.text()).toContain(
      "Nearest footage before: 2026-11-20T11:00:00.000Z to 2026-11-20T11:00:04",
    );
    expect((await get("/elsewhere/frame")).status).toBe(404);
  });

  test.each([
    "width=15",
    "width=3841",
    "width=wide",
    "width=-100",
    "at=yesterday",
    "at=2026-13-01",
    "at=1&tz=Nowhere",
  ])("%s is refused by name", async (query) => {
    const response = await get(`/front-door/frame?${query}`);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(query.includes("tz") ? "tz is" : `${query.split("=")[0]} is`);
  });
});

describe("footage that is not as it should be", () => {
  /** A clip of four seconds in a file of its own, whose bytes may be changed. */
  async function recorded(folder: string) {
    const footage = new MemoryFootage();
    const clip = encodeClip({ seconds: 4, hasSound: false });
    const recording = await recordClip(footage, folder, clip, T, "a");
    const path = join(folder, recording.path);
    const bytes = Buffer.from(await Bun.file(path).bytes());
    const get = getterOf(stillRoutes({ footage, clock: new StandingClock(T), decoders: 1 }));
    return { footage, recording, path, bytes, get };
  }

  test("a group of pictures that was cut into several segments is found by its beginning", async () => {
    await using folder = await tempFolder();
    const { recording, path, bytes, get } = await recorded(folder.path);
    const { offsetBytes, headerBytes } = recording.segments[1]!;
    const start = recording.baseOffsetBytes + offsetBytes;
    const header = bytes.subarray(start, start + headerBytes);
    for (let at = 0; at + 4 <= header.length; at++) {
      if (header.readUInt32BE(at) === KEY_SAMPLE_FLAGS) header.writeUInt32BE(OTHER_SAMPLE_FLAGS, at);
    }
    await Bun.write(path, bytes);
    const response = await get(`/front-door/frame?at=${T + 3500}`);
    expect(response.headers.get("x-picture-time")).toBe(new Date(T + 1000).toISOString());
  });

  test("damage, a lost file and a lost disk are told", async () => {
    await using folder = await tempFolder();
    const { footage, recording, path, bytes, get } = await recorded(folder.path);
    const at = `/front-door/frame?at=${T}`;
    const start = recording.baseOffsetBytes;
    const { headerBytes } = recording.segments[0]!;

    await Bun.write(path, Buffer.from(bytes).fill(0, start + headerBytes, start + headerBytes + 5000));
    const picture = await get(at);
    expect([picture.status, await picture.text()]).toEqual([
      503,
      expect.stringContaining("can't be decoded"),
    ]);

    await Bun.write(path, Buffer.from(bytes).fill(0xa5, start, start + headerBytes));
    const header = await get(at);
    expect([header.status, await header.text()]).toEqual([503, expect.stringContaining("is damaged")]);

    await Bun.file(path).delete();
    expect((await get(at)).status).toBe(404);
    footage.folder = undefined;
    expect((await get(at)).status).toBe(503);
  });
});
