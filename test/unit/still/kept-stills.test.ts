import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Elysia } from "elysia";
import { errorAnswer, errorResponse, plainErrorPage } from "../../../src/access/error-answer.ts";
import { stillRoutes } from "../../../src/still/index.ts";
import { FIRST_SHADE, keepClip, keptClip, SHADE_STEP } from "../../support/kept-clip.ts";
import { MemoryFootage, StandingClock } from "../../support/memory-footage.ts";
import { tempFolder, type TempFolder } from "../../support/temp.ts";

const T = Date.UTC(2026, 10, 20, 11);
const SECONDS = 4;

/** Average brightness of a JPEG, 0 to 255. */
async function brightness(jpeg: Uint8Array): Promise<number> {
  const argv =
    "ffmpeg -v error -i pipe:0 -vf scale=1:1:flags=area,format=gray,scale=out_range=full -f rawvideo pipe:1".split(
      " ",
    );
  const child = Bun.spawn(argv, { stdin: jpeg, stdout: "pipe" });
  return (await new Response(child.stdout).bytes())[0] ?? 0;
}

/** Brightness of each second of the clip: video keeps to 16 to 235, which is stretched to 0 to 255. */
const shades = Array.from(
  { length: SECONDS },
  (_, second) => ((FIRST_SHADE + SHADE_STEP * second - 16) * 255) / 219,
);

/** The second of the clip of which a picture is, by its brightness. */
async function secondOf(jpeg: Uint8Array): Promise<number> {
  const found = await brightness(jpeg);
  const apart = shades.map((shade) => Math.abs(shade - found));
  return apart.indexOf(Math.min(...apart));
}

describe.each([
  { format: "ts", bFrames: 0 },
  { format: "ts", bFrames: 2 },
  { format: "fmp4", bFrames: 2 },
  { format: "mp4", bFrames: 2 },
] as const)("pictures out of $format with $bFrames B-frames", ({ format, bFrames }) => {
  const footage = new MemoryFootage(format);
  const routes = stillRoutes({ footage, clock: new StandingClock(T + 60_000), decoders: 1 });
  const app = new Elysia()
    .onError({ as: "global" }, ({ request, code, error }) =>
      errorResponse(request, errorAnswer(code, error), plainErrorPage),
    )
    .use(routes);
  const frame = (query: string): Promise<Response> =>
    Promise.resolve(app.handle(new Request(`http://localhost/${format}/frame${query}`)));
  let folder: TempFolder;

  beforeAll(async () => {
    folder = await tempFolder();
    // Segments of two seconds with a key frame each second.
    const clip = await keptClip({ format, seconds: SECONDS, segmentSeconds: 2, pictures: "shades", bFrames });
    const names = clip.segments.map((_, index) => `video_12000${2 * index}.mp4`);
    await keepClip(footage, folder.path, { clip, startMs: T, ...(format === "mp4" ? { names } : {}) });
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  test.each(Array.from({ length: SECONDS }, (_, second) => second))(
    "at %d.9 s it is the key frame of that second, with its time",
    async (second) => {
      const response = await frame(`?at=${T + second * 1000 + 900}`);
      expect(response.status).toBe(200);
      const shownMs = Date.parse(response.headers.get("x-picture-time") ?? "");
      expect(Math.abs(shownMs - (T + second * 1000))).toBeLessThanOrEqual(1);
      expect(await secondOf(await response.bytes())).toBe(second);
    },
  );

  test("without a time it is the newest key frame, as small as asked", async () => {
    const response = await frame("?width=64");
    const jpeg = await response.bytes();
    expect(await secondOf(jpeg)).toBe(SECONDS - 1);
    const tag = response.headers.get("etag") ?? "";
    const again = new Request(`http://localhost/${format}/frame?width=64`, {
      headers: { "if-none-match": tag },
    });
    expect((await app.handle(again)).status).toBe(304);
  });
});
