import type { OpenFile } from "../../platform/files.ts";

/** What writing costs, counted since the start. */
export type WriteFigures = {
  syncs: number;
  bytesWritten: number;
  /** What has come, and waits to be written. */
  waitingBytes: number;
};

/**
 * A journal that is being written. Entries and the words about syncs come from two sides: changes wait for each
 * other, and one that fails leaves the length as it was.
 */
export class JournalFile {
  readonly #file: OpenFile;
  readonly #figures: WriteFigures;
  #turn: Promise<unknown> = Promise.resolve();
  #sizeBytes = 0;

  constructor(file: OpenFile, figures: WriteFigures) {
    this.#file = file;
    this.#figures = figures;
  }

  /** Up to where it is whole. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  async append(lines: string): Promise<void> {
    const bytes = new TextEncoder().encode(lines);
    if (bytes.length === 0) return;
    await this.#inTurn(async () => {
      await this.#file.write([bytes], this.#sizeBytes);
      this.#sizeBytes += bytes.length;
      this.#figures.bytesWritten += bytes.length;
    });
  }

  /** Cuts off what lies behind `sizeBytes`. */
  async cutTo(sizeBytes: number): Promise<void> {
    await this.#inTurn(async () => {
      await this.#file.truncate(sizeBytes);
      this.#sizeBytes = sizeBytes;
    });
  }

  async datasync(): Promise<void> {
    this.#figures.syncs += 1;
    await this.#file.datasync();
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.catch(() => {}).then(work);
    this.#turn = turn;
    await turn;
  }
}
