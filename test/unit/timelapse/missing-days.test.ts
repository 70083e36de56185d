import { beforeEach, describe, expect, test } from "bun:test";
import type { Clip } from "../../../src/clips/clip.ts";
import { configFromObject } from "../../../src/config/load.ts";
import type { Job, Jobs, NewJob } from "../../../src/jobs/job-kind.ts";
import { addMissingDays } from "../../../src/timelapse/missing-days.ts";
import { MemoryFootage, StandingClock } from "../../support/memory-footage.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Midnight at the begin of 20 November 2026 in UTC. */
const MIDNIGHT_MS = Date.UTC(2026, 10, 20);

describe("days without a timelapse", () => {
  let footage: MemoryFootage;
  let clock: StandingClock;
  let added: string[];
  let films: string[];
  let meta: Map<string, string>;
  let channel: Record<string, unknown>;

  const look = () => {
    added = [];
    const config = configFromObject(
      { timezone: "UTC", channels: { "front-door": channel } },
      { folder: "/", systemZone: "UTC", reservedIds: [] },
    );
    const add = ({ payload }: NewJob) => {
      added.push((payload as { date: string }).date);
      return {} as Job;
    };
    const whole = (localTime: string) => ({ localTime, isWholeDay: true, isAdopted: false }) as Clip;
    addMissingDays({
      footage,
      clock,
      clips: { list: () => films.map(whole) } as never,
      jobs: { add } as unknown as Jobs,
      state: { meta: (key) => meta.get(key), setMeta: (key, value) => void meta.set(key, value) },
      current: () => config,
    });
    return added;
  };
  /** Records a minute at noon of days before midnight. */
  const record = (...daysBack: number[]) => {
    for (const days of daysBack)
      footage.record({
        startMs: MIDNIGHT_MS - days * DAY_MS + 12 * HOUR_MS,
        durations: Array(30).fill(180_000),
      });
  };

  beforeEach(() => {
    footage = new MemoryFootage();
    clock = new StandingClock(MIDNIGHT_MS + HOUR_MS);
    films = [];
    meta = new Map();
    channel = { source: "demo:" };
  });

  test("are those that are over and were recorded, the newest first; each once", () => {
    record(4, 3, 1, 0);
    expect(look()).toEqual(["2026-11-19", "2026-11-17", "2026-11-16"]);
    expect(look()).toEqual([]);
    clock.timeMs += DAY_MS;
    expect(look()).toEqual(["2026-11-20"]);
  });

  test("don't come back when their films are deleted, also when nothing is recorded for days", () => {
    record(3, 2);
    expect(look()).toEqual(["2026-11-18", "2026-11-17"]);
    clock.timeMs += 5 * DAY_MS;
    expect(look()).toEqual([]);
  });

  test("with a film, of an earlier tool or made on request, have what they need", () => {
    record(2, 1);
    films = ["2026-11-18"];
    expect(look()).toEqual(["2026-11-19"]);
  });

  test("wait until the last of them is written; where files are sent, until these had time to come", () => {
    record(1);
    clock.timeMs = MIDNIGHT_MS + 60_000;
    expect(look()).toEqual([]);
    clock.timeMs = MIDNIGHT_MS + 180_000;
    expect(look()).toEqual(["2026-11-19"]);
    meta.clear();
    channel = { source: "upload", timelapse: true };
    expect(look()).toEqual([]);
    clock.timeMs = MIDNIGHT_MS + 13 * HOUR_MS;
    expect(look()).toEqual(["2026-11-19"]);
  });

  test("are of no interest where none are wanted", () => {
    record(1);
    channel = { source: "demo:", timelapse: false };
    expect(look()).toEqual([]);
    channel = { source: "upload" };
    expect(look()).toEqual([]);
  });

  test("a clock that was wrong and wrote down a day to come does not end them", () => {
    record(2, 1);
    meta.set("timelapse.until.front-door", "2036-01-01");
    expect(look()).toEqual(["2026-11-19", "2026-11-18"]);
    // One that wakes in the past has nothing to do.
    clock.timeMs = MIDNIGHT_MS - 300 * DAY_MS;
    expect(look()).toEqual([]);
    expect(meta.get("timelapse.until.front-door")).toBe("2026-11-19");
  });
});
