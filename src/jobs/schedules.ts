import cron, { type ScheduledTask } from "node-cron";
import type { Clock } from "../platform/clock.ts";
import { errorText } from "../platform/errors.ts";
import { logOf } from "../platform/log.ts";

const log = logOf("schedules");

/**
 * All that is done by the clock, in one place: when, in the server's zone, as minute, hour, day, month and weekday; and
 * what, for people. `atStart`: at the start of the program, too, to make up for what was missed.
 */
export const scheduleTable = {
  timelapses: {
    cron: "5 * * * *",
    atStart: true,
    what: "Looks for days that are over and have no timelapse yet",
  },
  ageing: {
    cron: "20 * * * *",
    atStart: true,
    what: "Looks for days that are old enough to be made smaller",
  },
  clips: {
    cron: "40 * * * *",
    atStart: true,
    what: "Deletes timelapses and moments that are older than they are to be kept",
  },
  jobs: {
    cron: "50 3 * * *",
    atStart: false,
    what: "Forgets jobs that ended weeks ago",
  },
} as const satisfies Record<string, { cron: string; atStart: boolean; what: string }>;

export type ScheduleName = keyof typeof scheduleTable;

export const scheduleNames = Object.keys(scheduleTable) as ScheduleName[];

/** A schedule as people see it. Times in ms UTC. */
export type ShownSchedule = {
  name: ScheduleName;
  cron: string;
  what: string;
  /** Absent while it is not running. */
  nextMs?: number;
  /** When it was done last since the start, and what went wrong then. */
  lastMs?: number;
  error?: string;
};

type Entry = {
  work: () => unknown;
  /** Knows when its times are; it is never started. */
  times: ScheduledTask;
  /** Its minutes of the hour, modulo a quarter. */
  quarterMinutes: ReadonlySet<number>;
  lastMs?: number;
  error?: string;
  running?: Promise<void>;
  /** The minute that comes next, as seen from another one. */
  next?: { from: number; minute: number };
};

const MINUTE_MS = 60_000;
/** A schedule's next time is looked for so many minutes ahead: two days. */
const MOST_AHEAD = 2 * 24 * 60;
/** All zones differ from UTC by whole quarters of an hour: to ask what does not fit by them takes time for nothing. */
const QUARTER = 15;
/** The clock is looked at this often, so that one that was set is noticed. */
const LOOK_MS = 10_000;
/** Minutes that are made up for one by one, as of a program that was late; beyond that, and back, the clock was set. */
const MOST_MINUTES = 15;

/**
 * Does what the table says, each as the room that does it has told; one that nobody told of is not done. node-cron knows
 * which minutes are meant; the waiting is done here, because its own timer sleeps on for a year when the clock, set wrong
 * at the start, is set back by one, and goes through all that it missed when it is set forward.
 */
export class Schedules {
  readonly #clock: Clock;
  readonly #zone: string;
  readonly #entries = new Map<ScheduleName, Entry>();
  readonly #stop = new AbortController();
  #done: Promise<void> = Promise.resolve();

  constructor({ clock, zone }: { clock: Clock; zone: string }) {
    this.#clock = clock;
    this.#zone = zone;
  }

  /** Says what is done at a schedule's times: short work that adds jobs, or tidies up. Never twice at once. */
  on(name: ScheduleName, work: () => unknown): void {
    const { cron: expression } = scheduleTable[name];
    const times = cron.createTask(expression, () => {}, { name, timezone: this.#zone });
    const quarterMinutes = new Set(cron.parse(expression).minute.map((minute) => minute % QUARTER));
    this.#entries.set(name, { work, times, quarterMinutes });
  }

  start(): void {
    for (const [name, entry] of this.#entries) if (scheduleTable[name].atStart) void this.#do(name, entry);
    this.#done = this.#run();
  }

  /** Resolves when what was being done is over. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
    for (const { running } of this.#entries.values()) await running;
  }

  /** In the order of the table. */
  list(): ShownSchedule[] {
    return scheduleNames.flatMap((name) => {
      const entry = this.#entries.get(name);
      if (!entry) return [];
      const { cron: expression, what } = scheduleTable[name];
      const nextMs = this.#nextMs(entry);
      return [
        {
          name,
          cron: expression,
          what,
          ...(nextMs === undefined ? {} : { nextMs }),
          ...(entry.lastMs === undefined ? {} : { lastMs: entry.lastMs }),
          ...(entry.error === undefined ? {} : { error: entry.error }),
        },
      ];
    });
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let seen = this.#minute();
    while (!signal.aborted) {
      const leftMs = MINUTE_MS - (this.#clock.nowMs() % MINUTE_MS);
      await this.#clock.sleep(Math.min(leftMs, LOOK_MS), signal);
      const now = this.#minute();
      if (signal.aborted || now === seen) continue;
      const passed = now - seen;
      const wasSet = passed < 0 || passed > MOST_MINUTES;
      if (wasSet) log.info("The clock was set, or the machine slept: all schedules are looked after now");
      const minutes = wasSet ? [] : Array.from({ length: passed }, (_, index) => seen + 1 + index);
      for (const [name, entry] of this.#entries) {
        const isDue = minutes.some((minute) => entry.times.match(new Date(minute * MINUTE_MS)));
        if (wasSet || isDue) void this.#do(name, entry);
      }
      seen = now;
    }
  }

  /** When it is its time next; found minute by minute, once for each time. */
  #nextMs(entry: Entry): number | undefined {
    if (this.#stop.signal.aborted) return undefined;
    const now = this.#minute();
    const known = entry.next;
    if (known && known.from <= now && now < known.minute) return known.minute * MINUTE_MS;
    for (let minute = now + 1; minute <= now + MOST_AHEAD; minute += 1) {
      if (!entry.quarterMinutes.has(minute % QUARTER)) continue;
      if (!entry.times.match(new Date(minute * MINUTE_MS))) continue;
      entry.next = { from: now, minute };
      return minute * MINUTE_MS;
    }
    return undefined;
  }

  #minute(): number {
    return Math.floor(this.#clock.nowMs() / MINUTE_MS);
  }

  #do(name: ScheduleName, entry: Entry): Promise<void> {
    entry.running ??= this.#work(name, entry).finally(() => delete entry.running);
    return entry.running;
  }

  async #work(name: ScheduleName, entry: Entry): Promise<void> {
    // Not within the call that starts it: the start of the program waits for nothing here.
    await Promise.resolve();
    if (this.#stop.signal.aborted) return;
    try {
      await entry.work();
      delete entry.error;
    } catch (error) {
      entry.error = errorText(error);
      log.error("{name}: {error}", { name, error: entry.error });
    }
    entry.lastMs = this.#clock.nowMs();
  }
}
