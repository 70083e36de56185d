/** How much may wait for a process that takes it slowly. */
const MOST_BYTES = 8 << 20;

/** What is written to a process's standard input as it comes, and waited for when the process is behind. */
export class StdinQueue {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #isEnded = false;
  #isGone = false;
  #wake = Promise.withResolvers<void>();

  constructor() {
    this.stream = new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          while (this.#waiting.length === 0 && !this.#isEnded) await this.#change();
          const next = this.#waiting.shift();
          if (next === undefined) return controller.close();
          this.#waitingBytes -= next.length;
          this.#changed();
          controller.enqueue(next);
        },
        cancel: () => this.drop(),
      },
      { highWaterMark: 0 },
    );
  }

  /** Resolves when there is room again; what is written to a process that is gone is dropped. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#isGone || bytes.length === 0) return;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#changed();
    while (this.#waitingBytes > MOST_BYTES && !this.#isGone) await this.#change();
  }

  end(): void {
    this.#isEnded = true;
    this.#changed();
  }

  /** The process is gone: nobody waits for it any more. */
  drop(): void {
    this.#isGone = true;
    this.#isEnded = true;
    this.#waiting.length = 0;
    this.#waitingBytes = 0;
    this.#changed();
  }

  #changed(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers<void>();
  }

  #change(): Promise<void> {
    return this.#wake.promise;
  }
}
