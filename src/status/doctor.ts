import type { Config } from "../config/config.ts";
import { isByFfmpeg } from "../config/source-kinds.ts";
import type { Clock } from "../platform/clock.ts";
import { errorText, NightjarError } from "../platform/errors.ts";
import { checkLines, type DoctorCheck } from "./doctor-check.ts";
import { diskChecks } from "./doctor-disk.ts";
import { ffmpegCheck } from "./doctor-ffmpeg.ts";
import { folderChecks } from "./doctor-folders.ts";
import { machineChecks } from "./doctor-machine.ts";
import { portChecks } from "./doctor-ports.ts";

export type DoctorContext = {
  /** Reads the configuration; what it throws becomes a check. */
  loadConfig: () => Config;
  clock: Clock;
  /** What other rooms look at. */
  more?: (config: Config) => Promise<DoctorCheck[]>;
  /** JSON instead of lines. */
  json: boolean;
  stdout: (line: string) => void;
};

function readConfig(load: () => Config): { config?: Config; check: DoctorCheck } {
  const name = "configuration";
  try {
    const config = load();
    return { config, check: { name, state: "ok", found: config.file ?? "none found; defaults" } };
  } catch (error) {
    const details = error instanceof NightjarError ? error.details : [];
    const advice = [...details, "Folders and ports are not checked until it can be read."].join("\n       ");
    return { check: { name, state: "fail", found: errorText(error), advice } };
  }
}

/** Whether a channel is captured by ffmpeg; where nothing is configured yet, the first one will most likely be. */
function needsFfmpeg(config: Config | undefined): boolean {
  const channels = [...(config?.channels.values() ?? [])];
  return channels.length === 0 || channels.some(({ source, enabled }) => enabled && isByFfmpeg(source.kind));
}

/** A part that could not be looked at is a finding too, and must not hide the others. */
async function partOf(name: string, look: () => Promise<DoctorCheck[]>): Promise<DoctorCheck[]> {
  try {
    return await look();
  } catch (error) {
    return [{ name, state: "fail", found: errorText(error) }];
  }
}

/** Looks at everything that recording depends on. */
export async function doctorChecks(
  context: Pick<DoctorContext, "loadConfig" | "clock" | "more">,
): Promise<DoctorCheck[]> {
  const { config, check } = readConfig(context.loadConfig);
  return [
    check,
    ...(await partOf("ffmpeg", async () => [await ffmpegCheck(needsFfmpeg(config))])),
    ...(await partOf("system", async () => machineChecks(context.clock))),
    ...(config === undefined ? [] : await partOf("disk", () => diskChecks(config))),
    ...(config === undefined ? [] : await partOf("folders", () => folderChecks(config))),
    ...(config === undefined ? [] : await partOf("port", () => portChecks(config.listen))),
    ...(config === undefined ? [] : await partOf("more", async () => (await context.more?.(config)) ?? [])),
  ];
}

/** `nightjar doctor`: prints all checks; the exit code is 1 when one of them fails. */
export async function runDoctor(context: DoctorContext): Promise<number> {
  const checks = await doctorChecks(context);
  if (context.json) context.stdout(JSON.stringify(checks, undefined, 2));
  else for (const line of checks.flatMap(checkLines)) context.stdout(line);
  return checks.some(({ state }) => state === "fail") ? 1 : 0;
}
