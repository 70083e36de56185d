import { readFileSync } from "node:fs";
import type { Clock } from "./clock.ts";
import { libc } from "./libc.ts";

/** Bit STA_UNSYNC of `struct timex.status` (linux/timex.h). */
const STA_UNSYNC = 0x40;
/** Offset of `status` in `struct timex` on 64-bit Linux: modes and padding, offset, freq, maxerror, esterror. */
const STATUS_OFFSET = 40;
const TIMEX_BYTES = 256;

function readAdjtimex(): (() => boolean | undefined) | undefined {
  const library = libc({ adjtimex: { args: ["ptr"], returns: "int" } });
  if (library === undefined) return undefined;
  const timex = new Uint8Array(TIMEX_BYTES);
  const status = new DataView(timex.buffer);
  return () => {
    timex.fill(0);
    if (library.adjtimex(timex) < 0) return undefined;
    return (status.getInt32(STATUS_OFFSET, true) & STA_UNSYNC) === 0;
  };
}

function readBootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "unknown";
  }
}

/** The machine's own clocks. */
export function systemClock(): Clock {
  const adjtimex = readAdjtimex();
  return {
    bootId: readBootId(),
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    bootMs() {
      try {
        return Math.round(Number.parseFloat(readFileSync("/proc/uptime", "utf8")) * 1000);
      } catch {
        return Math.round(performance.now());
      }
    },
    synchronised: () => adjtimex?.(),
    sleep(ms, signal) {
      return new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const done = () => {
          clearTimeout(timer);
          signal?.removeEventListener("abort", done);
          resolve();
        };
        const timer = setTimeout(done, ms);
        signal?.addEventListener("abort", done, { once: true });
      });
    },
  };
}
