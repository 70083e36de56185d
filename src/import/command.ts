import { resolve } from "node:path";
import type { ConfigEditor } from "../config/config-editor.ts";
import type { Config } from "../config/config.ts";
import type { Clock } from "../platform/clock.ts";
import { NightjarError } from "../platform/errors.ts";
import { printable } from "../platform/terminal.ts";
import { importFootage } from "./footage/import-footage.ts";
import { importFiles } from "./files/import-files.ts";

/** What `nightjar import` is given. */
export type ImportContext = {
  editor: ConfigEditor;
  /** Reads the configuration as it is when it is called. */
  loadConfig: () => Config;
  clock: Clock;
  cwd: string;
  stdout: (line: string) => void;
  stderr: (line: string) => void;
  args: { arguments: readonly string[]; options: Readonly<Record<string, string | true>> };
};

const channelsText = (count: number): string => (count === 1 ? "1 channel" : `${count} channels`);

async function takeFiles(context: ImportContext, isDryRun: boolean): Promise<number> {
  const { editor, stdout, args } = context;
  const { failed, channels, needsRestart } = await importFiles(args.arguments, { ...context, isDryRun });
  if (isDryRun) {
    stdout(`Nothing was written: --dry-run. ${editor.file} would get ${channelsText(channels)}.`);
  } else if (channels > 0 || needsRestart) {
    stdout(`${editor.file}: ${channelsText(channels)} added.`);
    stdout(
      "A running server takes them up on SIGHUP: systemctl reload nightjar, or kill -HUP and its process id.",
    );
    if (needsRestart) stdout("public_url and streamer count from its next start on.");
  } else stdout(`${editor.file}: nothing to add.`);
  return failed;
}

/** `nightjar import`: ends with 0, with 1 when something could not be taken. */
export async function runImport(given: ImportContext): Promise<number> {
  // Names of files and channels are anybody's.
  const stdout = (line: string) => given.stdout(printable(line));
  const stderr = (line: string) => given.stderr(printable(line));
  const context = { ...given, stdout, stderr };
  const { args } = context;
  const { footage, channel } = args.options;
  if (args.arguments.length === 0 && typeof footage !== "string") {
    throw new NightjarError("bad-request", "import wants a FILE of an earlier tool, or --footage DIR", {
      details: ["nightjar import --help says more"],
    });
  }
  if (channel !== undefined && typeof footage !== "string") {
    throw new NightjarError("bad-request", "--channel says whose footage it is; wanted with --footage DIR");
  }
  const isDryRun = args.options["dry-run"] !== undefined;
  const failed = args.arguments.length === 0 ? 0 : await takeFiles(context, isDryRun);
  if (typeof footage !== "string") return failed === 0 ? 0 : 1;
  const footageCode = await importFootage({
    config: context.loadConfig(),
    editor: context.editor,
    clock: context.clock,
    folder: resolve(context.cwd, footage),
    channel: typeof channel === "string" ? channel : undefined,
    isDryRun,
    stdout: context.stdout,
  });
  return failed === 0 ? footageCode : 1;
}
