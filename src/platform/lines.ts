/** Longer lines are cut: a program that never ends its line must not fill the memory. */
const MAX_LINE_CHARACTERS = 2000;

/**
 * Splits text that arrives in pieces into lines, and remembers the last ones. `\r` ends a line too (progress
 * displays). Both the length of a line and the number kept are bounded.
 */
export class LineBuffer {
  readonly #decoder = new TextDecoder();
  readonly #kept: string[] = [];
  #rest = "";

  constructor(
    private readonly onLine: (line: string) => void = () => {},
    private readonly keepLines = 50,
  ) {}

  push(chunk: Uint8Array): void {
    const parts = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split(/[\r\n]/);
    this.#rest = (parts.pop() ?? "").slice(0, MAX_LINE_CHARACTERS);
    for (const part of parts) this.#take(part);
  }

  /** What came after the last line end is a line too. */
  end(): void {
    const last = this.#rest;
    this.#rest = "";
    this.#take(last);
  }

  /** The last lines, oldest first. */
  get lastLines(): readonly string[] {
    return this.#kept;
  }

  #take(text: string): void {
    const line = text.slice(0, MAX_LINE_CHARACTERS).trimEnd();
    if (line === "") return;
    this.#kept.push(line);
    if (this.#kept.length > this.keepLines) this.#kept.shift();
    this.onLine(line);
  }
}
