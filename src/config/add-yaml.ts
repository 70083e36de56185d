import { isMap, type Node, parseDocument, YAMLMap } from "yaml";
import { channelText, keyText, withChannels } from "./edit-lines.ts";
import { lostComments, mergeRendered } from "./edit-merge.ts";
import {
  byHand,
  changedGroup,
  changeNode,
  contentsOf,
  groupBelow,
  indentOf,
  type KeyChanges,
  render,
  withoutEmpty,
} from "./edit-yaml.ts";
import { readYaml } from "./yaml-text.ts";

/** What is added to a configuration at once. */
export type Addition = {
  /** Keys at the top; a group adds the keys that it names. */
  settings: KeyChanges;
  /** None of them is there already. */
  channels: readonly { id: string; keys: KeyChanges }[];
};

const valueOf = (keys: KeyChanges) => changedGroup({}, keys);

/** The text with new lines at its end. */
function withLines(text: string, lines: string): string {
  const newLine = text.includes("\r\n") ? "\r\n" : "\n";
  const head = text === "" || text.endsWith("\n") ? text : `${text}${newLine}`;
  return head + lines.replaceAll("\n", newLine);
}

/** Keys and channels as lines of their own behind what is there; `undefined` where there is no place for such lines. */
function byLines(text: string, { settings, channels }: Addition, indent: number): string | undefined {
  const keys = Object.entries(valueOf(settings)).map(([key, value]) => `${keyText(key, value)}\n`);
  const settled = withLines(text, keys.join(""));
  if (channels.length === 0) return settled;
  const added = channels.map(({ id, keys }) => ({ id, value: valueOf(keys) }));
  const known: unknown = parseDocument(settled, { prettyErrors: false, stringKeys: true }).get("channels");
  if (isMap<Node>(known)) return withChannels(settled, known, added, indent);
  if (known !== undefined) return undefined;
  const margin = " ".repeat(indent);
  const lines = added.map(({ id, value }) => channelText(id, value, indent).replaceAll(/^(?=.)/gm, margin));
  return withLines(settled, `channels:\n${lines.join("")}`);
}

/** Texts that should say what is wanted, the one that changes least first. */
function* candidates(text: string, addition: Addition): Generator<string> {
  const indent = indentOf(text);
  const lines = byLines(text, addition, indent);
  if (lines !== undefined) yield lines;
  const document = parseDocument(text, { prettyErrors: false, stringKeys: true });
  const unchanged = render(document, indent);
  if (!isMap(document.contents))
    document.contents = new YAMLMap(document.schema) as unknown as typeof document.contents;
  const root = document.contents as unknown as YAMLMap<Node>;
  changeNode(document, root, addition.settings);
  if (addition.channels.length > 0) {
    const channels = groupBelow(document, root, "channels");
    if (channels.items.length === 0) channels.flow = false;
    for (const { id, keys } of addition.channels)
      changeNode(document, groupBelow(document, channels, id), keys);
  }
  const changed = render(document, indent);
  const merged = mergeRendered(text, unchanged, changed);
  for (const candidate of merged === undefined ? [changed] : [merged, changed]) {
    yield candidate +
      lostComments(text, candidate)
        .map((comment) => `${comment}\n`)
        .join("");
  }
}

/**
 * The text of a configuration with more keys and channels. Comments, order and, wherever lines can be told apart, the
 * writing of everything else stay as they are.
 * @throws NightjarError `conflict` for a text that is no YAML, and for one in which nothing can be added from here
 */
export function addToYaml(text: string, addition: Addition): string {
  const { root, channels } = contentsOf(text);
  const added = Object.fromEntries(addition.channels.map(({ id, keys }) => [id, valueOf(keys)]));
  const settled = changedGroup(root, addition.settings);
  const wanted = withoutEmpty({ ...settled, channels: { ...channels, ...added } });
  for (const candidate of candidates(text, addition)) {
    const after = readYaml(candidate);
    if (after.mistakes.length === 0 && Bun.deepEquals(withoutEmpty(after.value), wanted)) return candidate;
  }
  throw byHand();
}
