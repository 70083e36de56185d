import { expect, test } from "bun:test";
import { IndexDatabase } from "../../../src/db/index/index-database.ts";
import { tempFolder } from "../../support/temp.ts";

test("where growing lists of files stand is kept, one place for each channel", async () => {
  await using folder = await tempFolder();
  const path = folder.file("index.db");
  const place = { recording: "rec", ordinal: 5, startMs: 1_790_000_000_000 };
  const row = {
    channel: "garage",
    ...place,
    mediaSequence: 217_000_000,
    discontinuitySequence: 7,
    firstSequence: 0,
  };
  const before = IndexDatabase.open(path);
  expect(before.listed("garage")).toBeUndefined();
  before.setListed(row);
  before.setListed({ ...row, ordinal: 6, mediaSequence: 217_000_001, firstSequence: 216_999_000 });
  before.setListed({ ...row, channel: "yard" });
  before.close();
  const after = IndexDatabase.open(path);
  expect(after.listed("garage")).toEqual({
    ...row,
    ordinal: 6,
    mediaSequence: 217_000_001,
    firstSequence: 216_999_000,
  });
  expect(after.listed("yard")).toEqual({ ...row, channel: "yard" });
  after.close();
});
