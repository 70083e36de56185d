/**
 * The world's time. Everything that needs a time takes a `Clock`, so that a simulated one can stand in its
 * place: footage must survive wrong clocks, and that can only be tried with clocks that are wrong on purpose.
 */
export interface Clock {
  /** Wall time: milliseconds since the Unix epoch (CLOCK_REALTIME). May be wrong, and may jump. */
  nowMs(): number;
  /** Monotonic time in milliseconds from an arbitrary zero. Never jumps, never goes back. */
  monotonicMs(): number;
  /** Milliseconds since the machine started, suspended time included (CLOCK_BOOTTIME). */
  bootMs(): number;
  /** The kernel's identity of this boot, or `"unknown"`. */
  readonly bootId: string;
  /** Whether the kernel says that the wall clock is synchronised; `undefined` where it can't be asked. */
  synchronised(): boolean | undefined;
  /** Waits for `ms` milliseconds; returns early, without an error, when the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
