import type { PlainConnection } from "./plain-connection.ts";
import { MAX_CONNECTIONS, MAX_WAITING_CONNECTIONS } from "./transport.ts";

/** The connections to one host and port: a few at a time, and fewer that wait for another request. */
export class ConnectionPool {
  /** All that are open or about to be. */
  #count = 0;
  readonly #waiting: PlainConnection[] = [];
  readonly #queue: (() => void)[] = [];

  get isEmpty(): boolean {
    return this.#count === 0 && this.#queue.length === 0;
  }

  /**
   * One that waits, or one that `open` makes; where there are as many as may be, the next that is free.
   * Rejects as `open` does, or with the signal's reason.
   */
  async take(open: () => Promise<PlainConnection>, signal: AbortSignal): Promise<PlainConnection> {
    for (;;) {
      signal.throwIfAborted();
      const known = this.#waiting.pop();
      if (known !== undefined) return known;
      if (this.#count < MAX_CONNECTIONS) break;
      await this.#turn(signal);
    }
    this.#count += 1;
    try {
      const connection = await open();
      connection.onClosed(() => this.#closed(connection));
      return connection;
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  /** Takes back what was taken and is still open. */
  giveBack(connection: PlainConnection): void {
    this.#waiting.push(connection);
    if (this.#waiting.length > MAX_WAITING_CONNECTIONS) this.#waiting[0]?.close();
    this.#queue.shift()?.();
  }

  /** Closes those that wait. */
  closeWaiting(): void {
    for (const connection of this.#waiting.slice()) connection.close();
  }

  #closed(connection: PlainConnection): void {
    const at = this.#waiting.indexOf(connection);
    if (at >= 0) this.#waiting.splice(at, 1);
    this.#leave();
  }

  #leave(): void {
    this.#count -= 1;
    this.#queue.shift()?.();
  }

  async #turn(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const onAbort = () => resolve();
    this.#queue.push(resolve);
    signal.addEventListener("abort", onAbort, { once: true });
    await promise;
    signal.removeEventListener("abort", onAbort);
    const at = this.#queue.indexOf(resolve);
    if (at >= 0) this.#queue.splice(at, 1);
  }
}
