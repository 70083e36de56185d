import { Database } from "bun:sqlite";
import { afterEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IndexDatabase } from "../../../src/db/index/index-database.ts";
import type { RecordingRow, RunRow } from "../../../src/db/index/rows.ts";
import { StateDatabase } from "../../../src/db/state/state-database.ts";
import { NightjarError } from "../../../src/platform/errors.ts";

const folders: string[] = [];
function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "nightjar-db-"));
  folders.push(path);
  return path;
}
afterEach(() => {
  for (const path of folders.splice(0)) rmSync(path, { recursive: true });
});

const run: RunRow = {
  id: "aaaaaaaaaa",
  channel: "front",
  timeline: 0,
  init: new Uint8Array([1, 2, 3]),
  format: "nightjar",
  videoCodec: "avc1.64001f",
  audioCodec: null,
  width: 640,
  height: 360,
  frameRate: 25,
  videoTimescale: 90_000,
  audioTimescale: null,
  startMs: 1000,
  endMs: null,
  endReason: null,
  endDetail: null,
  bootId: "boot",
  realtimeMs: 1000,
  boottimeMs: 10,
  unsure: true,
};
const recording: RecordingRow = {
  id: "bbbbbbbbbb",
  channel: "front",
  root: "root",
  path: "front/2026-11-21/06-00-00+0000.mp4",
  run: run.id,
  baseOffsetBytes: 800,
  startMs: 1000,
  endMs: 3000,
  firstMediaSequence: 7,
  discontinuitySequence: 0,
  baseTicks: 0,
  zone: "UTC",
  sizeBytes: 5000,
  segmentCount: 0,
  state: "open",
  garbageMs: null,
  version: 0,
};
const segment = {
  ordinal: 0,
  startMs: 1000,
  mediaTicks: 0,
  durationTicks: 180_000,
  offsetBytes: 0,
  headerBytes: 100,
  videoBytes: 4000,
  audioBytes: 100,
  activityBytes: 1024,
};

describe("index database", () => {
  test("a recording is an intent, then closed with its segments, then gone with its gaps", () => {
    const index = IndexDatabase.open(join(folder(), "index.db"));
    expect(index.isNew).toBe(true);
    index.insertRun(run);
    index.insertRecording(recording);
    expect(index.recordingsBetween("front", 0, 10_000)).toEqual([]);
    index.transaction(() => {
      index.updateRecording(recording.id, { state: "closed" }, [segment]);
      index.insertGap({
        channel: "front",
        startMs: 0,
        endMs: 1000,
        reason: "source-offline",
        detail: "",
        recording: recording.id,
      });
    });
    expect(index.recordingsBetween("front", 2999, 10_000)).toMatchObject([
      { id: recording.id, state: "closed", version: 1, segmentCount: 1, segments: [segment] },
    ]);
    expect(index.recordingsBetween("front", 3000, 10_000)).toEqual([]);
    expect(index.gapsBetween("front", 0, 500)).toHaveLength(1);
    expect(index.unsureRuns("boot").map((r) => r.id)).toEqual([run.id]);
    index.deleteRecording(recording.id);
    index.dropLoneRuns([]);
    expect(index.gapsBetween("front", 0, 500)).toEqual([]);
    expect(index.run(run.id)).toBeUndefined();
    index.close();
  });

  test("segments are read when they are asked for, and again when the row has changed", () => {
    const index = IndexDatabase.open(join(folder(), "index.db"));
    index.insertRun(run);
    index.insertRecording({ ...recording, state: "closed" }, [segment]);
    const listed = () => index.recordingsBetween("front", 0, 10_000);
    const [early, copied] = [listed()[0]!, { ...listed()[0]! }];
    expect(copied.segments).toEqual([segment]);
    expect(early.outline).toMatchObject({
      count: 1,
      longestTicks: 180_000,
      isUnbroken: true,
      isSteady: true,
    });
    const second = { ...segment, ordinal: 1, startMs: 5000, mediaTicks: 180_000, offsetBytes: 4200 };
    index.updateRecording(recording.id, { endMs: 7000 }, [segment, second]);
    expect(listed()[0]!.segments).toEqual([segment, second]);
    const { ordinal, startMs, mediaTicks, durationTicks } = second;
    const last = { ordinal, startMs, mediaTicks, durationTicks };
    expect(listed()[0]!.outline).toMatchObject({ last, count: 2, isUnbroken: true, isSteady: false });
    const [late, held] = [listed()[0]!, index.recording(recording.id)!];
    index.deleteRecording(recording.id);
    // What was read stays with those who hold it.
    expect(held.segments).toEqual([segment, second]);
    expect(() => late.segments).toThrow("This footage was deleted just now");
    index.close();
  });

  test("a channel's target duration is raised, survives its counters, and is kept without any", () => {
    const path = join(folder(), "index.db");
    const counter = {
      nextMediaSequence: 5,
      discontinuitySequence: 0,
      timeline: 1,
      nextTicks: 9,
      newestEndMs: 3,
    };
    const index = IndexDatabase.open(path);
    expect(index.targetDuration("front")).toBe(0);
    index.setCounter({ channel: "front", ...counter });
    for (const seconds of [4, 3]) index.raiseTargetDuration("front", seconds);
    for (const seconds of [6, 5]) index.raiseTargetDuration("of files", seconds);
    expect(index.counter("of files")).toBeUndefined();
    index.setCounter({ channel: "front", ...counter, nextMediaSequence: 6 });
    index.close();
    const again = IndexDatabase.open(path);
    expect([again.targetDuration("front"), again.targetDuration("of files")]).toEqual([4, 6]);
    expect(again.counter("front")).toEqual({ channel: "front", ...counter, nextMediaSequence: 6 });
    again.close();
  });

  test("one that was made before target durations were kept is brought up to date, with all that is in it", () => {
    const path = join(folder(), "index.db");
    const migrations = join(import.meta.dir, "../../../drizzle/index");
    const [first] = JSON.parse(readFileSync(join(migrations, "meta/_journal.json"), "utf8")).entries;
    const old = new Database(path, { create: true });
    for (const statement of readFileSync(join(migrations, `${first.tag}.sql`), "utf8").split(
      "--> statement-breakpoint",
    ))
      old.run(statement);
    old.run(
      "CREATE TABLE __drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)",
    );
    old.run("INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('', ?)", [first.when]);
    old.run("INSERT INTO counter VALUES ('front', 7, 1, 2, 900, 3000)");
    old.close();
    const index = IndexDatabase.open(path);
    expect(index.counter("front")).toMatchObject({ nextMediaSequence: 7, timeline: 2, newestEndMs: 3000 });
    expect(index.targetDuration("front")).toBe(0);
    index.raiseTargetDuration("front", 2);
    expect(index.targetDuration("front")).toBe(2);
    index.close();
  });

  test("a transaction that throws leaves nothing behind", () => {
    const index = IndexDatabase.open(join(folder(), "index.db"));
    expect(() =>
      index.transaction(() => {
        index.insertRun(run);
        throw new Error("cut");
      }),
    ).toThrow("cut");
    expect(index.run(run.id)).toBeUndefined();
    index.close();
  });

  test("a second opening finds what the first one wrote, and is not new", () => {
    const path = join(folder(), "index.db");
    const first = IndexDatabase.open(path);
    first.setCounter({
      channel: "front",
      nextMediaSequence: 5,
      discontinuitySequence: 1,
      timeline: 2,
      nextTicks: 2 ** 52,
      newestEndMs: 9,
    });
    first.close();
    const second = IndexDatabase.open(path);
    expect(second.isNew).toBe(false);
    expect(second.counter("front")?.nextTicks).toBe(2 ** 52);
    second.close();
  });

  test("a database of a newer version is refused, unchanged", () => {
    const path = join(folder(), "index.db");
    IndexDatabase.open(path).close();
    const raw = new Database(path);
    raw.run("insert into __drizzle_migrations (hash, created_at) values ('later', 99999999999999)");
    raw.close();
    expect(() => IndexDatabase.open(path)).toThrow("newer version");
  });

  test("a file that is no database is refused with its path", () => {
    const path = join(folder(), "index.db");
    writeFileSync(path, "this is not a database, but a text that is long enough to look at");
    expect(() => IndexDatabase.open(path)).toThrow(NightjarError);
    expect(() => IndexDatabase.open(path)).toThrow(path);
  });
});

describe("state database", () => {
  test("channels keep their limits after they were retired", () => {
    const state = StateDatabase.open(join(folder(), "state.db"));
    state.setChannel({
      id: "front",
      name: "Front door",
      keep: { days: 5 },
      zone: "UTC",
      retiredMs: null,
      adoptedBy: null,
    });
    state.setChannel({
      id: "front",
      name: "Front door",
      keep: { days: 5 },
      zone: "UTC",
      retiredMs: 12,
      adoptedBy: null,
    });
    expect(state.channels()).toEqual([
      { id: "front", name: "Front door", keep: { days: 5 }, zone: "UTC", retiredMs: 12, adoptedBy: null },
    ]);
    state.close();
  });
});

test("the state's files are nobody's else, those of a start before included", () => {
  const path = folder();
  const rights = () =>
    readdirSync(path).map((name) => `${name} ${(statSync(join(path, name)).mode & 0o007).toString(8)}`);
  const hidden = ["state.db 0", "state.db-shm 0", "state.db-wal 0"];
  const first = StateDatabase.open(join(path, "state.db"));
  expect(rights().sort()).toEqual(hidden);
  first.close();
  chmodSync(join(path, "state.db"), 0o644);
  const second = StateDatabase.open(join(path, "state.db"));
  expect(rights().sort()).toEqual(hidden);
  second.close();
});
