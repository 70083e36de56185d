import { describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { joinList, sizeOf } from "../../../src/export/clip-arguments.ts";
import { clipRequest } from "../../../src/export/clip-request.ts";
import { clockFilters, offsetSpans } from "../../../src/export/clock-filter.ts";
import { clockFont } from "../../../src/export/clock-font.ts";
import { shownLocks } from "../../../src/locks/shown-locks.ts";
import { finished } from "../../support/processes.ts";
import { tempFolder } from "../../support/temp.ts";

const BERLIN = "Europe/Berlin";
/** The clocks go back an hour. */
const AUTUMN_MS = Date.UTC(2026, 9, 25, 1, 0, 0);

describe("the clock", () => {
  test("knows when the clocks of a zone are set within a piece", () => {
    expect(offsetSpans(AUTUMN_MS - 10_000, AUTUMN_MS + 5000, BERLIN)).toEqual([
      { fromSeconds: 0, toSeconds: 10, offsetSeconds: 7200 },
      { fromSeconds: 10, toSeconds: 15, offsetSeconds: 3600 },
    ]);
    expect(offsetSpans(0, 5000, "UTC")).toEqual([{ fromSeconds: 0, toSeconds: 5, offsetSeconds: 0 }]);
    expect(
      clockFilters(AUTUMN_MS - 10_000, AUTUMN_MS + 5000, { zone: BERLIN, font: "/tmp/a.ttf" }),
    ).toHaveLength(2);
  });

  test("is written by ffmpeg with a font of our own, whatever its path is called", async () => {
    await using folder = await tempFolder();
    const font = folder.file("a 'clock', [of] ours; 100%:.ttf");
    await writeFile(font, clockFont());
    const filters = clockFilters(Date.UTC(2026, 10, 20, 13, 3, 27), Date.UTC(2026, 10, 20, 14), {
      zone: BERLIN,
      font,
    });
    const picture = async (more: readonly string[]): Promise<Buffer> => {
      const raw = folder.file("picture.raw");
      const graph = [...more, "format=gray"].join(",");
      const input = ["-f", "lavfi", "-i", "color=c=gray:s=640x360:r=1:d=1"];
      const { code, stderr } = await finished(
        ["ffmpeg", "-v", "error", "-y", ...input, "-vf", graph, "-frames:v", "1", "-f", "rawvideo", raw],
        {},
      );
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      return Buffer.from(await Bun.file(raw).bytes());
    };
    const [plain, written] = [await picture([]), await picture(filters)];
    // 18 pixels high: the line `2026-11-20 14:03:27` is about 250 pixels long, at the bottom on the left.
    const isInk = (x: number, y: number) => (written[y * 640 + x] ?? 0) > 200;
    const columns = Array.from({ length: 640 }, (_, x) => x).filter((x) =>
      Array.from({ length: 60 }, (_, y) => 300 + y).some((y) => isInk(x, y)),
    );
    expect(plain.every((value) => value === plain[0])).toBe(true);
    expect(columns[0]).toBeLessThan(30);
    expect(columns.at(-1)).toBeGreaterThan(180);
    expect(columns.at(-1)).toBeLessThan(320);
    expect(written.subarray(0, 640 * 250).equals(plain.subarray(0, 640 * 250))).toBe(true);
  });
});

describe("a clip", () => {
  const usual = { channel: "yard", startMs: 0, endMs: 60_000, codec: "h264", hasClock: false };

  test("is at most 31 days long, has an even height, and no clock without encoding anew", () => {
    expect(clipRequest.safeParse(usual).success).toBe(true);
    const day = 86_400_000;
    const refused = [
      { endMs: 0 },
      { endMs: 32 * day },
      { heightPixels: 361 },
      { heightPixels: 20 },
      { codec: "copy", hasClock: true },
      { codec: "copy", heightPixels: 360 },
      { codec: "av1" },
      { path: "/etc/passwd" },
    ];
    for (const change of refused)
      expect({ change, isTaken: clipRequest.safeParse({ ...usual, ...change }).success }).toEqual({
        change,
        isTaken: false,
      });
  });

  test("keeps the shape of its pictures, in even numbers", () => {
    expect(sizeOf({ width: 1920, height: 1080 }, 360)).toEqual({ width: 640, height: 360 });
    expect(sizeOf({ width: 1279, height: 719 }, undefined)).toEqual({ width: 1280, height: 720 });
  });

  test("is joined from a list whose names are quoted", () => {
    const list = joinList([{ path: "/a/it's.mp4", seconds: 1.5 }]);
    expect(list).toBe(
      String.raw`ffconcat version 1.0${"\n"}file 'file:/a/it'\''s.mp4'${"\n"}duration 1.500000${"\n"}`,
    );
  });
});

test("the rows of a lock are one span, those of two locks are two", () => {
  const row = { channel: "yard", who: "Ann", why: "van", sinceMs: 5 };
  const rows = [
    { ...row, recording: "a", startMs: 100, endMs: 200 },
    { ...row, recording: "b", startMs: 200, endMs: 300 },
    { ...row, recording: "b", startMs: 250, endMs: 400, sinceMs: 9, who: "Bob" },
  ];
  expect(shownLocks(rows)).toMatchObject([
    { startMs: 250, endMs: 400, who: "Bob", why: "van", sinceMs: 9 },
    { startMs: 100, endMs: 300, who: "Ann", why: "van", sinceMs: 5 },
  ]);
  // Those made by hand say nothing: each is of its recording alone.
  const byHand = rows.slice(0, 2).map((each) => ({ ...each, who: "", why: "", sinceMs: 0 }));
  expect(shownLocks(byHand).map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
    [200, 300],
    [100, 200],
  ]);
});
