import { FileMistake } from "./found.ts";

/** A value as it stands in a file, with the line (from 1) on which it begins. */
export type Literal = { line: number } & (
  | { kind: "list"; items: readonly Literal[] }
  | { kind: "group"; entries: ReadonlyMap<string, Literal> }
  | { kind: "text"; value: string }
  | { kind: "number"; value: number }
  | { kind: "boolean"; value: boolean }
  | { kind: "nothing" }
);

/** Deeper than this no list of channels is; more would only use up the stack. */
const MAX_DEPTH = 40;

const BLANK = /[\s\uFEFF]/;
const WORD_START = /[\p{L}_$]/u;
const WORD = /[\p{L}\p{N}_$]/u;
const NUMBER = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;

const words: Readonly<Record<string, Literal>> = {
  true: { kind: "boolean", value: true, line: 0 },
  True: { kind: "boolean", value: true, line: 0 },
  false: { kind: "boolean", value: false, line: 0 },
  False: { kind: "boolean", value: false, line: 0 },
  null: { kind: "nothing", line: 0 },
  undefined: { kind: "nothing", line: 0 },
  None: { kind: "nothing", line: 0 },
};

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f", "0": "\0" };

/** Finds the line of a place in a text. */
class Lines {
  /** Where each line ends. */
  readonly #ends: number[] = [];

  constructor(text: string) {
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.#ends.push(at);
  }

  /** From 1. */
  of(at: number): number {
    let low = 0;
    let high = this.#ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ends[middle] ?? 0) < at) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  }
}

/** Reads literals of JSON, JavaScript and Python: comments, either quotes, bare keys and commas at the end included. */
class LiteralReader {
  readonly #text: string;
  readonly #lines: Lines;
  #at: number;

  constructor(text: string, lines: Lines, at: number) {
    this.#text = text;
    this.#lines = lines;
    this.#at = at;
  }

  get at(): number {
    return this.#at;
  }

  /** Number of the line in which a place lies. */
  #line(at = this.#at): number {
    return this.#lines.of(at);
  }

  #mistake(wanted: string, at = this.#at): FileMistake {
    const found = this.#text.codePointAt(at);
    const what = found === undefined ? "the end of the file" : JSON.stringify(String.fromCodePoint(found));
    return new FileMistake(this.#line(at), what, wanted);
  }

  /** Goes on to the next thing that is no blank and no comment. */
  skip(): void {
    for (;;) {
      const here = this.#text[this.#at];
      if (here === undefined) return;
      if (BLANK.test(here)) this.#at += 1;
      else if (here === "#" || this.#text.startsWith("//", this.#at)) this.#skipTo("\n");
      else if (this.#text.startsWith("/*", this.#at)) this.#skipTo("*/");
      else return;
    }
  }

  #skipTo(end: string): void {
    const at = this.#text.indexOf(end, this.#at);
    this.#at = at < 0 ? this.#text.length : at + end.length;
  }

  value(depth = 0): Literal {
    this.skip();
    if (depth > MAX_DEPTH) throw new FileMistake(this.#line(), "lists in lists without end", "one list");
    const line = this.#line();
    const here = this.#text[this.#at] ?? "";
    if (here === "[" || here === "(") return { kind: "list", items: this.#items(depth), line };
    if (here === "{") return { kind: "group", entries: this.#entries(depth), line };
    if (/["'`]/.test(here)) return { kind: "text", value: this.#quoted(), line };
    NUMBER.lastIndex = this.#at;
    const [number] = NUMBER.exec(this.#text) ?? [];
    if (number !== undefined) {
      this.#at += number.length;
      return { kind: "number", value: Number(number), line };
    }
    const start = this.#at;
    const word = words[this.#word()];
    if (word !== undefined) return { ...word, line };
    throw this.#mistake("a value: a text in quotes, a number, a list or a group", start);
  }

  #word(): string {
    const start = this.#at;
    const isIn = (pattern: RegExp) => pattern.test(this.#text[this.#at] ?? "");
    if (isIn(WORD_START)) while (isIn(WORD)) this.#at += 1;
    return this.#text.slice(start, this.#at);
  }

  #items(depth: number): Literal[] {
    const close = this.#text[this.#at] === "(" ? ")" : "]";
    this.#at += 1;
    const items: Literal[] = [];
    for (;;) {
      this.skip();
      if (this.#took(close)) return items;
      items.push(this.value(depth + 1));
      this.skip();
      if (!this.#took(",") && this.#text[this.#at] !== close) throw this.#mistake(`a comma or ${close}`);
    }
  }

  #entries(depth: number): Map<string, Literal> {
    this.#at += 1;
    const entries = new Map<string, Literal>();
    for (;;) {
      this.skip();
      if (this.#took("}")) return entries;
      const start = this.#at;
      const isQuoted = /["'`]/.test(this.#text[start] ?? "");
      const key = isQuoted ? this.#quoted() : this.#word();
      if (key === "" && !isQuoted) throw this.#mistake("a key or }", start);
      this.skip();
      if (!this.#took(":")) throw this.#mistake("a colon behind the key");
      entries.set(key, this.value(depth + 1));
      this.skip();
      if (!this.#took(",") && this.#text[this.#at] !== "}") throw this.#mistake("a comma or }");
    }
  }

  #took(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #quoted(): string {
    const start = this.#at;
    const quote = this.#text[start] ?? "";
    let value = "";
    for (this.#at += 1; ; this.#at += 1) {
      const here = this.#text[this.#at];
      if (here === undefined || (here === "\n" && quote !== "`")) {
        throw new FileMistake(this.#line(start), "a text without its end", `${quote} behind the text`);
      }
      if (here === quote) break;
      value += here === "\\" ? this.#escaped() : here;
    }
    this.#at += 1;
    return value;
  }

  /** What a backslash and the characters behind it stand for. */
  #escaped(): string {
    this.#at += 1;
    const here = this.#text[this.#at] ?? "";
    const hex = { u: 4, x: 2 }[here];
    if (hex === undefined) return escapes[here] ?? here;
    const digits = this.#text.slice(this.#at + 1, this.#at + 1 + hex);
    if (!/^[0-9a-fA-F]+$/.test(digits) || digits.length < hex) {
      throw new FileMistake(this.#line(), `\\${here} without digits`, `${hex} hex digits behind it`);
    }
    this.#at += hex;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }
}

/** The whole text as one value. Throws `FileMistake`. */
export function parseLiteral(text: string): Literal {
  const lines = new Lines(text);
  const reader = new LiteralReader(text, lines, 0);
  const value = reader.value();
  reader.skip();
  if (reader.at >= text.length) return value;
  throw new FileMistake(lines.of(reader.at), "something behind the list", "the end of the file");
}

/** Texts and comments of JavaScript and Python, in which brackets mean nothing, and the brackets themselves. */
const TOKENS =
  /"""[^]*?"""|'''[^]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|\/\*[^]*?\*\/|(?:#|\/\/)[^\n]*|[[{(]/g;

/** The first list or group in a program's text that `isWanted` takes; `undefined` where there is none. */
export function findLiteral(text: string, isWanted: (value: Literal) => boolean): Literal | undefined {
  const lines = new Lines(text);
  for (const { 0: token, index } of text.matchAll(TOKENS)) {
    if (!/^[[{(]$/.test(token)) continue;
    try {
      const value = new LiteralReader(text, lines, index).value();
      if (isWanted(value)) return value;
    } catch (error) {
      if (!(error instanceof FileMistake)) throw error;
    }
  }
  return undefined;
}
