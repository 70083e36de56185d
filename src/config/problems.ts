import { NightjarError } from "../platform/errors.ts";
import { redactSource } from "./secret-text.ts";

/** The way to a key: `["channels", "front-door", "keep", "days"]`. Numbers are places in a list. */
export type KeyPath = readonly (string | number)[];

/** One mistake: where, what was found there, and what is wanted. Neither text holds a secret. */
export type ConfigProblem = {
  path: KeyPath;
  found: string;
  wanted: string;
  /** Where it is, when that is not where the key stands. */
  place?: string;
};

const MAX_SHOWN_CHARACTERS = 80;
/** More mistakes than these are not read by anyone. */
const MAX_LISTED = 50;

/** An address in a place where none belongs is one of a camera, most likely, and may hold a password. */
const withoutSecret = (text: string): string => (text.includes("://") ? redactSource(text) : text);

/** `channels.front-door.keep.days`, `listen[1]`. */
export function keyText(path: KeyPath): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else text += `${text === "" ? "" : "."}${withoutSecret(part)}`;
  }
  return text;
}

/** A part of a text that is short, on one line, quoted, and without the secrets of an address. */
export function quoted(given: string): string {
  const text = withoutSecret(given);
  const short = text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}…` : text;
  return JSON.stringify(short);
}

/** Keys of a receiver of notifications whose values are passwords, or as good as one. */
const RECEIVER_SECRETS: readonly (string | number)[] = ["url", "token", "headers"];

/** What a message may say of a value. Sources are shown without what may be secret, arguments not at all. */
export function foundText(value: unknown, path: KeyPath): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "string") {
    if (path[0] === "notify" && path.some((part) => RECEIVER_SECRETS.includes(part))) return "a text";
    if (path[0] === "channels" && path.includes("source")) {
      return path.at(-1) === "source" ? quoted(redactSource(value)) : "a text";
    }
    return quoted(value);
  }
  if (typeof value === "number") return `the number ${value}`;
  if (typeof value === "boolean") return String(value);
  return "a group of keys";
}

/** Where a key stands, for people: `nightjar.yaml:12`, or the name of an environment variable. */
export type Locate = (path: KeyPath) => string;

/** All mistakes in one error, each as `file:line: key: found …; wanted …`. */
export function configError(
  title: string,
  problems: readonly ConfigProblem[],
  locate: Locate,
): NightjarError {
  const details = problems.slice(0, MAX_LISTED).map(({ path, found, wanted, place }) => {
    const where = [place ?? locate(path), keyText(path)].filter((part) => part !== "").join(": ");
    return `${where}: found ${found}; wanted ${wanted}`;
  });
  const left = problems.length - details.length;
  if (left > 0) details.push(`and ${left} more`);
  return new NightjarError("config", title, { details });
}
