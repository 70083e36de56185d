import { existsSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const LIBRARIES = [
  "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
  "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
];

/**
 * The wall clock of an executable that runs as it is, by a library that is loaded before the system's own. The
 * monotonic clock is the machine's.
 */
export class FakeClock {
  readonly #file: string;
  #offsetMs = 0;

  /** `folder`: where the file lies by which the clock is set. */
  constructor(folder: string) {
    this.#file = join(folder, "clock");
    this.set(0);
  }

  /** Variables for the process whose clock it is. */
  get env(): Record<string, string> {
    const library = LIBRARIES.find((path) => existsSync(path));
    if (library === undefined) throw new Error("libfaketime is not installed");
    return {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    };
  }

  /** By how much it differs from the machine's clock, in ms. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  /**
   * Words before a command that let it believe in another boot than the last command that was given them: this machine
   * can't be started again for a test. Needs root.
   */
  reboot(): string[] {
    writeFileSync(`${this.#file}.boot`, `${crypto.randomUUID()}\n`);
    const mount = 'mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"';
    return ["unshare", "--mount", "sh", "-c", mount, `${this.#file}.boot`];
  }

  /** What the clock shows, ms UTC. */
  get nowMs(): number {
    return Date.now() + this.#offsetMs;
  }

  /** Lets the clock differ from the machine's by so much from now on. */
  set(offsetMs: number): void {
    this.#offsetMs = Math.round(offsetMs / 1000) * 1000;
    const seconds = this.#offsetMs / 1000;
    writeFileSync(`${this.#file}.new`, `${seconds < 0 ? "" : "+"}${seconds}\n`);
    renameSync(`${this.#file}.new`, this.#file);
  }

  /** Lets the clock show this time now, to the second. */
  show(atMs: number): void {
    this.set(atMs - Date.now());
  }
}
