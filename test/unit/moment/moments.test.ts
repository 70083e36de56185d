import { describe, expect, test } from "bun:test";
import type { Clip } from "../../../src/clips/clip.ts";
import type { RunRow } from "../../../src/db/index/rows.ts";
import { momentArguments } from "../../../src/moment/moment-arguments.ts";
import { MomentNames } from "../../../src/moment/moment-names.ts";
import { lengthAndDelay, windowOf } from "../../../src/moment/moment-request.ts";
import { MomentSlots } from "../../../src/moment/moment-slots.ts";
import { NightjarError } from "../../../src/platform/errors.ts";
import { systemClock } from "../../../src/platform/system-clock.ts";

describe("what is asked for", () => {
  test("is 5 s up to now unless said otherwise", () => {
    expect(lengthAndDelay(undefined, undefined)).toEqual({ lengthSeconds: 5, delaySeconds: 0 });
    expect(lengthAndDelay("20", "10")).toEqual({ lengthSeconds: 20, delaySeconds: 10 });
    expect(lengthAndDelay("04", "00")).toEqual({ lengthSeconds: 4, delaySeconds: 0 });
  });

  test.each([
    ["3", "0"],
    ["21", "0"],
    ["", "0"],
    ["5", "11"],
    ["5", "-1"],
    ["4.5", "0"],
    ["5s", "0"],
    ["99999999999", "0"],
  ])("%s s after %s s is refused, and says what is accepted", (length, delay) => {
    let found: unknown;
    try {
      lengthAndDelay(length, delay);
    } catch (error) {
      found = error;
    }
    expect(found).toBeInstanceOf(NightjarError);
    expect(found).toMatchObject({ kind: "bad-request" });
    expect(String(found)).toMatch(/a whole number of seconds from \d+ to \d+/);
  });

  test("ends with the delay, and begins so much earlier as it is long", () => {
    const request = { channel: "yard", askedMs: 100_000, lengthSeconds: 4, delaySeconds: 10 };
    expect(windowOf(request)).toEqual({ startMs: 106_000, endMs: 110_000 });
  });
});

describe("names", () => {
  const yard = { id: "yard", zone: "Europe/Berlin" };
  const atMs = Date.UTC(2026, 5, 18, 15, 45, 24, 300);
  const stored = (localTime: string) => ({ localTime }) as Clip;

  test("are local seconds, and each is given once, also while several are made", () => {
    const names = new MomentNames({ list: () => [stored("2026-06-18T17:45:25")] });
    const first = names.reserve(yard, atMs);
    const second = names.reserve(yard, atMs + 500);
    expect([first.localTime, second.localTime]).toEqual(["2026-06-18T17:45:24", "2026-06-18T17:45:26"]);
    expect(names.reserve({ id: "door", zone: "UTC" }, atMs).localTime).toBe("2026-06-18T15:45:24");
    first.free();
    expect(names.reserve(yard, atMs).localTime).toBe("2026-06-18T17:45:24");
  });
});

describe("slots", () => {
  test("let two begin early and three be made, and hold nobody up who still waits for pictures", async () => {
    const clock = systemClock();
    const slots = new MomentSlots(clock);
    const { signal } = new AbortController();
    const soon = () => clock.nowMs() + 60_000;
    const early = [await slots.take(soon(), signal), await slots.take(soon(), signal)];
    const now = await Promise.all([1, 2, 3].map(() => slots.take(0, signal)));
    let isFourth = false;
    const fourth = slots.take(0, signal).then((free) => {
      isFourth = true;
      return free;
    });
    await Bun.sleep(20);
    expect(isFourth).toBe(false);
    now[0]?.();
    (await fourth)();
    for (const free of [...early, ...now]) free();
  });

  test("a job that is cancelled while it waits leaves the line", async () => {
    const slots = new MomentSlots(systemClock());
    const held = await Promise.all([1, 2, 3].map(() => slots.take(0, new AbortController().signal)));
    const cancelled = new AbortController();
    const waiting = slots.take(0, cancelled.signal);
    cancelled.abort(new Error("cancelled"));
    expect(await waiting.catch(String)).toContain("cancelled");
    for (const free of held) free();
    (await slots.take(0, new AbortController().signal))();
  });
});

test("ffmpeg decodes once, cuts by times, and sound is left out where there is none", () => {
  const run = { format: "nightjar", width: 1920, height: 1080, audioCodec: null } as RunRow;
  const film = {
    run,
    startSeconds: 1.5,
    endSeconds: 6.5,
    encoder: "libx264",
    maxHeight: 720,
    mp4: "/a.mp4",
    gif: "/a.gif",
  };
  const argv = momentArguments(film);
  const filters = argv[argv.indexOf("-filter_complex") + 1] ?? "";
  expect(filters).toContain("trim=start=1.500000:end=6.500000");
  expect(filters).toContain("scale=-2:720");
  expect(argv.filter((part) => part === "-i")).toHaveLength(1);
  expect(argv).not.toContain("-af");
  const heard = momentArguments({ ...film, maxHeight: undefined, run: { ...run, audioCodec: "mp4a.40.2" } });
  expect(heard[heard.indexOf("-af") + 1]).toContain("atrim=start=1.500000:end=6.500000");
});
