/** Lets so many work at once; the others wait in line. */
export class DecoderSlots {
  #free: number;
  readonly #line: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#line.length;
  }

  /** Resolves when it is one's turn, with what ends the turn; with `undefined` when the signal came first. */
  async take(signal: AbortSignal): Promise<(() => void) | undefined> {
    if (signal.aborted) return undefined;
    if (this.#free > 0) {
      this.#free -= 1;
      return this.#turn();
    }
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const call = () => resolve(true);
    const leave = () => {
      const place = this.#line.indexOf(call);
      if (place >= 0) this.#line.splice(place, 1);
      resolve(false);
    };
    this.#line.push(call);
    signal.addEventListener("abort", leave, { once: true });
    const isCalled = await promise;
    signal.removeEventListener("abort", leave);
    return isCalled ? this.#turn() : undefined;
  }

  #turn(): () => void {
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      const next = this.#line.shift();
      if (next) next();
      else this.#free += 1;
    };
  }
}
