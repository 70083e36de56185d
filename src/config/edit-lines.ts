import { isCollection, isMap, isScalar, isSeq, type Node, type Pair, stringify, type YAMLMap } from "yaml";

type Channels = YAMLMap<Node>;

/** Where the last thing below a node ends, comments behind it left out: an offset in the text. */
function contentEnd(node: unknown): number | undefined {
  if (isCollection(node) && !node.flow) {
    const last: unknown = node.items.at(-1);
    if (isMap(node)) {
      const pair = last as Pair<Node> | undefined;
      return contentEnd(pair?.value) ?? contentEnd(pair?.key);
    }
    if (isSeq(node)) return contentEnd(last);
  }
  const range = (node as Node | null | undefined)?.range;
  return range?.[1];
}

/** The offset behind the line that begins at, or holds, an offset. */
function lineEnd(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  return end < 0 ? text.length : end + 1;
}

/** Where the lines of a channel begin and end; comments in them that are indented like its keys included. */
function linesOf(text: string, pair: Pair<Node>): { start: number; end: number; column: number } | undefined {
  const keyStart = pair.key.range?.[0];
  const last = contentEnd(pair.value) ?? contentEnd(pair.key);
  if (keyStart === undefined || last === undefined) return undefined;
  const start = text.lastIndexOf("\n", keyStart - 1) + 1;
  const column = keyStart - start;
  // A key behind anything else, such as `{` or `? `, has no lines of its own.
  if (column === 0 || text.slice(start, keyStart).trim() !== "") return undefined;
  // A block text (`|`) already ends behind its last line.
  let end = text[last - 1] === "\n" ? last : lineEnd(text, last);
  for (;;) {
    const next = lineEnd(text, end);
    const indent = /^( *)#/.exec(text.slice(end, next))?.[1]?.length ?? 0;
    if (indent <= column) return { start, end, column };
    end = next;
  }
}

/** Cuts a channel's lines out; `undefined` where it has none of its own. */
export function withoutChannel(text: string, channels: Channels, id: string): string | undefined {
  if (channels.flow) return undefined;
  const pair = channels.items.find(({ key }) => isScalar(key) && key.value === id);
  const lines = pair && linesOf(text, pair);
  return lines && text.slice(0, lines.start) + text.slice(lines.end);
}

/** Puts channels behind the last one; `undefined` where the channels have no lines of their own. */
export function withChannels(
  text: string,
  channels: Channels,
  added: readonly { id: string; value: Readonly<Record<string, unknown>> }[],
  indent: number,
): string | undefined {
  const last = channels.items.at(-1);
  const lines = channels.flow || last === undefined ? undefined : linesOf(text, last);
  if (lines === undefined) return undefined;
  const newLine = text.includes("\r\n") ? "\r\n" : "\n";
  const rendered = added.flatMap(({ id, value }) => channelText(id, value, indent).trimEnd().split("\n"));
  const margin = " ".repeat(lines.column);
  const head = text.slice(0, lines.end);
  const own = rendered.map((line) => `${margin}${line}${newLine}`).join("");
  return `${head}${head.endsWith("\n") ? "" : newLine}${own}${text.slice(lines.end)}`;
}

/** A key with its value on a line of its own, or on several where the text has several; without the line end. */
export function keyText(key: string, value: unknown): string {
  const isGroup = typeof value === "object" && value !== null;
  const text = stringify({ [key]: value }, { lineWidth: 0, ...(isGroup ? { collectionStyle: "flow" } : {}) });
  return isGroup ? text.trim().replace(/^\{ (.*) \}$/s, "$1") : text.trimEnd();
}

/** A channel as it stands below `channels`: groups in it on one line each. */
export function channelText(id: string, value: Readonly<Record<string, unknown>>, indent = 2): string {
  const lines = Object.entries(value).map(([key, below]) => keyText(key, below));
  const margin = " ".repeat(indent);
  return `${stringify(id).trimEnd()}:\n${lines.map((line) => `${margin}${line}\n`).join("")}`;
}
