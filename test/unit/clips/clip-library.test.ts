import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { channelFolders, dayFolders } from "../../../src/archive/inspect/footage-walk.ts";
import { remainsOf, removeClips } from "../../../src/archive/inspect/remove.ts";
import { writeRootId } from "../../../src/archive/roots/root-file.ts";
import type { NewClip } from "../../../src/clips/clip.ts";
import { ClipLibrary } from "../../../src/clips/clip-library.ts";
import { clipKind } from "../../../src/export/clip-kind.ts";
import { momentKind } from "../../../src/moment/moment-kind.ts";
import { timelapseKind } from "../../../src/timelapse/timelapse-kind.ts";
import { IndexDatabase } from "../../../src/db/index/index-database.ts";
import type { KeepLimits } from "../../../src/db/state/state-database.ts";
import { StateDatabase } from "../../../src/db/state/state-database.ts";
import type { RunEnd } from "../../../src/media/reasons.ts";
import { diskFiles } from "../../../src/platform/files.ts";
import { StandingClock } from "../../support/memory-footage.ts";
import { tempFolder, type TempFolder } from "../../support/temp.ts";

const ZONE = "Europe/Berlin";
const DAY_MS = 86_400_000;
/** 20 November 2026 in Berlin. */
const START_MS = Date.UTC(2026, 10, 19, 23);
const day: NewClip = {
  kind: "timelapse",
  channel: "front",
  startMs: START_MS,
  endMs: START_MS + DAY_MS,
  localTime: "2026-11-20",
  isWholeDay: true,
  durationMs: 60_000,
};
const moment: NewClip = {
  kind: "moment",
  channel: "front",
  startMs: START_MS + 3_600_500,
  endMs: START_MS + 3_605_500,
  localTime: "2026-11-20T01:00:00",
  isWholeDay: false,
  durationMs: 5000,
};

const { durationMs: _length, ...dayShown } = day;

/** One storage that can be taken away. */
class OneRoot {
  isThere = true;
  readonly #listeners: ((id: string) => void)[] = [];
  constructor(readonly path: string) {}
  current = (): { id: string; path: string } | { missing: RunEnd } =>
    this.isThere
      ? { id: "disk", path: this.path }
      : { missing: { reason: "disk-missing", detail: "it was unplugged" } };
  look = () => Promise.resolve();
  pathOf = (id: string) => (this.isThere && id === "disk" ? this.path : undefined);
  onChange = (listener: (id: string) => void) => void this.#listeners.push(listener);
  present = () => (this.isThere ? [{ id: "disk", path: this.path }] : []);
  set(isThere: boolean): void {
    this.isThere = isThere;
    for (const listener of this.#listeners) listener("disk");
  }
}

describe("the library of films", () => {
  let folder: TempFolder;
  let state: StateDatabase;
  let roots: OneRoot;
  let library: ClipLibrary;
  let keep: KeepLimits;
  let ageAtMs: number | undefined;
  const clock = new StandingClock(START_MS + 2 * DAY_MS);
  const clipsFolder = () => join(roots.path, "front/clips");

  const open = async (): Promise<ClipLibrary> => {
    const opened = new ClipLibrary({
      clock,
      files: diskFiles(),
      state,
      roots,
      footage: {
        channel: (id) =>
          ["front", "old-front"].includes(id)
            ? { id: "front", name: "Front", zone: ZONE, isRetired: false }
            : undefined,
      },
      idsOf: (id) => (id === "front" ? ["front", "old-front"] : [id]),
      keepOf: () => keep,
      ageAtMs: () => ageAtMs,
    });
    opened.start();
    await opened.lookedThrough();
    return opened;
  };
  const make = async (clip: NewClip, { gif = "" } = {}) => {
    const place = await library.place(clip.channel, clip.kind);
    await Bun.write(place.mp4, "a film");
    if (gif !== "") await Bun.write(place.gif, gif);
    const made = await place.keep(clip);
    await place.drop();
    return made;
  };

  beforeEach(async () => {
    folder = await tempFolder();
    state = StateDatabase.open(folder.file("state.db"));
    roots = new OneRoot(folder.file("disk"));
    await writeRootId(diskFiles(), roots.path, "disk");
    keep = {};
    ageAtMs = clock.nowMs();
    library = await open();
  });
  afterEach(async () => {
    await library.close();
    state.close();
    await folder[Symbol.asyncDispose]();
  });

  test("films that are made are called by the times of their channel, as pages say them", () => {
    // Only the zone of the channel matters here; nothing is run.
    const deps = { footage: { channel: () => ({ zone: ZONE }) } } as never;
    const at = (hour: number) => START_MS + hour * 3_600_000;
    expect(
      momentKind(deps).title({ channel: "front", askedMs: at(14), lengthSeconds: 5, delaySeconds: 0 }),
    ).toBe("Moment of 5 s, 13:59:55, Fri 20 Nov 2026");
    const clip = { channel: "front", startMs: at(10), codec: "h264", hasClock: false } as const;
    expect(clipKind(deps).title({ ...clip, endMs: at(11) })).toBe(
      "Clip from 10:00:00 to 11:00:00, Fri 20 Nov 2026",
    );
    expect(clipKind(deps).title({ ...clip, endMs: at(25) })).toBe(
      "Clip from 10:00:00, Fri 20 Nov 2026, to 01:00:00, Sat 21 Nov 2026",
    );
    expect(timelapseKind(deps).title({ channel: "front", date: "2026-11-20" })).toBe(
      "Timelapse of Fri 20 Nov 2026",
    );
  });

  test("a job's film is told to be deleted once it is, not while its storage is away", async () => {
    // Only the films matter here; nothing is run.
    const deps = { clips: library } as never;
    const kinds = [clipKind(deps), momentKind(deps), timelapseKind(deps)];
    const told = (result: unknown) => kinds.map((kind) => kind.isDeleted?.(result));
    const { id } = await make(moment);
    expect(told({ clip: id })).toEqual([false, false, false]);
    roots.set(false);
    expect(told({ clip: id })).toEqual([false, false, false]);
    roots.set(true);
    await library.delete(id!);
    expect(told({ clip: id })).toEqual([true, true, true]);
    expect(told(undefined)).toEqual([false, false, false]);
  });

  test("keeps films under names that say what they are, two of the same beside each other", async () => {
    const first = await make(day);
    expect(first).toEqual({
      ...day,
      id: 1,
      sizeBytes: 6,
      createdMs: clock.nowMs(),
      hasGif: false,
      isAdopted: false,
    });
    const second = await make(moment, { gif: "a gif" });
    expect([second.hasGif, second.sizeBytes]).toEqual([true, 11]);
    await make(moment);
    expect((await readdir(clipsFolder())).sort()).toEqual([
      "moment_2026-11-20_01-00-00+0100_5s-2.mp4",
      "moment_2026-11-20_01-00-00+0100_5s.gif",
      "moment_2026-11-20_01-00-00+0100_5s.mp4",
      "timelapse_2026-11-20_00-00-00+0100_1d.mp4",
    ]);
    expect(await Bun.file(library.path(second, "gif") ?? "").text()).toBe("a gif");
    expect(library.path(first, "gif")).toBeUndefined();
    expect(library.list("moment").map(({ id }) => id)).toEqual([3, 2]);
    expect(library.list("timelapse", "old-front").concat(library.list("clip"))).toEqual([]);
    expect(library.list("timelapse", "front")).toEqual([first]);
  });

  test("many at once don't take each other's names", async () => {
    await Promise.all(Array.from({ length: 5 }, () => make(moment, { gif: "gif" })));
    expect(await readdir(clipsFolder())).toHaveLength(10);
    expect(new Set(library.list("moment").map((clip) => library.path(clip, "mp4"))).size).toBe(5);
  });

  test("what was not made is no film, and what was given up leaves nothing", async () => {
    const empty = await library.place("front", "clip");
    expect(empty.keep(day)).rejects.toMatchObject({ kind: "internal" });
    await empty.drop();
    const left = await library.place("front", "clip");
    await Bun.write(left.mp4, "half");
    await left.drop();
    expect(await readdir(clipsFolder())).toEqual([]);
  });

  test("a start clears up what was left half made, and lists films again whose rows were lost", async () => {
    await make(day);
    await make(moment, { gif: "a gif" });
    await Bun.write(join(clipsFolder(), ".making-moment-abc.mp4"), "half");
    await Bun.write(join(clipsFolder(), "my own.mp4"), "not ours");
    await library.close();
    for (const { id } of state.clips.onRoot("disk")) state.clips.delete(id);
    library = await open();
    expect(library.list("timelapse")[0]).toMatchObject({ ...dayShown, sizeBytes: 6 });
    expect(library.list("moment")[0]).toMatchObject({
      localTime: moment.localTime,
      hasGif: true,
      sizeBytes: 11,
    });
    expect((await readdir(clipsFolder())).filter((name) => !/^(moment|timelapse)_/.test(name))).toEqual([
      "my own.mp4",
    ]);
  });

  test("films whose files are gone are forgotten, but not while their storage is away", async () => {
    const film = await make(day);
    roots.set(false);
    await library.lookedThrough();
    expect(library.list("timelapse")).toHaveLength(1);
    expect(library.path(film, "mp4")).toBeUndefined();
    expect(library.place("front", "moment")).rejects.toMatchObject({ kind: "unavailable" });
    expect(library.delete(film.id ?? 0)).rejects.toMatchObject({ kind: "conflict" });
    await diskFiles().unlink(join(clipsFolder(), "timelapse_2026-11-20_00-00-00+0100_1d.mp4"));
    roots.set(true);
    await library.lookedThrough();
    expect(library.list("timelapse")).toEqual([]);
  });

  test("what is being made stays when its storage is looked through", async () => {
    const place = await library.place("front", "timelapse");
    await Bun.write(place.mp4, "a film");
    await Bun.write(place.mp4.replace(".mp4", ".part-1.mp4"), "a part");
    roots.set(true);
    await library.lookedThrough();
    expect(await readdir(clipsFolder())).toHaveLength(2);
    await place.keep(day);
  });

  test("deletes by number, files and row", async () => {
    const film = await make(moment, { gif: "a gif" });
    await library.delete(film.id ?? 0);
    expect(await readdir(clipsFolder())).toEqual([]);
    expect(library.get(film.id ?? 0)).toBeUndefined();
    expect(library.delete(film.id ?? 0)).rejects.toMatchObject({ kind: "not-found" });
  });

  test("the limits of a kind apply to each channel, counted from when a film was made", async () => {
    const old = await make(day);
    clock.timeMs += 10 * DAY_MS;
    const young = await make(day);
    const left = () => library.list("timelapse").map(({ id }) => id);
    keep = { days: 5 };
    ageAtMs = undefined;
    await library.applyLimits();
    expect(left()).toHaveLength(2);
    ageAtMs = clock.nowMs();
    await library.applyLimits();
    expect(left()).toEqual([young.id]);
    expect(library.get(old.id ?? 0)).toBeUndefined();
    keep = { maxBytes: 5 };
    await library.applyLimits();
    expect(left()).toEqual([]);
    clock.timeMs -= 10 * DAY_MS;
  });

  test("films of an earlier tool are listed among them and never touched", async () => {
    const path = (name: string) => folder.file(`tool/${name}`);
    await mkdir(folder.file("tool"));
    const row = { channel: "old-front", startMs: START_MS - DAY_MS, sizeBytes: 4, modifiedMs: START_MS };
    const time = "2026-11-19T17:45:24";
    state.adoptedClips.put([
      { ...row, path: path("2026-11-19.mp4"), kind: "timelapse", localTime: "2026-11-19" },
      { ...row, path: path("m.gif"), kind: "moment", localTime: time },
      { ...row, path: path("m.mp4"), kind: "moment", localTime: time },
    ]);
    await make(day);
    const films = library.list("timelapse", "front");
    expect(films.map(({ localTime, isAdopted }) => [localTime, isAdopted])).toEqual([
      ["2026-11-20", false],
      ["2026-11-19", true],
    ]);
    expect(films[1]).toMatchObject({ channel: "front", isWholeDay: true, endMs: START_MS });
    expect(library.path(films[1]!, "mp4")).toBe(path("2026-11-19.mp4"));
    const [adopted] = library.list("moment");
    expect(adopted).toMatchObject({ hasGif: true, sizeBytes: 8, isAdopted: true });
    expect(library.path(adopted!, "gif")).toBe(path("m.gif"));
    expect(library.list("moment", "elsewhere")).toEqual([]);
    keep = { days: 0 };
    await library.applyLimits();
    expect(library.list("moment")).toHaveLength(1);
  });

  test("what looks through footage passes films by, and removing a channel takes them along", async () => {
    await make(day);
    await make(moment);
    const files = diskFiles();
    expect(await channelFolders(files, roots.path)).toEqual(["front"]);
    expect(await Array.fromAsync(dayFolders(files, roots.path))).toEqual([]);
    const index = IndexDatabase.open(folder.file("index.db"));
    expect(remainsOf({ index, state }, "FRONT", false)).toMatchObject({
      channel: "front",
      clips: 2,
      clipBytes: 12,
    });
    index.close();
    roots.isThere = false;
    expect(await removeClips({ files, roots, state }, "front")).toEqual({ clips: 0, left: 2, problems: [] });
    roots.isThere = true;
    expect(await removeClips({ files, roots, state }, "front")).toEqual({ clips: 2, left: 0, problems: [] });
    expect(await readdir(clipsFolder())).toEqual([]);
  });
});
