import type { Clock } from "../../src/platform/clock.ts";
import { diskFiles, type Files, type OpenFile } from "../../src/platform/files.ts";

type Sleeper = { wakeMs: number; wake: () => void };

/** A computer whose clocks a test moves: its wall clock may be wrong, and may be set. */
export class SimulatedMachine {
  bootId = "boot-1";
  /** What the kernel says of its clock. */
  isSynchronised: boolean | undefined = true;
  #wallMs: number;
  /** Since the machine started; both of the clocks that don't jump. */
  #upMs = 60_000;
  readonly #processes = new Set<SimulatedProcess>();

  constructor(wallMs: number) {
    this.#wallMs = wallMs;
  }

  get wallMs(): number {
    return this.#wallMs;
  }

  get upMs(): number {
    return this.#upMs;
  }

  /** Time goes by, and wakes all who slept so long; what they then do to the disk is done when this resolves. */
  async pass(ms: number): Promise<void> {
    this.#wallMs += ms;
    this.#upMs += ms;
    for (const process of this.#processes) process.wakeDue();
    await this.settled();
  }

  /** Somebody, or a time server, sets the wall clock forward or back. */
  step(ms: number): void {
    this.#wallMs += ms;
  }

  /** Power cut and start: it was off for `offMs`, and its clock wakes `wrongByMs` off what it should be. */
  reboot(bootId: string, { offMs, wrongByMs = 0 }: { offMs: number; wrongByMs?: number }): void {
    for (const process of this.#processes) process.kill();
    this.bootId = bootId;
    this.#upMs = 8000;
    this.#wallMs += offMs + wrongByMs;
  }

  /** A program on this machine: its own clock and its own hold on the disk, which end with it. */
  start(): SimulatedProcess {
    const process = new SimulatedProcess(this, () => this.#processes.delete(process));
    this.#processes.add(process);
    return process;
  }

  /** Resolves when no program has anything to do until time goes on. */
  async settled(): Promise<void> {
    for (let quiet = 0; quiet < 3; quiet += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      if ([...this.#processes].some(({ pending }) => pending > 0)) quiet = 0;
    }
  }
}

/** The clock and the disk as one program sees them. Killed, it neither wakes nor hears of anything it asked for. */
export class SimulatedProcess {
  readonly clock: Clock;
  readonly files: Files;
  /** Calls to the disk that are under way. */
  pending = 0;
  /** Changes of the disk since the start. */
  changes = 0;
  /** It is killed right before the change of this number. */
  killBeforeChange = Number.POSITIVE_INFINITY;
  #isDead = false;
  readonly #openFiles = new Set<OpenFile>();
  #sleepers: Sleeper[] = [];

  constructor(
    private readonly machine: SimulatedMachine,
    private readonly ended: () => void,
  ) {
    this.files = this.#mortal(diskFiles(), CHANGES);
    const { bootId } = machine;
    this.clock = {
      bootId,
      nowMs: () => machine.wallMs,
      monotonicMs: () => machine.upMs,
      bootMs: () => machine.upMs,
      synchronised: () => machine.isSynchronised,
      sleep: (ms, signal) => this.#sleep(ms, signal),
    };
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  kill(): void {
    this.#isDead = true;
    this.#sleepers = [];
    this.pending = 0;
    // The system closes what a process had open.
    for (const file of this.#openFiles) void file.close().catch(() => {});
    this.#openFiles.clear();
    this.ended();
  }

  wakeDue(): void {
    for (const { wakeMs, wake } of this.#sleepers) if (wakeMs <= this.machine.upMs) wake();
  }

  #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => {
      this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
      signal?.removeEventListener("abort", wake);
      resolve();
    };
    const sleeper = { wakeMs: this.machine.upMs + ms, wake };
    this.#sleepers.push(sleeper);
    signal?.addEventListener("abort", wake, { once: true });
    return promise;
  }

  /** The same calls, that end with the process: from then on they do nothing, and never answer. */
  #mortal<T extends object>(target: T, changes: ReadonlySet<string>): T {
    return new Proxy(target, {
      get: (of, name) => {
        const member: unknown = Reflect.get(of, name, of);
        if (typeof member !== "function") return member;
        return (...args: unknown[]) => this.#call(String(name), () => member.apply(of, args), changes);
      },
    });
  }

  #opened(file: OpenFile): OpenFile {
    if (this.#isDead) void file.close().catch(() => {});
    else this.#openFiles.add(file);
    return this.#mortal(file, FILE_CHANGES);
  }

  async #call(name: string, work: () => unknown, changes: ReadonlySet<string>): Promise<unknown> {
    if (changes.has(name) && !this.#isDead) {
      this.changes += 1;
      if (this.changes >= this.killBeforeChange) this.kill();
    }
    if (this.#isDead) return await new Promise(() => {});
    this.pending += 1;
    try {
      const result = await work();
      return isOpenFile(result) ? this.#opened(result) : result;
    } finally {
      if (this.#isDead) await new Promise(() => {});
      this.pending -= 1;
    }
  }
}

const CHANGES = new Set(["create", "makeFolder", "syncFolder", "writeWhole", "rename", "unlink", "truncate"]);
const FILE_CHANGES = new Set(["write", "datasync", "truncate"]);

const isOpenFile = (value: unknown): value is OpenFile =>
  typeof value === "object" && value !== null && "datasync" in value;
