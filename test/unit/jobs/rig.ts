import { z } from "zod";
import { StateDatabase } from "../../../src/db/state/state-database.ts";
import { HeavyGate, type RecordingFigures } from "../../../src/jobs/heavy-gate.ts";
import type { JobKind, JobRun } from "../../../src/jobs/job-kind.ts";
import { JobQueue } from "../../../src/jobs/job-queue.ts";
import { parseDailySpan, type DailySpan } from "../../../src/platform/daily-span.ts";
import { SimulatedMachine, type SimulatedProcess } from "../../support/simulated-machine.ts";

/** What a test's job is given, and how a test ends it. */
export type Begun = {
  text: string;
  run: JobRun;
  finish: (result?: unknown) => void;
  fail: (error: Error) => void;
};

/** The message with which something failed. */
export const failureOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "it did not fail",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

export type TestPayload = { text: string };

/** A queue on a simulated machine, with kinds of work that do what a test says. */
export class JobRig {
  readonly machine: SimulatedMachine;
  readonly begun: Begun[] = [];
  figures: RecordingFigures = {
    waitingBytes: 0,
    syncMs: 0,
    flushMs: 5000,
    wasTooSlow: false,
    isRecording: true,
  };
  window: DailySpan | undefined;
  channelBeingRead: string | undefined;
  state: StateDatabase;
  queue: JobQueue;
  #process: SimulatedProcess;

  constructor(
    readonly path: string,
    nowMs: number,
  ) {
    this.machine = new SimulatedMachine(nowMs);
    this.state = StateDatabase.open(path);
    this.#process = this.machine.start();
    this.queue = this.#makeQueue();
  }

  set windowText(text: string) {
    this.window = parseDailySpan(text);
  }

  #makeQueue(): JobQueue {
    const { clock } = this.#process;
    const gate = new HeavyGate({
      clock,
      zone: () => "Europe/Berlin",
      window: () => this.window,
      recording: () => this.figures,
    });
    const queue = new JobQueue({
      table: this.state.jobs,
      clock,
      zone: () => "Europe/Berlin",
      gate,
      isBeingRead: (channel) => channel === this.channelBeingRead,
    });
    queue.register(this.#kind("moment", { isHeavy: false, atOnce: 2 }));
    queue.register(this.#kind("clip", { isHeavy: false, atOnce: 2 }, { isStubborn: true }));
    queue.register(this.#kind("timelapse", { isHeavy: true, atOnce: 1 }));
    queue.register(this.#kind("ageing", { isHeavy: true, atOnce: 1 }));
    return queue;
  }

  #kind(
    name: JobKind<TestPayload>["name"],
    how: Pick<JobKind<TestPayload>, "isHeavy" | "atOnce">,
    { isStubborn = false } = {},
  ): JobKind<TestPayload> {
    return {
      name,
      ...how,
      payload: z.strictObject({ text: z.string().max(100) }),
      title: ({ text }) => `The ${name} ${text}`,
      link: ({ text }, result) => (result === "hidden" ? undefined : `/films/${text}`),
      isDeleted: (result) => result === "deleted",
      run: async ({ text }, run) => {
        const end = Promise.withResolvers<unknown>();
        if (!isStubborn) {
          run.signal.addEventListener("abort", () => end.reject(new Error("aborted")), { once: true });
        }
        this.begun.push({ text, run, finish: end.resolve, fail: end.reject });
        return end.promise;
      },
    };
  }

  /** The newest job of a text that was begun. */
  of(text: string): Begun {
    const found = this.begun.findLast((begun) => begun.text === text);
    if (!found) throw new Error(`${text} was not begun`);
    return found;
  }

  get begunTexts(): string[] {
    return this.begun.map(({ text }) => text);
  }

  async pass(seconds: number): Promise<void> {
    for (let left = seconds; left > 0; left -= 1) await this.machine.pass(1000);
  }

  /** Long times, in steps that the queue does not take for a program that is late. */
  async passMinutes(minutes: number): Promise<void> {
    await this.pass(minutes * 60);
  }

  /** What runs does not hear of it, and nothing is written any more. */
  kill(): void {
    this.#process.kill();
    this.state.close();
  }

  /** Another start with the same database; the queue is begun by `queue.start()`. */
  restart(): void {
    this.state = StateDatabase.open(this.path);
    this.#process = this.machine.start();
    this.queue = this.#makeQueue();
  }
}
