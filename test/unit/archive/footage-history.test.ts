import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { ArchiveHistory } from "../../../src/archive/footage-history.ts";
import { IndexDatabase } from "../../../src/db/index/index-database.ts";
import type { Recording } from "../../../src/db/index/rows.ts";
import { tempFolder, type TempFolder } from "../../support/temp.ts";
import { fakeRecording, fakeRun } from "../status/fake-footage.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe("the history of the archive", () => {
  let folder: TempFolder;
  let index: IndexDatabase;
  let open: Recording[];
  let history: ArchiveHistory;

  const close = (recording: Recording) => index.insertRecording(recording, recording.segments);

  beforeEach(async () => {
    folder = await tempFolder();
    index = IndexDatabase.open(folder.file("index.db"));
    for (const id of ["yard", "garden"]) index.insertRun(fakeRun(id));
    open = [];
    history = new ArchiveHistory({
      index,
      channels: () => [{ id: "yard", was: ["garden"] }],
      open: () => open,
    });
  });
  afterEach(async () => {
    index.close();
    await folder[Symbol.asyncDispose]();
  });

  test("has what is closed and what is being written, under the channel's former ids as well, in order", () => {
    close(fakeRecording("yard", 2 * DAY, 2 * DAY + HOUR));
    close(fakeRecording("garden", DAY, DAY + HOUR));
    open = [fakeRecording("yard", 3 * DAY, 3 * DAY + 4000), fakeRecording("gate", DAY, DAY + HOUR)];
    expect(history.extents("yard", 0, 9 * DAY).map(({ startMs }) => startMs / DAY)).toEqual([1, 2, 3]);
    expect(history.extents("yard", DAY + HOUR, 2 * DAY)).toEqual([]);
    expect(history.extents("yard", DAY + HOUR - 1, 2 * DAY + 1).length).toBe(2);
    expect(history.totals().get("yard")).toEqual({
      startMs: DAY,
      endMs: 3 * DAY + 4000,
      sizeBytes: 2 * 1_800_000 + 2000,
    });
  });

  test("finds the recordings next to a time", () => {
    close(fakeRecording("garden", DAY, DAY + HOUR));
    open = [fakeRecording("yard", 3 * DAY, 3 * DAY + 4000)];
    expect(history.lastBefore("yard", DAY)).toBeUndefined();
    expect(history.lastBefore("yard", 3 * DAY)?.startMs).toBe(DAY);
    expect(history.lastBefore("yard", Number.MAX_SAFE_INTEGER)?.startMs).toBe(3 * DAY);
    expect(history.firstFrom("yard", DAY)?.startMs).toBe(DAY);
    expect(history.firstFrom("yard", DAY + 1)?.startMs).toBe(3 * DAY);
    expect(history.firstFrom("yard", 4 * DAY)).toBeUndefined();
  });

  test("leaves out garbage and what has no whole segment yet", () => {
    close({ ...fakeRecording("yard", DAY, DAY + HOUR), state: "garbage" });
    open = [{ ...fakeRecording("yard", 2 * DAY, 2 * DAY + HOUR), segments: [] }];
    expect(history.extents("yard", 0, 9 * DAY)).toEqual([]);
    expect(history.lastBefore("yard", 9 * DAY)).toBeUndefined();
    expect([...history.totals()]).toEqual([]);
  });
});
