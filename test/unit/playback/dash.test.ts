import { beforeEach, describe, expect, test } from "bun:test";
import { buildApp } from "../../../src/app.ts";
import { MemoryFootage, StandingClock } from "../../support/memory-footage.ts";
import { mpdFaults, parseMpd, type ParsedMpd } from "../../support/mpd-validator.ts";

const T = Date.UTC(2026, 10, 20, 11);
const TWO_S = 180_000;
/** Five years of footage came before, in 90,000ths of a second. */
const BEFORE_TICKS = 5 * 365 * 86_400 * 90_000 + 1;
const segments = (count: number, ticks = TWO_S): number[] => Array.from({ length: count }, () => ticks);

let footage: MemoryFootage;
let clock: StandingClock;
let app: ReturnType<typeof buildApp>;
beforeEach(() => {
  footage = new MemoryFootage("yard", "UTC", BEFORE_TICKS);
  clock = new StandingClock(T);
  app = buildApp({ playback: { footage, clock, segmentTargetMs: 2000 }, hosts: { isLoopbackOnly: true } });
});

const get = (path: string): Promise<Response> =>
  Promise.resolve(app.handle(new Request(`http://localhost${path}`)));
async function manifest(path: string): Promise<ParsedMpd> {
  const response = await get(path);
  const text = await response.text();
  expect(`${response.status} ${text.slice(0, 5)}`).toBe("200 <?xml");
  expect(response.headers.get("content-type")).toBe("application/dash+xml");
  expect(mpdFaults(text)).toEqual([]);
  return parseMpd(text);
}
const endTicks = ({ periods }: ParsedMpd): number => {
  const last = periods.at(-1);
  return last ? last.startTicks + last.endTicks - last.offsetTicks : 0;
};
/** Where a player that joins now reckons the end of the timeline to be, minus where it is; in ms. */
const aheadMs = (mpd: ParsedMpd): number =>
  clock.nowMs() - Date.parse(mpd.attributes("availabilityStartTime") ?? "") - endTicks(mpd) / 90;
const secondsOf = (mpd: ParsedMpd, name: string): number => Number(mpd.attributes(name)?.slice(2, -1));

describe("live.mpd", () => {
  test("shows ten minutes, on the channel's own timeline, up to now", async () => {
    footage.record({ startMs: T - 1_200_000, durations: segments(600) });
    const mpd = await manifest("/yard/live.mpd");
    expect(mpd.isDynamic).toBe(true);
    expect(mpd.periods[0]?.segmentTicks.length).toBe(300);
    expect(endTicks(mpd)).toBe(BEFORE_TICKS + 600 * TWO_S);
    expect(Math.abs(aheadMs(mpd))).toBeLessThanOrEqual(1);
    expect(secondsOf(mpd, "timeShiftBufferDepth")).toBe(600);
    expect(secondsOf(mpd, "minimumUpdatePeriod")).toBe(2);
    expect(mpd.attributes("publishTime")).toBe(new Date(T).toISOString());
  });

  test("stays what it was while it slides: periods, offsets, addresses, the time of its zero", async () => {
    footage.record({ startMs: T - 1_200_000, durations: segments(500) });
    footage.record({ startMs: T - 200_000, durations: segments(200), init: "b" });
    const all = footage.recordingList;
    const at = (secondsLater: number) => {
      clock.timeMs = T + secondsLater * 1000;
      const isOver = (startMs: number, ticks: number) => startMs + ticks / 90 <= clock.timeMs;
      footage.recordingList = all.map((recording) => {
        const shown = recording.segments.filter((each) => isOver(each.startMs, each.durationTicks));
        return {
          ...recording,
          segments: shown,
          endMs: Math.min(recording.endMs, clock.timeMs),
          state: "open",
        };
      });
      return manifest("/yard/live.mpd");
    };
    const seen = [await at(0), await at(2), await at(60), await at(200)];
    const zeros = new Set(seen.map((mpd) => mpd.attributes("availabilityStartTime")));
    expect(zeros.size).toBe(1);
    const [first] = seen;
    for (const { periods } of seen) {
      expect(periods.map(({ id }) => id)).toEqual(["d0", "d1"]);
      for (const [index, period] of periods.entries()) {
        const before = first?.periods[index];
        const { startTicks, offsetTicks, media, init } = before ?? period;
        expect(period).toMatchObject({ startTicks, offsetTicks, media, init });
      }
    }
    const starts = seen.map(({ periods }) => periods[0]?.segmentTicks[0] ?? 0);
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
    expect(new Set(starts).size).toBe(4);
  });

  test("a place that is a day old is replaced, and its period stays", async () => {
    footage.record({ startMs: T - 60_000, durations: segments(30) });
    const before = await manifest("/yard/live.mpd");
    clock.timeMs = T + 30 * 3_600_000;
    footage.record({ startMs: clock.timeMs - 700_000, durations: segments(350) });
    const after = await manifest("/yard/live.mpd");
    expect(after.periods[0]?.offsetTicks).toBe(before.periods[0]?.offsetTicks ?? 0);
    expect(after.periods[0]?.media.video).not.toBe(before.periods[0]?.media.video ?? "");
  });

  test("after a gap of an hour who joins finds the end, and who has played on keeps its segments", async () => {
    footage.record({ startMs: T - 3_900_000, durations: segments(150) });
    footage.record({ startMs: T - 60_000, durations: segments(30) });
    const gap = { startMs: T - 3_600_000, endMs: T - 60_000, reason: "source-offline", detail: "" } as const;
    footage.gapList.push({ channel: "yard", recording: footage.recordingList[1]?.id ?? "", ...gap });
    const mpd = await manifest("/yard/live.mpd");
    expect(mpd.periods.length).toBe(1);
    expect(endTicks(mpd)).toBe(BEFORE_TICKS + 180 * TWO_S);
    expect(Math.abs(aheadMs(mpd))).toBeLessThanOrEqual(1);
    expect(secondsOf(mpd, "timeShiftBufferDepth")).toBe(360 + 3540);
  });

  test("while the camera is away the end stays in sight, and its clock may be ahead", async () => {
    footage.record({ startMs: T - 60_000, durations: segments(30) });
    clock.timeMs = T + 1000;
    expect(aheadMs(await manifest("/yard/live.mpd"))).toBeCloseTo(1000, -1);
    clock.timeMs = T + 3_600_000;
    const away = await manifest("/yard/live.mpd");
    expect(aheadMs(away)).toBeGreaterThan(0);
    expect(aheadMs(away)).toBeLessThan(10_000);
    expect(secondsOf(away, "timeShiftBufferDepth")).toBe(60 + 3600);
    clock.timeMs = T - 30_000;
    expect(aheadMs(await manifest("/yard/live.mpd"))).toBeCloseTo(0, -1);
  });

  test("the time of its zero follows a camera's clock that walks, and not its jitter", async () => {
    const [recording] = footage.record({ startMs: T - 60_000, durations: segments(30) });
    const zero = async () => (await manifest("/yard/live.mpd")).attributes("availabilityStartTime");
    clock.timeMs = T + 1000;
    const before = await zero();
    const last = recording!.segments.at(-1)!;
    last.startMs += 40;
    expect(await zero()).toBe(before);
    last.startMs += 20;
    expect(Date.parse((await zero()) ?? "") - Date.parse(before ?? "")).toBe(60);
  });

  test("a retired channel's is static; before any footage there is none", async () => {
    expect((await get("/yard/live.mpd")).status).toBe(404);
    footage.record({ startMs: T - 60_000, durations: segments(30) });
    footage.channelList[0]!.isRetired = true;
    const mpd = await manifest("/yard/live.mpd");
    expect(mpd.isDynamic).toBe(false);
    expect(mpd.periods[0]?.startTicks).toBe(0);
  });

  test("a segment is found by the address that the manifest makes, also after a gap of three weeks", async () => {
    footage.record({ startMs: T - 21 * 86_400_000, durations: segments(30) });
    footage.record({ startMs: T - 60_000, durations: segments(30) });
    const { periods } = await manifest("/yard/live.mpd");
    const ticks = periods[0]?.segmentTicks ?? [];
    expect(ticks.length).toBe(60);
    for (const each of [ticks[0], ticks[30], ticks[59]]) {
      const path = `/yard/${periods[0]?.media.video?.replace("$Time$", String(each))}`;
      // Found in the index; its file is not there.
      expect(await (await get(path)).text()).toContain("no longer on the disk");
    }
    const never = `/yard/${periods[0]?.media.video?.replace("$Time$", String((ticks[59] ?? 0) + 1))}`;
    expect(await (await get(never)).text()).not.toContain("no longer on the disk");
  });
});

describe("days and intervals", () => {
  beforeEach(() => {
    footage.record({ startMs: T - 90_000_000, durations: segments(60) });
    footage.record({ startMs: T - 120_000, durations: segments(20) });
    footage.record({ startMs: T - 80_000, durations: segments(40), init: "b", audio: false });
  });

  test("today is asked for again each 30 seconds, and reaches back to midnight until then", async () => {
    for (const day of ["today", "2026-11-20"]) {
      const mpd = await manifest(`/yard/stream/${day}/playlist.mpd`);
      expect(mpd.isDynamic).toBe(true);
      expect(secondsOf(mpd, "minimumUpdatePeriod")).toBe(30);
      expect(secondsOf(mpd, "suggestedPresentationDelay")).toBeGreaterThan(30);
      expect(mpd.periods.length).toBe(2);
      expect(Object.keys(mpd.periods[1]?.media ?? {})).toEqual(["video"]);
      expect(Math.abs(aheadMs(mpd))).toBeLessThanOrEqual(1);
    }
    const today = await manifest("/yard/stream/today/playlist.mpd");
    expect(secondsOf(today, "timeShiftBufferDepth")).toBeGreaterThanOrEqual(120 + 30);
  });

  test("days that are over and intervals that have ended are static, and begin at 0", async () => {
    const from = T / 1000;
    const paths = [
      "/yard/stream/2026-11-19/playlist.mpd",
      "/yard/stream/3/playlist.mpd",
      `/yard/archive-${from - 120}-100.mpd`,
      `/yard/index-${from - 120}-100.mpd`,
      `/streamer/yard.mpd?startTimestamp=${from - 120}&endTimestamp=${from}`,
    ];
    for (const path of paths) {
      const mpd = await manifest(path);
      expect([path, mpd.isDynamic, mpd.periods[0]?.startTicks]).toEqual([path, false, 0]);
    }
  });

  test("an open interval grows from 0 on, and is static on the same timeline when its end has come", async () => {
    const path = `/yard/archive-${T / 1000 - 120}-150.mpd`;
    const open = await manifest(path);
    expect([open.isDynamic, open.periods[0]?.startTicks]).toEqual([true, 0]);
    expect(open.attributes("timeShiftBufferDepth")).toBeUndefined();
    expect(Math.abs(aheadMs(open))).toBeLessThanOrEqual(1);
    clock.timeMs = T + 60_000;
    const over = await manifest(path);
    expect(over.isDynamic).toBe(false);
    expect(over.periods).toEqual(open.periods);
    expect((await manifest(`/yard/archive-${T / 1000 - 120}-now.mpd`)).isDynamic).toBe(true);
  });

  test("where footage was deleted in the middle there is a new period and no hole", async () => {
    const [, recording] = footage.recordingList;
    const rest = recording!.segments.filter(({ ordinal }) => ordinal !== 7);
    footage.recordingList = footage.recordingList.map((each) =>
      each === recording ? { ...each, segments: rest } : each,
    );
    const mpd = await manifest(`/yard/archive-${T / 1000 - 120}-now.mpd`);
    expect(mpd.periods.map(({ segmentTicks }) => segmentTicks.length)).toEqual([7, 12, 40]);
  });

  test("no segment is longer than it is said to be, sound included", async () => {
    const mpd = await manifest("/yard/live.mpd");
    expect(secondsOf(mpd, "maxSegmentDuration")).toBeGreaterThanOrEqual(2 + 1024 / 48_000);
  });

  test("?download=1 is an M3U with its address; a day that does not exist is refused", async () => {
    const response = await get("/yard/live.mpd?download=1");
    expect(await response.text()).toBe("#EXTM3U\nhttp://localhost/yard/live.mpd\n");
    expect((await get("/yard/stream/someday/playlist.mpd")).status).toBe(400);
    expect((await get("/nobody/live.mpd")).status).toBe(404);
  });

  test("/-/time tells the time", async () => {
    expect(await (await get("/-/time")).text()).toBe("2026-11-20T11:00:00.000Z");
  });
});
