import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  Pair,
  parseDocument,
  Scalar,
  YAMLMap,
} from "yaml";
import { NightjarError } from "../platform/errors.ts";
import { idKey } from "./channel-id.ts";
import { withChannels, withoutChannel } from "./edit-lines.ts";
import { lostComments, mergeRendered } from "./edit-merge.ts";
import { readYaml } from "./yaml-text.ts";

/**
 * Values by key, as they stand in the file. `undefined` takes a key out; a group changes the keys that it names
 * and leaves the others.
 */
export type KeyChanges = { readonly [key: string]: KeyChange };
export type KeyChange = string | number | boolean | readonly string[] | undefined | KeyChanges;

/** One change of the channels of a configuration. */
export type ChannelEdit =
  | { kind: "add"; id: string; keys: KeyChanges }
  /** `newId` renames it; the old id is put into `was`, so that its footage stays its own. */
  | { kind: "change"; id: string; newId?: string; keys: KeyChanges }
  | { kind: "remove"; id: string };

export type Group = Record<string, unknown>;

const isGroup = (value: unknown): value is Group =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isChanges = (change: KeyChange): change is KeyChanges => isGroup(change);

const conflict = (message: string, details: readonly string[] = []): NightjarError =>
  new NightjarError("conflict", message, { details });

/** Says that the file is written in a way in which a change can't be told from others. */
export const byHand = (): NightjarError =>
  conflict("The configuration is written in a way that can't be changed from here; nothing was changed", [
    "Values that are shared by anchors (&name, *name) are changed in the file, by hand",
  ]);

/** The change on plain values: what the file has to say afterwards. */
export function changedGroup(group: Group, changes: KeyChanges): Group {
  const next = { ...group };
  for (const [key, change] of Object.entries(changes)) {
    if (change === undefined) delete next[key];
    else if (!isChanges(change)) next[key] = change;
    else {
      const below = changedGroup(isGroup(next[key]) ? next[key] : {}, change);
      if (Object.keys(below).length === 0) delete next[key];
      else next[key] = below;
    }
  }
  return next;
}

/** The former ids of a channel after a rename; one that it takes up again is none any more. */
function wasOf(channel: unknown, id: string, newId: string): readonly string[] {
  const was: unknown = isGroup(channel) ? channel["was"] : undefined;
  const former = Array.isArray(was) ? was.filter((old): old is string => typeof old === "string") : [];
  return [...former.filter((old) => idKey(old) !== idKey(newId)), id];
}

/** With the former id among the keys, where the edit renames. */
function keysOf(edit: Exclude<ChannelEdit, { kind: "remove" }>, channel: unknown): KeyChanges {
  const newId = edit.kind === "change" ? edit.newId : undefined;
  if (newId === undefined || newId === edit.id) return edit.keys;
  return { ...edit.keys, was: wasOf(channel, edit.id, newId) };
}

function changedValue(value: unknown, edit: ChannelEdit): Group {
  const root = isGroup(value) ? value : {};
  const channels = isGroup(root["channels"]) ? root["channels"] : {};
  if (edit.kind === "add") {
    return { ...root, channels: { ...channels, [edit.id]: changedGroup({}, edit.keys) } };
  }
  const entries = Object.entries(channels).flatMap(([id, channel]): [string, unknown][] => {
    if (id !== edit.id) return [[id, channel]];
    if (edit.kind === "remove") return [];
    return [[edit.newId ?? id, changedGroup(isGroup(channel) ? channel : {}, keysOf(edit, channel))]];
  });
  return { ...root, channels: Object.fromEntries(entries) };
}

const pairOf = (map: YAMLMap<Node>, key: string): Pair<Node> | undefined =>
  map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key);

/** The group below a key, to be changed: made where there is none, and its own copy where an alias stands. */
export function groupBelow(document: Document, map: YAMLMap<Node>, key: string): YAMLMap<Node> {
  const pair = pairOf(map, key);
  const resolved = isAlias(pair?.value) ? pair.value.resolve(document) : pair?.value;
  if (isMap<Node>(resolved)) {
    if (resolved === pair?.value || pair === undefined) return resolved;
    const copy = document.createNode(resolved.toJS(document)) as YAMLMap<Node>;
    copy.flow = resolved.flow ?? false;
    pair.value = copy;
    return copy;
  }
  const made = new YAMLMap<Node>(document.schema);
  if (pair === undefined) map.items.push(new Pair<Node>(new Scalar(key), made));
  else {
    const note = isScalar(pair.value) ? pair.value.comment : undefined;
    if (note) made.commentBefore = note;
    pair.value = made;
  }
  return made;
}

export function changeNode(document: Document, map: YAMLMap<Node>, changes: KeyChanges): void {
  for (const [key, change] of Object.entries(changes)) {
    const pair = pairOf(map, key);
    if (change === undefined) {
      if (pair !== undefined) map.items.splice(map.items.indexOf(pair), 1);
    } else if (isChanges(change)) {
      const isNew = pair === undefined;
      const below = groupBelow(document, map, key);
      if (isNew) below.flow = true;
      changeNode(document, below, change);
      if (below.items.length === 0) changeNode(document, map, { [key]: undefined });
    } else if (isScalar(pair?.value) && !Array.isArray(change)) pair.value.value = change;
    else if (isSeq<Node>(pair?.value) && Array.isArray(change)) {
      pair.value.items = change.map((item) => document.createNode(item));
    } else {
      const made = document.createNode(change, { flow: true });
      if (pair === undefined) map.items.push(new Pair<Node>(new Scalar(key), made));
      else pair.value = made;
    }
  }
}

function changeDocument(document: Document, edit: ChannelEdit): void {
  if (!isMap(document.contents)) {
    const { commentBefore, comment } = document.contents ?? {};
    const root = new YAMLMap<Node>(document.schema);
    if (commentBefore) root.commentBefore = commentBefore;
    if (comment) root.comment = comment;
    document.contents = root as typeof document.contents;
  }
  const root = document.contents as unknown as YAMLMap<Node>;
  const channels = groupBelow(document, root, "channels");
  if (channels.items.length === 0) channels.flow = false;
  const pair = pairOf(channels, edit.id);
  if (edit.kind === "remove") {
    if (pair !== undefined) channels.items.splice(channels.items.indexOf(pair), 1);
    return;
  }
  const channel = groupBelow(document, channels, edit.id);
  changeNode(document, channel, keysOf(edit, channel.toJS(document)));
  if (edit.kind === "change" && edit.newId !== undefined && isScalar(pair?.key)) pair.key.value = edit.newId;
}

/** Spaces of one level, as the file has them. */
export const indentOf = (text: string): number => /^( +)[^\s#-]/m.exec(text)?.[1]?.length ?? 2;

/** The text of a document. Throws `conflict` where an alias has lost its anchor. */
export const render = (document: Document, indent: number): string => {
  try {
    return document.toString({ lineWidth: 0, indent: Math.min(indent, 8) });
  } catch {
    throw byHand();
  }
};

/** What a configuration says, and its channels. Throws `conflict` for a text that can't be changed from here. */
export function contentsOf(text: string): { root: Group; channels: Group } {
  const { value, mistakes } = readYaml(text);
  const [mistake] = mistakes;
  if (mistake !== undefined) {
    const { line, found, wanted } = mistake;
    throw conflict("The configuration can't be read as YAML; nothing was changed", [
      `Line ${line}: found ${found}; wanted ${wanted}`,
    ]);
  }
  const root = value ?? {};
  if (!isGroup(root)) throw byHand();
  const channels = root["channels"] ?? {};
  if (!isGroup(channels)) throw byHand();
  return { root, channels };
}

/**
 * The text of a configuration after a change of its channels. Comments, order and, wherever lines can be told
 * apart, the writing of everything else stay as they are.
 * @throws NightjarError `conflict` for a text that is no YAML, an id that is not there or there already, and for
 * shared values that would change elsewhere too
 */
export function editYaml(text: string, edit: ChannelEdit): string {
  const { root, channels } = contentsOf(text);
  const ids = Object.keys(channels);
  const isThere = ids.includes(edit.id);
  if (edit.kind === "add" && isThere) throw conflict(`There is a channel ${edit.id} already`);
  if (edit.kind !== "add" && !isThere) throw conflict(`The file has no channel ${edit.id} (any more)`);
  if (
    edit.kind === "change" &&
    edit.newId !== undefined &&
    edit.newId !== edit.id &&
    ids.includes(edit.newId)
  ) {
    throw conflict(`There is a channel ${edit.newId} already`);
  }

  const wanted = withoutEmpty(changedValue(root, edit));
  for (const candidate of candidates(text, edit)) {
    const after = readYaml(candidate);
    if (after.mistakes.length === 0 && Bun.deepEquals(withoutEmpty(after.value), wanted)) return candidate;
  }
  throw byHand();
}

/** Texts that should say what is wanted, the one that changes least first. */
function* candidates(text: string, edit: ChannelEdit): Generator<string> {
  const document = parseDocument(text, { prettyErrors: false, stringKeys: true });
  const channels = document.get("channels");
  const indent = indentOf(text);
  if (isMap<Node>(channels) && edit.kind !== "change") {
    const byLines =
      edit.kind === "remove"
        ? withoutChannel(text, channels, edit.id)
        : withChannels(text, channels, [{ id: edit.id, value: changedGroup({}, edit.keys) }], indent);
    if (byLines !== undefined) yield byLines;
  }
  const unchanged = render(document, indent);
  changeDocument(document, edit);
  const changed = render(document, indent);
  const merged = mergeRendered(text, unchanged, changed);
  for (const candidate of merged === undefined ? [changed] : [merged, changed]) {
    const lost = edit.kind === "remove" ? [] : lostComments(text, candidate);
    yield candidate + lost.map((comment) => `${comment}\n`).join("");
  }
}

/** `channels:` without anything below it says the same as an empty group. */
export function withoutEmpty(value: unknown): unknown {
  if (!isGroup(value)) return value;
  const { channels, ...rest } = value;
  return isGroup(channels) && Object.keys(channels).length > 0 ? value : rest;
}
