import { parseDocument } from "yaml";
import { nearest } from "../platform/nearest.ts";
import { ANY_CHANNEL, type ConfigKey, configKeys } from "./keys.ts";
import { type ConfigProblem, keyText } from "./problems.ts";

/** Environment variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = "NIGHTJAR_";
const CHANNELS = `${PREFIX}CHANNELS_`;
/** Variables with our prefix that are no keys. */
const otherNames = [`${PREFIX}CONFIG`];

const upper = (part: string): string => part.toUpperCase().replaceAll("-", "_");

/** The variable that sets a key: `NIGHTJAR_STORAGE_MIN_FREE`; a channel's id is written like a key. */
export const variableName = (path: readonly string[]): string => PREFIX + path.map(upper).join("_");

const valueKeys = configKeys.filter((key) => key.isValue && !key.isInList);
const plainKeys = new Map(
  valueKeys.filter(({ path }) => path[1] !== ANY_CHANNEL).map((key) => [variableName(key.path), key]),
);
/** Keys of a channel by the end of the variable's name, longest first, so that SOURCE_FORMAT is not FORMAT. */
const channelKeys = new Map(
  valueKeys
    .filter(({ path }) => path[1] === ANY_CHANNEL)
    .map((key): [string, ConfigKey] => [key.path.slice(2).map(upper).join("_"), key])
    .sort(([a], [b]) => b.length - a.length),
);

/** A YAML scalar: true, false and numbers as such, a text in quotes without them, everything else as it is. */
function scalarOf(text: string): unknown {
  if (/^["']/.test(text)) {
    const document = parseDocument(text);
    const value: unknown = document.errors.length === 0 ? document.toJS() : undefined;
    return typeof value === "string" ? value : text;
  }
  if (/^(true|True|TRUE)$/.test(text)) return true;
  if (/^(false|False|FALSE)$/.test(text)) return false;
  return /^[-+]?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** A list: `[a, b]` as in YAML, else what commas separate. */
function listOf(text: string): unknown {
  if (text.startsWith("[")) {
    const document = parseDocument(text);
    const value: unknown = document.errors.length === 0 ? document.toJS({ maxAliasCount: 0 }) : undefined;
    if (Array.isArray(value)) return value;
  }
  return text.split(",").map((part) => scalarOf(part.trim()));
}

type Target = { path: string[]; key: ConfigKey };

function channelTarget(name: string, ids: readonly string[]): Target | { clash: string[] } | undefined {
  const rest = name.slice(CHANNELS.length);
  const known = ids
    .filter((id) => rest.startsWith(`${upper(id)}_`) && channelKeys.has(rest.slice(id.length + 1)))
    .sort((a, b) => b.length - a.length);
  const [id] = known;
  if (id !== undefined) {
    const same = known.filter((other) => upper(other) === upper(id));
    if (same.length > 1) return { clash: same };
    const key = channelKeys.get(rest.slice(id.length + 1));
    return key && { path: ["channels", id, ...key.path.slice(2)], key };
  }
  for (const [ending, key] of channelKeys) {
    const idPart = rest.slice(0, -ending.length - 1);
    if (idPart === "" || !rest.endsWith(`_${ending}`)) continue;
    return { path: ["channels", idPart.toLowerCase().replaceAll("_", "-"), ...key.path.slice(2)], key };
  }
  return undefined;
}

const isGroup = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Sets a key. A source that is one text gives way to `exec`; any other value in the way stays, to be reported.
 * Answers the way of the value that had to give way.
 */
function put(root: Record<string, unknown>, path: readonly string[], value: unknown): string[] | undefined {
  let group = root;
  let replaced: string[] | undefined;
  for (const [index, part] of path.slice(0, -1).entries()) {
    const next = Object.hasOwn(group, part) ? group[part] : undefined;
    if (isGroup(next)) {
      group = next;
      continue;
    }
    if (next !== undefined && next !== null) {
      if (part !== "source") return undefined;
      replaced = path.slice(0, index + 1);
    }
    const made: Record<string, unknown> = {};
    group[part] = made;
    group = made;
  }
  const last = path.at(-1);
  if (last !== undefined) group[last] = value;
  return replaced;
}

export type WithEnvironment = {
  value: unknown;
  /** The variable that set a key. */
  origins: readonly { path: readonly string[]; name: string }[];
  problems: readonly ConfigProblem[];
};

/** Lays `NIGHTJAR_*` over the contents of a file. An empty variable counts as not set. */
export function withEnvironment(file: unknown, env: Environment): WithEnvironment {
  const names = Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && !otherNames.includes(name) && env[name] !== "")
    .sort();
  if (names.length === 0 || (file !== undefined && !isGroup(file)))
    return { value: file, origins: [], problems: [] };

  const value: Record<string, unknown> = isGroup(file) ? structuredClone(file) : {};
  const channels = value["channels"];
  const ids = isGroup(channels) ? Object.keys(channels) : [];
  const origins: { path: readonly string[]; name: string }[] = [];
  const problems: ConfigProblem[] = [];
  for (const name of names) {
    const plain = plainKeys.get(name);
    const target = plain
      ? { path: [...plain.path], key: plain }
      : name.startsWith(CHANNELS)
        ? channelTarget(name, ids)
        : undefined;
    if (target === undefined) {
      problems.push({
        path: [],
        place: name,
        found: "a variable that sets nothing",
        wanted: hint(name, ids),
      });
    } else if ("clash" in target) {
      const found = `a name that means ${target.clash.join(" as well as ")}`;
      problems.push({ path: [], place: name, found, wanted: "the value in the file" });
    } else {
      const text = env[name] ?? "";
      const replaced = put(value, target.path, target.key.isList ? listOf(text) : scalarOf(text));
      const earlier = replaced && origins.find(({ path }) => keyText(path) === keyText(replaced));
      if (earlier) {
        problems.push({ path: [], place: name, found: `${earlier.name} as well`, wanted: "one of the two" });
      }
      origins.push({ path: target.path, name });
    }
  }
  return { value, origins, problems };
}

function hint(name: string, ids: readonly string[]): string {
  const ofChannels = ids.flatMap((id) =>
    [...channelKeys.keys()].map((ending) => `${CHANNELS}${upper(id)}_${ending}`),
  );
  const near = nearest(name, [...plainKeys.keys(), ...otherNames, ...ofChannels]);
  return near === undefined ? "a name of docs/configuration.md" : `${near}?`;
}
