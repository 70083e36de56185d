import { expect, test } from "bun:test";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IndexDatabase } from "../../../src/db/index/index-database.ts";
import { StateDatabase } from "../../../src/db/state/state-database.ts";
import { NightjarError } from "../../../src/platform/errors.ts";

function refusal(openIt: () => unknown): NightjarError {
  try {
    openIt();
  } catch (error) {
    if (error instanceof NightjarError) return error;
    throw error;
  }
  throw new Error("it was opened");
}

test("a damaged index says how it is made again, a damaged state only that it is damaged", async () => {
  const folder = await mkdtemp(join(tmpdir(), "nightjar-damaged-"));
  const path = join(folder, "index.db");
  await writeFile(path, crypto.getRandomValues(new Uint8Array(50_000)));
  const noDatabase = refusal(() => IndexDatabase.open(path));
  expect(noDatabase.message).toBe(`${path} can't be opened: file is not a database`);
  expect(noDatabase.details.join()).toContain("nightjar reindex");
  expect(refusal(() => IndexDatabase.openForReading(path)).message).toBe(noDatabase.message);
  expect(refusal(() => StateDatabase.open(path)).details).toEqual([]);

  // The first page is whole but for its list of tables.
  const torn = join(folder, "torn.db");
  IndexDatabase.open(torn).close();
  const file = await open(torn, "r+");
  await file.write(new Uint8Array(3000).fill(0xa5), 0, 3000, 100);
  await file.close();
  const corrupt = refusal(() => IndexDatabase.open(torn));
  expect(corrupt.kind).toBe("config");
  expect(corrupt.details.join()).toContain("nightjar reindex");
  await rm(folder, { recursive: true });
});
