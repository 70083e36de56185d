import { beforeAll, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { AgedDays, AgedFile, AgeingSource, FolderDay, Kept } from "../../src/archive/aged/aged-day.ts";
import { configFromObject } from "../../src/config/load.ts";
import type { Config } from "../../src/config/config.ts";
import { ageingKind, type AgeingPayload } from "../../src/conversion/ageing-kind.ts";
import { EncoderChoice } from "../../src/conversion/encoders.ts";
import { makeConversion } from "../../src/conversion/make.ts";
import type { Jobs } from "../../src/jobs/job-kind.ts";
import { removeLeftovers } from "../../src/conversion/leftovers.ts";
import { settingsText } from "../../src/conversion/plan-pieces.ts";
import { Trials } from "../../src/conversion/trial.ts";
import type { JobRun } from "../../src/jobs/job-kind.ts";
import { parseInit } from "../../src/media/fmp4/init.ts";
import { segmentBytes } from "../../src/media/segment-list.ts";
import { NightjarError } from "../../src/platform/errors.ts";
import { diskFiles } from "../../src/platform/files.ts";
import { MemoryFootage, StandingClock } from "../support/memory-footage.ts";
import { type Clip, encodeClip, recordClip } from "../support/recorded-clip.ts";
import { tempFolder } from "../support/temp.ts";

const DATE = "2026-06-18";
const DAY = Date.UTC(2026, 5, 18, 10);

let clip: Clip;
beforeAll(() => {
  clip = encodeClip({ seconds: 6, size: "160x90" });
}, 60_000);

/** The archive's side, which remembers what it was asked for. */
class Archive implements AgedDays {
  readonly replaced: (readonly AgedFile[])[] = [];
  readonly kept: Kept[] = [];
  isChanged = false;
  isLocked = false;
  isAway = false;
  constructor(private readonly made: AgeingSource | undefined) {}
  days: AgedDays["days"] = () => [];
  source = () => Promise.resolve(this.made);
  isStorageThere = () => Promise.resolve(!this.isAway);
  async checkSame(): Promise<void> {
    if (this.isLocked) throw new NightjarError("conflict", "The day has changed: it was locked");
  }
  async replace(_source: AgeingSource, files: readonly AgedFile[]): Promise<void> {
    if (this.isChanged) throw new NightjarError("conflict", "The day has changed");
    for (const { path } of files) await readFile(path);
    this.replaced.push(files);
  }
  keepAsIs(_day: FolderDay, kept: Kept): Promise<void> {
    this.kept.push(kept);
    return Promise.resolve();
  }
}

async function rig(convert: Record<string, unknown>, hours = 1) {
  const folder = await tempFolder();
  const footage = new MemoryFootage("yard", "UTC");
  for (let hour = 0; hour < hours; hour++)
    await recordClip(footage, folder.path, clip, DAY + hour * 3_600_000, "a");
  const day = folder.file("yard", DATE);
  await mkdir(day, { recursive: true });
  const source: AgeingSource = {
    channel: "yard",
    root: "root",
    date: DATE,
    folder: day,
    zone: "UTC",
    recordings: footage.recordingList.map((recording) => ({
      ...recording,
      segments: recording.segments,
      sizeBytes: recording.segments.reduce((sum, segment) => sum + segmentBytes(segment), 0),
    })),
    runs: footage.runs,
    leftOutIds: [],
  };
  const archive = new Archive(source);
  const trialsPath = folder.file("trials.json");
  const current = (keys: Record<string, unknown> | undefined): Config =>
    configFromObject(
      {
        channels: {
          yard: {
            source: "upload",
            ...(keys ? { convert: { preset: "ultrafast", encoder: "software", ...keys } } : {}),
          },
        },
        storage: { min_free: "1MB" },
      },
      { folder: folder.path, systemZone: "UTC", reservedIds: [] },
    );
  const files = diskFiles();
  const trials = await new Trials(files, trialsPath).load();
  const deps = {
    aged: archive,
    footage,
    files,
    clock: new StandingClock(DAY),
    encoders: new EncoderChoice(),
    trials,
  };
  let config = current(convert);
  const settings = config.channels.get("yard")?.convert;
  if (!settings) throw new Error("no settings");
  const payload: AgeingPayload = {
    of: "yard",
    channel: "yard",
    root: "root",
    date: DATE,
    settings: settingsText(settings),
  };
  const saved: unknown[] = [];
  const notes: string[] = [];
  const job: JobRun = {
    id: 1,
    attempt: 1,
    signal: new AbortController().signal,
    checkpoint: undefined,
    save: (checkpoint) => void saved.push(checkpoint),
    progress: (_, note = "") => void notes.push(note),
    mayGoOn: () => Promise.resolve(),
  };
  const run = (more: Partial<JobRun> = {}, aged: AgedDays = archive) =>
    ageingKind({ ...deps, aged, current: () => config }).run(payload, { ...job, ...more });
  /** Another configuration is read: other keys of the channel, or none. */
  const change = (keys: Record<string, unknown> | undefined): void => {
    config = current(keys);
  };
  return {
    archive,
    media: footage.recordingList.map((recording) => footage.mediaPath(recording) ?? ""),
    change,
    trials,
    trialsPath,
    day,
    run,
    settings,
    saved,
    notes,
    folder,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

test("a day is tried, converted, put in its place, and nothing of the work is left", async () => {
  await using it = await rig({});
  const result = await it.run();
  expect(result).toMatchObject({ pictureCount: 150 });
  expect(it.archive.replaced.map((films) => films.length)).toEqual([1]);
  expect(it.saved[0]).toEqual({ folder: it.day });
  expect(await readdir(it.day)).not.toContain(".ageing");
  // What a minute said is there for others, and for the next start.
  const trial = (await new Trials(diskFiles(), it.trialsPath).load()).of("yard", settingsText(it.settings));
  expect(trial).toMatchObject({
    channel: "yard",
    encoder: "libx265",
    footageMs: 6000,
    pictureCount: 150,
    dayMs: 6000,
  });
  expect(it.notes[0]).toContain("encoding a minute");
  expect(it.notes.at(-1)).toMatch(/^\d.* became \d/);
}, 60_000);

test("what has changed meanwhile is tried again later, and the work is kept for it", async () => {
  await using it = await rig({});
  it.archive.isChanged = true;
  const error = await it.run().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({
    kind: "unavailable",
    message: expect.stringContaining("The day has changed. What is locked is left out"),
  });
  expect(await readdir(join(it.day, ".ageing"))).toContain("piece-0.json");
  it.archive.isChanged = false;
  it.notes.length = 0;
  await it.run();
  expect(it.archive.replaced).toHaveLength(1);
  expect(it.notes.filter((note) => note.startsWith("part"))).toEqual([]);
}, 60_000);

test("a lock is noticed before the next piece is begun, and the pieces that are done are kept", async () => {
  await using it = await rig({}, 3);
  const begun = new Set<string>();
  const progress = (_: number, note = ""): void => {
    if (note.startsWith("part")) begun.add(note.slice(0, 11));
    it.archive.isLocked = note.startsWith("part 2");
  };
  const error = await it.run({ progress }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ kind: "unavailable", message: expect.stringContaining("it was locked") });
  expect([...begun]).toEqual(["part 1 of 3", "part 2 of 3"]);
  expect(await readdir(join(it.day, ".ageing"))).toEqual(
    expect.arrayContaining(["piece-0.json", "piece-1.json"]),
  );
  begun.clear();
  it.archive.isLocked = false;
  await it.run({
    progress: (_, note = "") => void (note.startsWith("part") && begun.add(note.slice(0, 11))),
  });
  expect([...begun]).toEqual(["part 3 of 3"]);
  expect(it.archive.replaced).toHaveLength(1);
}, 60_000);

test.each([
  [false, "unprocessable", "This footage is no longer on the disk"],
  [true, "unavailable", "The storage with this day went away"],
])(
  "files that are gone fail it, unless their storage has gone (%p)",
  async (isAway, kind, words) => {
    await using it = await rig({}, 3);
    let saves = 0;
    // With the first piece; what is open by then can still be read.
    const save = (): void => {
      if (++saves !== 2) return;
      it.archive.isAway = isAway;
      for (const path of it.media) rmSync(path, { force: true });
    };
    const error = await it.run({ save }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ kind, message: expect.stringContaining(words) });
    expect(await readdir(join(it.day, ".ageing"))).toContain("piece-0.json");
  },
  60_000,
);

test("more work than a day has hours is refused with the sentence, until settings change", async () => {
  await using it = await rig({});
  await it.trials.keep({
    channel: "yard",
    settings: settingsText(it.settings),
    encoder: "libx265",
    atMs: 0,
    footageMs: 60_000,
    tookMs: 90_000,
    pictureCount: 1500,
    beforeBytes: 10,
    afterBytes: 5,
    dayMs: 86_400_000,
    dayBytes: 1000,
  });
  const error = await it.run().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ kind: "unprocessable" });
  expect(String(error)).toContain(
    "A day's footage takes 1 d 12 h to convert, longer than a day: lower height, fps, preset or codec",
  );
  expect(it.archive.replaced).toEqual([]);
});

test("a result that is larger marks the day as kept", async () => {
  await using it = await rig({ codec: "h264", crf: 0 });
  expect(await it.run()).toEqual({ kept: "the converted day was not smaller than the original" });
  expect(it.archive.kept).toEqual([
    { why: "the converted day was not smaller than the original", settings: settingsText(it.settings) },
  ]);
  expect(it.notes.at(-1)).toBe("Not converted: the converted day was not smaller than the original");
  expect(await readdir(it.day)).not.toContain(".ageing");
}, 60_000);

test("a kill right after the films took their place leaves work that is cleared up", async () => {
  await using it = await rig({});
  const files = diskFiles();
  const work = join(it.day, ".ageing");
  await mkdir(work);
  await Bun.write(join(work, "film-0.mp4"), "left");
  const done = new Archive(undefined);
  expect(await it.run({ checkpoint: { folder: it.day } }, done)).toEqual({
    kept: "there is nothing left to convert",
  });
  expect(await readdir(it.day)).toEqual([]);
  await mkdir(work);
  const root = { id: "root", path: it.folder.path };
  await removeLeftovers(files, [root], ["yard", "never"], () => true);
  expect(await readdir(it.day)).toEqual([".ageing"]);
  await removeLeftovers(files, [root], ["yard", "never"], () => false);
  expect(await readdir(it.day)).toEqual([]);
});

test("what is not asked for any more is not done, however far it is", async () => {
  await using it = await rig({});
  let pieces = 0;
  const progress = (_: number, note = ""): void => {
    if (note.startsWith("reading the result back") && pieces++ === 0) it.change(undefined);
  };
  expect(await it.run({ progress })).toEqual({ kept: "the channel does not ask for it any more" });
  expect(pieces).toBe(1);
  expect(it.archive.replaced).toEqual([]);
  expect(await readdir(it.day)).toEqual([]);
}, 60_000);

test("settings that are changed in the middle are those of the result", async () => {
  await using it = await rig({});
  const progress = (_: number, note = ""): void => {
    if (note.startsWith("part 1")) it.change({ codec: "h264" });
  };
  expect(it.run({ progress })).rejects.toMatchObject({
    kind: "unavailable",
    message: expect.stringContaining("settings were changed"),
  });
  expect(it.archive.replaced).toEqual([]);
  await it.run();
  const [films] = it.archive.replaced;
  const { video } = parseInit(films?.[0]?.init ?? new Uint8Array());
  expect(video?.parameters.codec).toBe("h264");
}, 60_000);

test("a day of which nothing can be read fails with that, and is not said to be done", async () => {
  await using it = await rig({});
  const gone = new Archive(undefined);
  const day = { channel: "yard", root: "root", date: DATE, endMs: DAY, arrivedMs: DAY, sizeBytes: 1 };
  gone.days = () => [day];
  expect(it.run({}, gone)).rejects.toMatchObject({
    kind: "unprocessable",
    message: expect.stringContaining("its files are missing or locked"),
  });
});

test("what somebody else put into its folder stays", async () => {
  await using it = await rig({});
  const work = join(it.day, ".ageing");
  await mkdir(join(work, "a-folder"), { recursive: true });
  await Bun.write(join(work, "notes.txt"), "mine");
  await it.run();
  expect(it.archive.replaced).toHaveLength(1);
  expect((await readdir(work)).toSorted()).toEqual(["a-folder", "notes.txt"]);
}, 60_000);

test("unfinished work of channels that don't ask for it any more is cleared up, also of those that are gone, on every storage", async () => {
  await using folder = await tempFolder();
  const work = (root: string, channel: string): string => folder.file(root, channel, DATE, ".ageing");
  for (const root of ["archive", "former"])
    for (const channel of ["asks", "stopped", "gone"]) {
      await mkdir(work(root, channel), { recursive: true });
      await Bun.write(join(work(root, channel), "film-0.mp4"), "half of a film");
    }
  await Bun.write(folder.file("broken"), "no folder");
  const config = configFromObject(
    {
      data: folder.path,
      channels: { asks: { source: "upload", convert: {} }, stopped: { source: "upload" } },
    },
    { folder: folder.path, systemZone: "UTC", reservedIds: [] },
  );
  const aged = new Archive(undefined);
  aged.days = (channel) => [{ channel, root: "root", date: DATE, endMs: DAY, arrivedMs: DAY, sizeBytes: 1 }];
  const footage = new MemoryFootage("gone", "UTC");
  const jobs = { register: () => undefined, list: () => [], add: () => undefined } as unknown as Jobs;
  const conversion = makeConversion({
    aged,
    footage,
    jobs,
    roots: {
      present: () => [
        { id: "broken", path: folder.file("broken") },
        { id: "root", path: folder.file("archive") },
        { id: "former", path: folder.file("former") },
      ],
    },
    clock: new StandingClock(DAY),
    schedules: { on: () => undefined },
    current: () => config,
  });
  await conversion.plan();
  expect(await readdir(work("archive", "asks"))).toEqual(["film-0.mp4"]);
  for (const channel of ["stopped", "gone"])
    expect(await readdir(folder.file("archive", channel, DATE))).toEqual([]);
  // A day of the same date on a storage of before has nothing left to convert.
  for (const channel of ["asks", "stopped", "gone"])
    expect(await readdir(folder.file("former", channel, DATE))).toEqual([]);
});
