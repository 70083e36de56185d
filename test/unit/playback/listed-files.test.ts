import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { buildApp } from "../../../src/app.ts";
import { parseMediaPlaylist } from "../../../src/media/m3u8-parse.ts";
import { playlistFaults, wallTimes } from "../../support/m3u8-validator.ts";
import { MemoryFiles, MemoryListed } from "../../support/memory-files.ts";
import { StandingClock } from "../../support/memory-footage.ts";

/** Noon of Berlin. */
const T = Date.UTC(2026, 10, 20, 11);
const DATE = "2026-11-20";
const FILE_MS = 10_000;

const nameOf = (index: number): string => `video_${String(index).padStart(6, "0")}.ts`;

/** A server of one channel of files; `restart` makes it forget all but what is stored. */
class Rig {
  readonly files = new MemoryFiles();
  readonly listed = new MemoryListed();
  readonly clock = new StandingClock(T);
  #app = this.#make();

  #make() {
    return buildApp({
      playback: {
        footage: this.files.footage,
        clock: this.clock,
        segmentTargetMs: 2000,
        settledMs: () => this.files.settledMs(this.clock.timeMs),
        settlesInMs: () => this.files.settlesInMs(this.clock.timeMs),
        listed: this.listed,
        firstFileChannel: () => "garage",
      },
      hosts: { isLoopbackOnly: true },
    });
  }

  restart(): void {
    this.#app = this.#make();
  }

  put(index: number, follows = true): void {
    const startMs = T + index * FILE_MS;
    this.files.put({ startMs, durationMs: FILE_MS, name: nameOf(index), nowMs: this.clock.timeMs, follows });
  }

  async get(path: string): Promise<Response> {
    return this.#app.handle(new Request(`http://localhost${path}`));
  }
}

const growing = [
  "/garage/live.m3u8",
  "/live/playlist.m3u8",
  `/playlist.php?date=${DATE}&live=1`,
  `/playlist?live=1&channel=garage&date=${DATE}`,
  "/garage/stream/today/playlist.m3u8",
  `/${DATE}/playlist.m3u8`,
  `/garage/archive-${T / 1000}-now.m3u8`,
] as const;

type Step =
  | { kind: "next"; count: number; isNewestFirst: boolean }
  | { kind: "late"; back: number }
  | { kind: "gap" }
  | { kind: "drop"; back: number }
  | { kind: "oldest" }
  | { kind: "restart" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("next" as const),
      count: fc.integer({ min: 1, max: 4 }),
      isNewestFirst: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("late" as const), back: fc.integer({ min: 1, max: 30 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "gap" as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("drop" as const), back: fc.integer({ min: 8, max: 40 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "oldest" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "restart" as const }) },
);

describe("lists that grow of a channel whose segments are files", () => {
  test("never insert, never renumber, never go back, whatever comes and goes, over restarts", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const rig = new Rig();
        const there = new Set<number>();
        const missing: number[] = [];
        let next = 0;
        const before = new Map<string, string>();
        const put = (index: number) => {
          rig.put(index, index % 7 !== 0);
          there.add(index);
        };
        for (const each of [{ kind: "next", count: 4, isNewestFirst: true } as Step, ...steps]) {
          if (each.kind === "next") {
            const indexes = Array.from({ length: each.count }, (_, at) => next + at);
            next += each.count;
            rig.clock.timeMs = Math.max(rig.clock.timeMs, T + next * FILE_MS);
            for (const index of each.isNewestFirst ? indexes.toReversed() : indexes) put(index);
          } else if (each.kind === "late") {
            const index = missing.pop() ?? next - each.back;
            if (index >= 0 && !there.has(index)) put(index);
          } else if (each.kind === "gap") missing.push(next++);
          else if (each.kind === "drop") {
            // Not the newest: a list can't take back its end.
            if (there.delete(next - each.back)) rig.files.drop(nameOf(next - each.back));
          } else if (each.kind === "oldest") {
            const oldest = Math.min(...there);
            if (there.size > 20 && there.delete(oldest)) rig.files.drop(nameOf(oldest));
          } else rig.restart();
          rig.clock.timeMs += 25_000;
          for (const path of growing) {
            const response = await rig.get(path);
            if (response.status === 404) {
              expect(before.has(path)).toBe(false);
              continue;
            }
            expect(response.status).toBe(200);
            const text = await response.text();
            expect({ path, faults: playlistFaults(text, before.get(path)) }).toEqual({ path, faults: [] });
            before.set(path, text);
          }
        }
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  test("hold back what may still get something before it, and leave out what comes too late", async () => {
    const rig = new Rig();
    const listed = async (path: string) => {
      const response = await rig.get(path);
      return response.ok
        ? wallTimes(await response.text()).map(({ startMs }) => (startMs - T) / FILE_MS)
        : [];
    };
    for (const index of [3, 1, 0]) rig.put(index);
    expect(await listed("/garage/live.m3u8")).toEqual([]);
    rig.clock.timeMs = T + 59_000;
    rig.put(2);
    rig.put(5);
    rig.clock.timeMs = T + 61_000;
    expect(await listed("/garage/live.m3u8")).toEqual([0, 1, 2, 3]);
    rig.put(4);
    rig.clock.timeMs = T + 125_000;
    expect(await listed("/garage/live.m3u8")).toEqual([0, 1, 2, 3, 4, 5]);
    rig.put(7);
    rig.clock.timeMs = T + 190_000;
    rig.put(6);
    rig.clock.timeMs = T + 260_000;
    expect(await listed("/garage/live.m3u8")).toEqual([1, 2, 3, 4, 5, 7]);
    // Any interval that does not grow tells all that is there.
    expect(await listed(`/garage/archive-${T / 1000}-80.m3u8`)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test("say so while all that came is younger than that, and when to ask again", async () => {
    const rig = new Rig();
    expect(await (await rig.get("/garage/live.m3u8")).text()).toContain("Nothing has been recorded");
    rig.put(0);
    rig.clock.timeMs = T + 18_500;
    for (const path of growing) {
      const response = await rig.get(path);
      expect([path, response.status, response.headers.get("retry-after"), await response.text()]).toEqual([
        path,
        404,
        "42",
        "The first files of garage are still settling: lists that grow wait for older ones\nAsk again in 42 s\n",
      ]);
    }
    // Before the first file there is nothing that could settle.
    const before = await rig.get(`/playlist.php?date=2026-11-19&live=1`);
    expect(await before.text()).toContain("Nothing was recorded on garage");
    rig.clock.timeMs = T + 60_000;
    for (const path of growing) expect([path, (await rig.get(path)).status]).toEqual([path, 200]);
  });

  test("a day's list ends soon after the day, with the numbers that it had, and then tells all that is there", async () => {
    const rig = new Rig();
    const midnight = Date.UTC(2026, 10, 20, 23);
    const put = (startMs: number) =>
      rig.files.put({ startMs, durationMs: FILE_MS, name: `video_${startMs}.ts`, nowMs: rig.clock.timeMs });
    for (let startMs = midnight - 200_000; startMs < midnight; startMs += FILE_MS) {
      rig.clock.timeMs = startMs + FILE_MS;
      put(startMs);
    }
    const path = `/garage/${DATE}/playlist.m3u8`;
    let before = await (await rig.get(path)).text();
    expect(before).not.toContain("ENDLIST");
    for (const afterMs of [20_000, 70_000, 200_000, 301_000, 800_000]) {
      rig.clock.timeMs = midnight + afterMs;
      if (afterMs === 200_000) put(midnight - 205_000);
      const text = await (await rig.get(path)).text();
      expect(playlistFaults(text, before)).toEqual([]);
      expect(text.includes("ENDLIST")).toBe(afterMs > 300_000);
      before = text;
    }
    rig.clock.timeMs = midnight + 901_000;
    const response = await rig.get(path);
    const whole = await response.text();
    expect(parseMediaPlaylist(whole)).toMatchObject({ type: "VOD", mediaSequence: 0, isEnded: true });
    expect(parseMediaPlaylist(whole).segments).toHaveLength(21);
    put(midnight - 230_000);
    const changed = await rig.get(path);
    expect(changed.headers.get("etag")).not.toBe(response.headers.get("etag"));
    expect(parseMediaPlaylist(await changed.text()).segments).toHaveLength(22);
  });

  test("a lost index begins with higher numbers", async () => {
    const rig = new Rig();
    for (let index = 0; index < 100; index++) {
      rig.clock.timeMs = T + (index + 1) * FILE_MS;
      rig.put(index);
    }
    const before = parseMediaPlaylist(await (await rig.get("/garage/live.m3u8")).text());
    rig.listed.rows.clear();
    rig.restart();
    rig.clock.timeMs += 10 * FILE_MS;
    const after = parseMediaPlaylist(await (await rig.get("/garage/live.m3u8")).text());
    expect(after.mediaSequence).toBeGreaterThanOrEqual(before.mediaSequence);
    expect(after.segments[0]?.discontinuitySequence ?? 0).toBeGreaterThanOrEqual(
      before.segments[0]?.discontinuitySequence ?? 0,
    );
  });
});
