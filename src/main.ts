import { resolve } from "node:path";
import { runUserAdd, runUserList, runUserPasswd, runUserRm } from "./accounts/user-commands.ts";
import { runLs } from "./archive/commands/ls.ts";
import { runReindex } from "./archive/commands/reindex.ts";
import { runRemove } from "./archive/commands/remove.ts";
import { runStorageAdd, runStorageConfirm } from "./archive/commands/storage.ts";
import { runVerify } from "./archive/commands/verify.ts";
import { runCheck } from "./cli/check.ts";
import type { CommandName } from "./cli/commands.ts";
import { parseCommandLine, USAGE_EXIT_CODE } from "./cli/parse.ts";
import type { Config } from "./config/config.ts";
import { ConfigEditor } from "./config/config-editor.ts";
import { loadConfig, type LoadOptions } from "./config/load.ts";
import { ageingChecks } from "./conversion/doctor-ageing.ts";
import { demoConfig } from "./demo.ts";
import { runImport } from "./import/command.ts";
import { compileSoon } from "./platform/compile-soon.ts";
import { errorText, NightjarError, systemErrorCode } from "./platform/errors.ts";
import { startLogging } from "./platform/log.ts";
import { readPassword } from "./platform/terminal.ts";
import { systemClock } from "./platform/system-clock.ts";
import { version } from "./platform/version.ts";
import { systemZone } from "./platform/zone.ts";
import { serve } from "./serve.ts";
import { runServiceInstall } from "./service/install.ts";
import { runDoctor } from "./status/doctor.ts";

type Line = Extract<ReturnType<typeof parseCommandLine>, { kind: "run" }>;

const stdout = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const clock = systemClock();

const loading = (file: string | undefined): LoadOptions => ({
  ...(file === undefined ? {} : { file }),
  env: process.env,
  cwd: process.cwd(),
  systemZone: systemZone(),
  reservedIds: [],
});

const load = (line: Pick<Line, "config">): Config => loadConfig(loading(line.config));

/** What a command of the archive is given. */
const context = (line: Line) => ({ config: load(line), clock, stdout, args: line });

/** What a command about people is given. */
const userContext = (line: Line) => ({ ...context(line), readPassword });

function installService(line: Line): Promise<number> {
  const { user } = line.options;
  return runServiceInstall({
    ...(line.config === undefined ? {} : { configFile: resolve(line.config) }),
    loadConfig: (file) => load({ config: file }),
    executable: process.execPath,
    isStandalone: Bun.isStandaloneExecutable,
    print: line.options["print"] === true,
    ...(typeof user === "string" ? { user } : {}),
    stdout,
  });
}

const takeOver = (line: Line): Promise<number> =>
  runImport({
    editor: new ConfigEditor(loading(line.config)),
    loadConfig: () => load(line),
    clock,
    cwd: process.cwd(),
    stdout,
    stderr: (text) => process.stderr.write(`nightjar: ${text}\n`),
    args: line,
  });

const implementations: Record<CommandName, (line: Line) => Promise<number>> = {
  serve: (line) =>
    serve({
      load: (file) => load(file === undefined ? line : { config: file }),
      editorOf: (file) => new ConfigEditor(loading(file ?? line.config)),
      clock,
    }),
  demo: (line) => serve({ load: () => demoConfig(line.options, process.cwd()), clock }),
  check: async (line) => runCheck({ config: load(line), stdout }),
  doctor: (line) =>
    runDoctor({
      loadConfig: () => load(line),
      clock,
      more: ageingChecks,
      json: line.options["json"] === true,
      stdout,
    }),
  ls: (line) => runLs(context(line)),
  reindex: (line) => runReindex(context(line)),
  verify: (line) => runVerify(context(line)),
  remove: (line) => runRemove(context(line)),
  "storage add": (line) => runStorageAdd(context(line)),
  "storage confirm": (line) => runStorageConfirm(context(line)),
  import: takeOver,
  "user add": (line) => runUserAdd(userContext(line)),
  "user passwd": (line) => runUserPasswd(userContext(line)),
  "user rm": (line) => runUserRm(userContext(line)),
  "user list": (line) => runUserList(userContext(line)),
  "service install": installService,
};

function explain(error: unknown): void {
  if (error instanceof NightjarError) {
    process.stderr.write(
      `nightjar: ${error.message}\n${error.details.map((detail) => `  ${detail}\n`).join("")}`,
    );
  } else {
    // What the system refuses is no fault of the program; where in it that happened helps nobody.
    const isSystems = systemErrorCode(error) !== undefined;
    const text = error instanceof Error && !isSystems ? (error.stack ?? error.message) : errorText(error);
    process.stderr.write(`nightjar: ${text}\n`);
  }
}

async function main(): Promise<number> {
  const line = parseCommandLine(process.argv.slice(2));
  switch (line.kind) {
    case "help":
      stdout(line.text);
      return 0;
    case "version":
      stdout(`nightjar ${version}`);
      return 0;
    case "mistake":
      process.stderr.write(`${line.text}\n`);
      return USAGE_EXIT_CODE;
    case "run":
      break;
  }
  await startLogging({ format: "text", level: "warning" });
  // A server does so itself when it has started.
  if (line.command !== "serve" && line.command !== "demo") compileSoon();
  try {
    return await implementations[line.command](line);
  } catch (error) {
    explain(error);
    return 1;
  }
}

process.exit(await main());
