import { parseSource } from "../../config/source-address.ts";
import { FileMistake, type FoundChannel, type FoundFile, type LeftKey } from "./found.ts";
import { findLiteral, type Literal, parseLiteral } from "./literal.ts";

type Group = Extract<Literal, { kind: "group" }>;

/** One form of list: which keys its entries have, and what they mean. */
type ListForm = {
  kind: string;
  /** Keys that hold the source; an entry has one of them. */
  source: readonly string[];
  known: readonly string[];
  channelOf(entry: Group, source: string): FoundChannel;
};

const MAX_HOURS = 876_000;
const MAX_DAYS = 36_500;

const kinds: Readonly<Record<Literal["kind"], string>> = {
  list: "a list",
  group: "a group",
  text: "a text",
  number: "a number",
  boolean: "true or false",
  nothing: "nothing",
};

function textAt(entry: Group, key: string, wanted: string): { value: string; line: number } {
  const value = entry.entries.get(key);
  if (value?.kind === "text" && value.value.trim() !== "")
    return { value: value.value.trim(), line: value.line };
  const found = value === undefined ? "nothing" : value.kind === "text" ? "an empty text" : kinds[value.kind];
  throw new FileMistake(value?.line ?? entry.line, `${found} as ${key}`, wanted);
}

/** A number that is given as one or as a text; `undefined` where there is none. */
function numberAt(
  entry: Group,
  key: string,
  wanted: string,
  isRight: (value: number) => boolean,
): number | undefined {
  const value = entry.entries.get(key);
  if (value === undefined || value.kind === "nothing") return undefined;
  const number =
    value.kind === "number"
      ? value.value
      : value.kind === "text" && /\d/.test(value.value)
        ? Number(value.value)
        : NaN;
  if (isRight(number)) return number;
  const found = value.kind === "number" ? `the number ${value.value}` : kinds[value.kind];
  throw new FileMistake(value.line, `${found} as ${key}`, wanted);
}

/** The last part of an address's path up to its first dot, as HLS PVR names its channels. */
export function nameFromAddress(address: string): string {
  const path = address.replace(/[?#].*$/s, "").replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, "");
  const part = path.split("/").findLast((each) => each !== "") ?? "";
  const name = part.split(".")[0] ?? "";
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

const channelList: ListForm = {
  kind: "channel list of HLS PVR",
  source: ["source", "source_url"],
  known: ["source", "source_url", "depth_in_hours"],
  channelOf(entry, source) {
    const wanted = `a number of hours above 0, at most ${MAX_HOURS}`;
    const depth = numberAt(entry, "depth_in_hours", wanted, (hours) => hours > 0 && hours <= MAX_HOURS);
    const hours = depth === undefined ? undefined : Math.ceil(depth);
    const notes = [
      ...(depth === hours ? [] : [`${depth} hours were rounded up`]),
      ...(depth === undefined ? ["it names no depth_in_hours"] : []),
    ];
    return { name: nameFromAddress(source), source, keep: hours === undefined ? {} : { hours }, notes };
  },
};

const cameraList: ListForm = {
  kind: "camera list",
  source: ["rtsp"],
  known: ["cameraID", "rtsp", "daysToKeep"],
  channelOf(entry, source) {
    const { value: name } = textAt(entry, "cameraID", "the camera's id, in quotes");
    const isRight = (days: number) => Number.isInteger(days) && days >= 0 && days <= MAX_DAYS;
    const wanted = `a whole number of days from 0 to ${MAX_DAYS}`;
    const days = numberAt(entry, "daysToKeep", wanted, isRight);
    const notes = days === undefined ? ["it names no daysToKeep"] : [];
    return { name, source, keep: days === undefined ? {} : { days }, notes };
  },
};

const formOf = (entry: Literal | undefined): ListForm | undefined => {
  if (entry?.kind !== "group") return undefined;
  if (entry.entries.has("cameraID") || entry.entries.has("rtsp")) return cameraList;
  return channelList.source.some((key) => entry.entries.has(key)) ? channelList : undefined;
};

/** The entries of a list, also one that stands below a single key such as `cameras`, or under each camera's id. */
function entriesOf(value: Literal): readonly Literal[] {
  if (value.kind === "list") return value.items;
  if (value.kind !== "group") return [];
  if (formOf(value)) return [value];
  const lists = [...value.entries.values()].filter((each) => each.kind === "list");
  return lists.find(({ items }) => items.some((item) => formOf(item) !== undefined))?.items ?? [];
}

const isList = (value: Literal): boolean => entriesOf(value).some((entry) => formOf(entry) !== undefined);

const WANTED = "a list of channels (source, depth_in_hours) or of cameras (cameraID, rtsp, daysToKeep)";

function literalOf(text: string): Literal {
  // A file that begins with a bracket is a list and nothing else: its mistakes are told by their lines.
  if (/^[\s\uFEFF]*[[{]/.test(text)) return parseLiteral(text);
  const found = findLiteral(text, isList);
  if (found !== undefined) return found;
  throw new FileMistake(1, text.trim() === "" ? "an empty file" : "no such list", WANTED);
}

/**
 * Reads a list of channels or cameras: JSON, or the list in a program of JavaScript or Python. Throws `FileMistake`;
 * no message holds an address.
 */
export function parseList(text: string): FoundFile {
  const value = literalOf(text);
  const entries = entriesOf(value);
  const form = entries.map(formOf).find((each) => each !== undefined);
  if (form === undefined) {
    const found = value.kind === "list" && value.items.length === 0 ? "an empty list" : "something else";
    throw new FileMistake(value.line, found, WANTED);
  }
  const left = new Map<string, LeftKey>();
  const channels = entries.map((entry) => {
    if (entry.kind !== "group")
      throw new FileMistake(entry.line, kinds[entry.kind], "a group for each channel");
    const key = form.source.find((each) => entry.entries.has(each)) ?? form.source[0] ?? "";
    const source = textAt(entry, key, "the address of its source, in quotes");
    const parsed = parseSource(source.value);
    if ("wanted" in parsed)
      throw new FileMistake(source.line, `an address as ${key} that can't be used`, parsed.wanted);
    for (const other of entry.entries.keys()) {
      if (!form.known.includes(other)) left.set(other, { key: other, why: "Nightjar has no such key" });
    }
    return form.channelOf(entry, source.value);
  });
  return { kind: form.kind, channels, settings: {}, left: [...left.values()] };
}
