import { describe, expect, test } from "bun:test";
import { withBodyLimit } from "../../../src/access/body-limit.ts";
import { ArrivalLog } from "../../../src/uploads/arrival-log.ts";
import { agreedDuration, parseDuration } from "../../../src/uploads/sidecars.ts";
import type { MediaFacts } from "../../../src/media/media-facts.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const state = { sizeBytes: 1, mtimeMs: 2 };

describe("how files arrive", () => {
  test("late ones count for a day", () => {
    const log = new ArrivalLog();
    log.cameLate(DAY);
    log.cameLate(DAY + 12 * HOUR);
    expect(log.status(DAY + 13 * HOUR).lateFiles).toBe(2);
    expect(log.status(2 * DAY + HOUR).lateFiles).toBe(1);
    expect(log.status(3 * DAY).lateFiles).toBe(0);
  });

  test("trouble keeps its beginning, is news once, and is over when nothing fails any more", () => {
    const log = new ArrivalLog();
    const full = { reason: "disk-full" as const, detail: "no room" };
    expect(log.setTrouble("taking", full, 1000)).toBe(true);
    expect(log.setTrouble("taking", full, 2000)).toBe(false);
    expect(log.status(2000).trouble).toEqual({ ...full, sinceMs: 1000 });
    expect(log.status(2000 + 11 * MINUTE).trouble).toBeUndefined();
    expect(log.setTrouble("looking", full, 3000)).toBe(true);
    expect(log.status(3000 + DAY).trouble).toEqual({ ...full, sinceMs: 3000 });
    expect(log.setTrouble("looking", undefined, 4000)).toBe(true);
    expect(log.setTrouble("looking", undefined, 4000)).toBe(false);
  });

  test("an unreadable file is tried again later and later, at once when it changed, and whatever the clock does", () => {
    const log = new ArrivalLog();
    expect(log.setUnreadable("a", "bad", state, 0)).toBe(true);
    expect(log.isHopeless("a", state, MINUTE - 1)).toBe(true);
    expect(log.isHopeless("a", state, MINUTE)).toBe(false);
    expect(log.isHopeless("a", { ...state, sizeBytes: 5 }, 1)).toBe(false);
    expect(log.setUnreadable("a", "bad", state, MINUTE)).toBe(false);
    expect(log.isHopeless("a", state, 3 * MINUTE - 1)).toBe(true);
    expect(log.isHopeless("a", state, -DAY)).toBe(false);
    for (let n = 0; n < 20; n++) log.setUnreadable("a", "bad", state, 0);
    expect(log.isHopeless("a", state, HOUR)).toBe(false);
    expect(log.status(0)).toMatchObject({
      unreadableFiles: 1,
      unreadable: [{ name: "a", reason: "bad", sinceMs: 0 }],
    });
    log.keepUnreadable("2026-11-20", () => false);
    expect(log.status(0).unreadableFiles).toBe(1);
    log.setReadable("a");
    expect(log.status(0).unreadableFiles).toBe(0);
  });
});

describe("sidecars", () => {
  const facts = (seconds: number) => ({ durationTicks: seconds * 90_000 }) as MediaFacts;

  test.each([
    ["10", 10, true],
    [" 10.04\r\n", 10, true],
    ["12", 10, true],
    ["12.1", 10, false],
    ["0.5", 0.04, true],
    ["3600", 3000, true],
    ["3601", 3000, false],
    ["86400", 86_400, true],
    ["86400.1", 86_400, false],
    ["NaN", 10, false],
    ["0x10", 16, false],
    ["1e1", 10, false],
    ["-10", 10, false],
    ["10 s", 10, false],
  ])("%p for a file of %d s: %p", (text, seconds, isRight) => {
    const agreed = agreedDuration(parseDuration(text), facts(seconds));
    expect("ticks" in agreed).toBe(isRight);
    if ("ticks" in agreed) expect(agreed.ticks).toBe(Math.round(Number(text) * 90_000));
  });
});

describe("bodies are bounded", () => {
  const chunked = (bytes: number) =>
    new Request("http://localhost/", {
      method: "POST",
      headers: { "transfer-encoding": "chunked" },
      body: new ReadableStream({
        start(controller) {
          for (let left = bytes; left > 0; left -= 100)
            controller.enqueue(new Uint8Array(Math.min(100, left)));
          controller.close();
        },
      }),
    });

  test("by what they state, and by what comes", async () => {
    const stated = (length: number) =>
      withBodyLimit(
        new Request("http://localhost/", { headers: { "content-length": String(length) } }),
        1000,
      );
    expect(stated(1000)).toBeInstanceOf(Request);
    expect((stated(1001) as Response).status).toBe(413);
    const whole = withBodyLimit(chunked(1000), 1000) as Request;
    expect((await whole.arrayBuffer()).byteLength).toBe(1000);
    const long = withBodyLimit(chunked(1001), 1000) as Request;
    expect(long.arrayBuffer()).rejects.toThrow("larger than 1000 bytes");
  });
});
