import { NightjarError } from "../platform/errors.ts";
import { LineBuffer } from "../platform/lines.ts";
import { spawnStream, type StreamProcess } from "../platform/process.ts";
import { checkCommand } from "./commands.ts";
import type { CheckedPictures } from "./segment-maker.ts";
import { StdinQueue } from "./stdin-queue.ts";

/** Decodes a result while it is made, and looks that every picture comes out, at its time and without a mistake. */
export class PictureCheck {
  readonly process: StreamProcess;
  readonly #input = new StdinQueue();
  readonly #expected: number[] = [];
  #found = 0;
  #wrong: string | undefined;
  readonly #read: Promise<void>;

  constructor(program: string, samplePath: string, signal: AbortSignal) {
    this.process = spawnStream(checkCommand(program, samplePath), {
      stdin: this.#input.stream,
      signal,
      isBackground: true,
    });
    void this.process.exited.then(() => this.#input.drop());
    this.#read = this.#readTimes();
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#input.write(bytes);
  }

  async take({ header, payload, shownTicks }: CheckedPictures): Promise<void> {
    this.#expected.push(...shownTicks);
    await this.write(Buffer.concat([header, ...payload]));
  }

  /** Resolves when all is decoded. Throws `unprocessable` for a mistake, and for pictures too many or too few. */
  async finish(): Promise<void> {
    this.#input.end();
    await this.#read;
    const { code, signal } = await this.process.exited;
    const [line] = this.process.lastStderrLines();
    if (code !== 0 || line !== undefined) {
      const how = signal === undefined ? `code ${code ?? "unknown"}` : signal;
      throw new NightjarError(
        "unprocessable",
        `The result can't be decoded (${(line ?? how).slice(0, 200)})`,
      );
    }
    if (this.#wrong !== undefined) throw new NightjarError("unprocessable", this.#wrong);
    if (this.#found === this.#expected.length) return;
    const counts = `${this.#found} of ${this.#expected.length} pictures`;
    throw new NightjarError("unprocessable", `Of the result only ${counts} can be decoded`);
  }

  async stop(): Promise<void> {
    this.#input.drop();
    await this.process.stop();
    await this.#read;
  }

  /** Lines of ffmpeg's `framecrc`: stream, decode time, presentation time, duration, size, checksum. */
  async #readTimes(): Promise<void> {
    const lines = new LineBuffer((line) => {
      if (line.startsWith("#")) return;
      const ticks = Number(line.split(",")[2]);
      const expected = this.#expected[this.#found];
      if (ticks !== expected)
        this.#wrong ??= `Picture ${this.#found + 1} of the result is shown at ${ticks} ticks; wanted: ${expected}`;
      this.#found += 1;
    });
    try {
      for await (const chunk of this.process.stdout) lines.push(chunk);
      lines.end();
    } catch {
      // The stream was cancelled with its process.
    }
  }
}
