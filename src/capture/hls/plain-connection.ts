import type { Socket } from "bun";
import { FetchFailure } from "./fetch-failure.ts";
import { PlainAnswer } from "./plain-answer.ts";
import type { Receiver } from "./transport.ts";

/** A connection that nobody uses is kept for so long, in seconds. */
const WAITING_SECONDS = 30;
/** Smaller pieces of what came are left to the engine to give back. */
const LARGE_BYTES = 64 * 1024;

const brokenOff = (): FetchFailure => new FetchFailure("offline", "it broke the connection off");

/** An exchange that is under way. */
type Running = { answer: PlainAnswer; done: PromiseWithResolvers<void> };

/** A TCP connection over which one request after the other is made. */
export class PlainConnection {
  #socket: Socket | undefined;
  #running: Running | undefined;
  /** What the system has not taken yet of a request. */
  #unsent: Uint8Array = new Uint8Array();
  #isClosed = false;
  #error: Error | undefined;
  #onClosed: () => void = () => {};

  /** Connects to an IP address. Rejects with the system's error, or with the signal's reason. */
  static async open(address: string, port: number, signal: AbortSignal): Promise<PlainConnection> {
    const connection = new PlainConnection();
    const connecting = Bun.connect({
      hostname: address,
      port,
      socket: {
        data: (_, bytes) => connection.#came(bytes),
        drain: () => connection.#send(),
        end: () => connection.#ended(undefined),
        close: (_, error) => connection.#ended(error),
        error: (_, error) => connection.#ended(error),
        timeout: () => connection.close(),
      },
    });
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const onAbort = () => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      connection.#socket = await Promise.race([connecting, aborted]);
      return connection;
    } catch (error) {
      // It may still come to be.
      connecting.then(
        (socket) => socket.terminate(),
        () => {},
      );
      throw error;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Has `listener` called once, when it is of no use any more; at once if it is so already. */
  onClosed(listener: () => void): void {
    if (this.#isClosed) listener();
    else this.#onClosed = listener;
  }

  /**
   * Sends a request and hands on the answer; see `Transport.ask`. The connection is closed afterwards, unless another
   * request may follow.
   */
  async ask(request: string, receiver: Receiver, signal: AbortSignal): Promise<void> {
    if (this.#isClosed) throw this.#error ?? brokenOff();
    const done = Promise.withResolvers<void>();
    const answer = new PlainAnswer(receiver);
    this.#running = { answer, done };
    const onAbort = () => done.reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      this.#socket?.timeout(0);
      this.#unsent = Buffer.from(request, "latin1");
      this.#send();
      await done.promise;
    } finally {
      signal.removeEventListener("abort", onAbort);
      this.#running = undefined;
      if (answer.isKept && this.#unsent.length === 0) this.#socket?.timeout(WAITING_SECONDS);
      else this.close();
    }
  }

  close(): void {
    this.#socket?.terminate();
    this.#markClosed();
  }

  #send(): void {
    if (this.#unsent.length === 0 || this.#socket === undefined) return;
    const sentBytes = this.#socket.write(this.#unsent);
    if (sentBytes > 0) this.#unsent = this.#unsent.subarray(sentBytes);
  }

  #came(bytes: Buffer): void {
    const running = this.#running;
    if (running === undefined || running.answer.isOver) {
      // Nobody asked for anything.
      this.close();
    } else {
      try {
        running.answer.push(bytes);
        if (running.answer.isOver) running.done.resolve();
      } catch (error) {
        running.done.reject(error);
      }
    }
    // It was copied, and waiting for the engine to see that it is not needed takes more memory than all else.
    if (bytes.length >= LARGE_BYTES && bytes.length === bytes.buffer.byteLength)
      (bytes.buffer as ArrayBuffer).transfer(0);
  }

  /** The other side has closed, or the connection broke. */
  #ended(error: Error | undefined): void {
    this.#error ??= error;
    const running = this.#running;
    if (running !== undefined && !running.answer.isOver) {
      try {
        if (this.#error !== undefined) throw this.#error;
        running.answer.end();
        running.done.resolve();
      } catch (failure) {
        running.done.reject(failure);
      }
    }
    this.close();
  }

  #markClosed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#running?.done.reject(brokenOff());
    this.#onClosed();
  }
}
