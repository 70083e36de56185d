import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { runUserList, runUserPasswd, runUserRm } from "../../src/accounts/user-commands.ts";
import { runLs } from "../../src/archive/commands/ls.ts";
import { runReindex } from "../../src/archive/commands/reindex.ts";
import { runRemove } from "../../src/archive/commands/remove.ts";
import { runStorageConfirm } from "../../src/archive/commands/storage.ts";
import { runVerify } from "../../src/archive/commands/verify.ts";
import { loadConfig } from "../../src/config/load.ts";
import { NightjarError } from "../../src/platform/errors.ts";
import { systemClock } from "../../src/platform/system-clock.ts";
import { tempFolder } from "../support/temp.ts";

const clock = systemClock();
const commands = {
  "user list": runUserList,
  "user rm": runUserRm,
  "user passwd": runUserPasswd,
  remove: runRemove,
  reindex: runReindex,
  "storage confirm": runStorageConfirm,
  ls: runLs,
  verify: runVerify,
};

const contextIn = (folder: string) => ({
  config: loadConfig({ env: {}, cwd: folder, systemZone: "UTC", reservedIds: [] }),
  clock,
  stdout: (line: string) => expect.unreachable(line),
  readPassword: () => expect.unreachable(),
  args: { arguments: ["nobody"], options: {} },
});

async function failure(work: () => Promise<number>): Promise<NightjarError> {
  const ended = await work().catch((error: unknown) => error);
  if (ended instanceof NightjarError) return ended;
  throw new Error("it did not refuse", { cause: ended });
}

test.each(Object.entries(commands))("%s without a data folder says so and makes none", async (_, run) => {
  await using folder = await tempFolder();
  const told = {
    kind: "not-found",
    message: `There is no data folder at ${folder.file("nightjar-data")}`,
    details: ["No configuration was found, so this is the default. Name yours: --config FILE"],
  };
  expect(await failure(() => run(contextIn(folder.path)))).toMatchObject(told);
  expect(readdirSync(folder.path)).toEqual([]);

  await Bun.write(folder.file("nightjar.yaml"), "data: ./kept\n");
  expect(await failure(() => run(contextIn(folder.path)))).toMatchObject({
    message: `There is no data folder at ${folder.file("kept")}`,
    details: [expect.stringContaining(`data in ${folder.file("nightjar.yaml")}`)],
  });
  expect(readdirSync(folder.path)).toEqual(["nightjar.yaml"]);

  await mkdir(folder.file("kept"));
  expect(await failure(() => run(contextIn(folder.path)))).toMatchObject({
    message: expect.stringContaining("nothing was kept in it yet"),
  });
  expect(readdirSync(folder.file("kept"))).toEqual([]);
});
