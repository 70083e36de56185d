import { isAlias, isMap, isSeq, LineCounter, type Node, parseDocument, type YAMLError } from "yaml";
import type { KeyPath } from "./problems.ts";

/** A configuration of thousands of channels is smaller; parsing more would only keep the machine busy. */
export const MAX_YAML_BYTES = 1_000_000;
/** Aliases that stand for aliases grow without bound; more than these are refused. */
const MAX_ALIASES = 100;

/** A mistake in the writing, not in the meaning. */
export type YamlMistake = { line: number; found: string; wanted: string };

export type YamlText = {
  /** The value as plain objects, lists and scalars; `undefined` for an empty text. */
  value: unknown;
  mistakes: readonly YamlMistake[];
  /** Line (from 1) of a key, or of the nearest one above it that is there, and how many parts of the way are. */
  find(path: KeyPath): { line: number; depth: number };
};

/** The parser's own words may repeat what was written, passwords too; so the frequent ones are said here. */
const words: Partial<Record<YAMLError["code"], readonly [found: string, wanted: string]>> = {
  TAB_AS_INDENT: ["a tab as indentation", "spaces"],
  DUPLICATE_KEY: ["a key that stands here twice", "each key once"],
  MULTIPLE_DOCS: ["a second document (---)", "one document"],
  BAD_INDENT: ["indentation that fits nothing above", "keys of one group at the same column"],
  BLOCK_AS_IMPLICIT_KEY: ["a second colon in one line", "one key a line; quote a value that holds ': '"],
  MISSING_CHAR: ["something left open", "the closing quote, bracket or colon"],
  BAD_SCALAR_START: ["a value that begins with a reserved character", "the value in quotes"],
  BAD_ALIAS: ["an alias that can't be read", "a value in quotes, if it begins with * or &"],
  RESOURCE_EXHAUSTION: ["groups within groups without end", "the few levels that are documented"],
  TAG_RESOLVE_FAILED: ["an unknown tag", "a value in quotes, if it begins with !"],
};

function mistakesOf(errors: readonly YAMLError[], lines: LineCounter): YamlMistake[] {
  const byLine = new Map<number, YamlMistake>();
  for (const error of errors) {
    const { line } = lines.linePos(error.pos[0]);
    const [found, wanted] = words[error.code] ?? ["something that is not YAML", "valid YAML"];
    if (!byLine.has(line)) byLine.set(line, { line, found, wanted });
  }
  return [...byLine.values()];
}

/** Reads YAML 1.2. Never throws: what can't be read is in `mistakes`. */
export function readYaml(text: string): YamlText {
  const lines = new LineCounter();
  if (Buffer.byteLength(text) > MAX_YAML_BYTES) {
    const mistake = { line: 1, found: "more than a megabyte", wanted: "a configuration of at most 1 MB" };
    return { value: undefined, mistakes: [mistake], find: () => ({ line: 1, depth: 0 }) };
  }
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const mistakes = mistakesOf([...document.errors, ...document.warnings], lines);
  let value: unknown;
  if (mistakes.length === 0) {
    try {
      value = document.toJS({ maxAliasCount: MAX_ALIASES }) ?? undefined;
    } catch {
      const wanted = "values written out, or in quotes if they begin with *";
      mistakes.push({ line: 1, found: "an alias (*name) that has no value, or too many of them", wanted });
    }
  }

  const resolved = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node);
  const find = (path: KeyPath): { line: number; depth: number } => {
    let node: unknown = document.contents;
    let offset = document.contents?.range?.[0] ?? 0;
    let depth = 0;
    for (const part of path) {
      const group = resolved(node);
      if (isMap<Node, Node | null>(group)) {
        const pair = group.items.find(({ key }) => "value" in key && String(key.value) === String(part));
        if (pair === undefined) break;
        offset = pair.key.range?.[0] ?? offset;
        node = pair.value;
      } else if (isSeq<Node>(group) && typeof part === "number") {
        const item = group.items[part];
        if (item === undefined) break;
        offset = item.range?.[0] ?? offset;
        node = item;
      } else break;
      depth += 1;
    }
    return { line: lines.linePos(offset).line, depth };
  };
  return { value, mistakes, find };
}
