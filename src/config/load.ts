import { existsSync, readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { errorText, NightjarError, systemErrorCode } from "../platform/errors.ts";
import { reservedIdSet } from "./channel-id.ts";
import type { Config } from "./config.ts";
import { type Environment, withEnvironment } from "./environment.ts";
import { configError, type ConfigProblem, type KeyPath, type Locate } from "./problems.ts";
import { folderOf, resolveConfig, SYSTEM_CONFIG_FILE } from "./resolve.ts";
import { ruleProblems } from "./rules.ts";
import { configSchema } from "./schema.ts";
import { schemaProblems } from "./schema-problems.ts";
import { MAX_YAML_BYTES, readYaml, type YamlText } from "./yaml-text.ts";

export type LoadOptions = {
  /** The file of `--config`. */
  file?: string;
  env: Environment;
  /** The working folder. */
  cwd: string;
  /** Time zone where none is configured. */
  systemZone: string;
  /** First path parts of the route table, which can't be channel ids. */
  reservedIds: Iterable<string>;
};

/**
 * The file to read: `--config`, else NIGHTJAR_CONFIG, else `nightjar.yaml` in the working folder, else the system's;
 * `undefined` when there is none of them. A file that was asked for need not be there; reading it says so.
 */
export function findConfigFile(options: Pick<LoadOptions, "file" | "env" | "cwd">): string | undefined {
  const asked = options.file ?? (options.env["NIGHTJAR_CONFIG"] || undefined);
  if (asked !== undefined) return resolve(options.cwd, asked);
  return [resolve(options.cwd, "nightjar.yaml"), SYSTEM_CONFIG_FILE].find((file) => existsSync(file));
}

function readText(file: string): string {
  try {
    const { size } = statSync(file);
    if (size > MAX_YAML_BYTES) {
      throw new NightjarError(
        "config",
        `${file}: found ${size} bytes; wanted a configuration of at most 1 MB`,
      );
    }
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof NightjarError) throw error;
    const missing = systemErrorCode(error) === "ENOENT";
    const found = missing ? "found nothing there" : `can't be read: ${errorText(error)}`;
    throw new NightjarError("config", `${file}: ${found}; wanted the configuration, as YAML`, {
      cause: error,
    });
  }
}

const isGroup = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A key without a value counts as left out; a channel without keys stays, to be told what it lacks. */
function withoutNulls(value: unknown): unknown {
  if (!isGroup(value)) return value;
  const left = Object.fromEntries(Object.entries(value).filter(([, child]) => child !== null));
  const { channels } = left;
  if (isGroup(channels)) {
    left["channels"] = Object.fromEntries(
      Object.entries(channels).map(([id, channel]) => [id, channel ?? {}]),
    );
  }
  return left;
}

type Checked = { value: unknown; problems: ConfigProblem[]; config?: Config };

function check(value: unknown, options: CheckOptions): Checked {
  const root = withoutNulls(value ?? {});
  if (!isGroup(root)) {
    const problem = { path: [], found: "something else", wanted: "keys with values, such as auth: none" };
    return { value: root, problems: [problem] };
  }
  const result = configSchema.safeParse(root);
  const problems = [
    ...(result.success ? [] : schemaProblems(result.error.issues, root)),
    ...ruleProblems(root, reservedIdSet(options.reservedIds)),
  ];
  if (!result.success || problems.length > 0) return { value: root, problems };
  return { value: root, problems, config: resolveConfig(result.data, options) };
}

type CheckOptions = {
  file?: string;
  folder: string;
  systemZone: string;
  reservedIds: Iterable<string>;
};

/** Finds a key's place: the variable that set it, else its line in the file. */
function locator(file: string | undefined, yaml: YamlText, origins: Origins): Locate {
  return (path: KeyPath) => {
    const { line, depth } = yaml.find(path);
    for (const origin of origins) {
      const differs = origin.path.findIndex((part, index) => path[index] !== part);
      const common = differs < 0 ? origin.path.length : differs;
      if (common === origin.path.length || common > depth) return origin.name;
    }
    return file === undefined ? "" : `${file}:${line}`;
  };
}

type Origins = readonly { path: readonly string[]; name: string }[];

const mistakes = (count: number): string => (count === 1 ? "a mistake" : `${count} mistakes`);

/**
 * Reads and checks the whole configuration.
 * @throws NightjarError `config` that lists all mistakes at once, each as `file:line: key: found …; wanted …`.
 */
export function loadConfig(options: LoadOptions): Config {
  const file = findConfigFile(options);
  return checkConfigText(file === undefined ? "" : readText(file), file, options);
}

/**
 * Checks what a file says, or would say, as `loadConfig` does.
 * @param file where the text stands or will stand; relative paths in it count from there
 * @throws NightjarError `config`, as `loadConfig` does
 */
export function checkConfigText(
  text: string,
  file: string | undefined,
  options: Omit<LoadOptions, "file">,
): Config {
  const yaml = readYaml(text);
  if (yaml.mistakes.length > 0) {
    const title = `${file} is not readable as YAML`;
    const problems = yaml.mistakes.map(({ line, ...words }) => ({
      path: [],
      place: `${file}:${line}`,
      ...words,
    }));
    throw configError(title, problems, () => "");
  }
  const merged = withEnvironment(yaml.value, options.env);
  const { config, problems } = check(merged.value, {
    ...(file === undefined ? {} : { file }),
    folder: file === undefined ? options.cwd : folderOf(file),
    systemZone: options.systemZone,
    reservedIds: options.reservedIds,
  });
  const byLine = (a: ConfigProblem, b: ConfigProblem) => yaml.find(a.path).line - yaml.find(b.path).line;
  const all = [...merged.problems, ...problems.toSorted(byLine)];
  if (config !== undefined && all.length === 0) return config;
  const title = `The configuration has ${mistakes(all.length)}; nothing was started`;
  throw configError(title, all, locator(file, yaml, merged.origins));
}

/**
 * Checks a configuration that the program made itself, in the file's own form.
 * @throws NightjarError `config`, as `loadConfig` does, without places.
 */
export function configFromObject(value: Readonly<Record<string, unknown>>, options: CheckOptions): Config {
  const { config, problems } = check(value, options);
  if (config !== undefined) return config;
  throw configError(`The configuration has ${mistakes(problems.length)}`, problems, () => "");
}
