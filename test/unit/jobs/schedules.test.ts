import { afterEach, expect, test } from "bun:test";
import { validate } from "node-cron";
import { scheduleNames, Schedules, scheduleTable } from "../../../src/jobs/schedules.ts";
import { systemClock } from "../../../src/platform/system-clock.ts";
import { SimulatedMachine } from "../../support/simulated-machine.ts";
import { waitFor } from "../../support/wait.ts";

const clock = systemClock();
let schedules = new Schedules({ clock, zone: "Europe/Berlin" });

afterEach(() => schedules.stop());

/** Begins anew with what the test says is done. */
function start(works: Partial<Record<keyof typeof scheduleTable, () => unknown>>): void {
  schedules = new Schedules({ clock, zone: "Europe/Berlin" });
  for (const name of scheduleNames) {
    const work = works[name];
    if (work) schedules.on(name, work);
  }
  schedules.start();
}

const shown = (name: string) => schedules.list().find((schedule) => schedule.name === name);

test("the table holds times that are understood, and says what is done", () => {
  for (const name of scheduleNames) {
    expect([name, validate(scheduleTable[name].cron)]).toEqual([name, true]);
    expect(scheduleTable[name].what).toMatch(/^[A-Z].+[a-z]$/);
  }
});

test("what makes up for missed times is done at the start, the rest at its times", async () => {
  const done: string[] = [];
  start({ timelapses: () => done.push("timelapses"), jobs: () => done.push("jobs") });
  expect(done).toEqual([]);
  await waitFor("the work of the start", () => done.length > 0);
  await Bun.sleep(20);
  expect(done).toEqual(["timelapses"]);
  expect(schedules.list().map(({ name }) => name)).toEqual(["timelapses", "jobs"]);
});

/** Minutes of local time at which a schedule was done, on a machine whose clock a test moves. */
class ClockRig {
  readonly machine: SimulatedMachine;
  readonly done: string[] = [];

  constructor(start: string) {
    this.machine = new SimulatedMachine(
      Temporal.ZonedDateTime.from(`${start}[Europe/Berlin]`).epochMilliseconds,
    );
    schedules = new Schedules({ clock: this.machine.start().clock, zone: "Europe/Berlin" });
    for (const name of ["ageing", "jobs"] as const) {
      schedules.on(name, () => this.done.push(`${name} ${this.#time()}`));
    }
    schedules.start();
  }

  #time(): string {
    const at = Temporal.Instant.fromEpochMilliseconds(this.machine.wallMs).toZonedDateTimeISO(
      "Europe/Berlin",
    );
    return at.toPlainTime().toString({ smallestUnit: "minute" });
  }

  async pass(minutes: number): Promise<string[]> {
    for (let left = minutes * 6; left > 0; left -= 1) await this.machine.pass(10_000);
    return this.done.splice(0);
  }
}

test("each is done at its minutes of local time, once", async () => {
  const rig = new ClockRig("2026-11-21T02:00:30");
  expect(await rig.pass(0.5)).toEqual(["ageing 02:00"]);
  expect(await rig.pass(150)).toEqual(["ageing 02:20", "ageing 03:20", "jobs 03:50", "ageing 04:20"]);
});

test("a night in which the clock is set forward or back leaves nothing out", async () => {
  const spring = new ClockRig("2026-03-29T01:00:30");
  expect(await spring.pass(130)).toEqual(["ageing 01:00", "ageing 01:20", "ageing 03:20", "jobs 03:50"]);
  await schedules.stop();
  const autumn = new ClockRig("2026-10-25T02:00:30+02:00");
  expect(await autumn.pass(175)).toEqual([
    "ageing 02:00",
    "ageing 02:20",
    "ageing 02:20",
    "ageing 03:20",
    "jobs 03:50",
  ]);
});

test.each([370, -370])(
  "a clock that is set by %d days: all is looked after once, and goes on by the new one",
  async (days) => {
    const rig = new ClockRig("2026-11-21T12:00:30");
    await rig.pass(0.5);
    rig.machine.step(days * 86_400_000);
    expect(await rig.pass(1)).toHaveLength(2);
    expect(await rig.pass(25)).toEqual(["ageing 12:20"]);
  },
);

test("a program that was late by some minutes makes up for them, once", async () => {
  const rig = new ClockRig("2026-11-21T03:10:30");
  await rig.pass(0.5);
  await rig.machine.pass(10 * 60_000);
  expect(rig.done.splice(0)).toEqual(["ageing 03:21"]);
});

test("the next time is that of the clock in the zone", () => {
  start({ jobs: () => {}, ageing: () => {} });
  const next = Temporal.Instant.fromEpochMilliseconds(shown("jobs")?.nextMs ?? 0).toZonedDateTimeISO(
    "Europe/Berlin",
  );
  expect([next.hour, next.minute, next.second]).toEqual([3, 50, 0]);
  const leftMs = (shown("ageing")?.nextMs ?? 0) - clock.nowMs();
  expect(leftMs).toBeGreaterThan(-1000);
  expect(leftMs).toBeLessThanOrEqual(3_600_000);
});

test("what goes wrong is shown, and stops nothing", async () => {
  start({
    timelapses: () => {
      throw new Error("The storage is not there");
    },
    ageing: () => Promise.reject(new Error("Nothing answers")),
  });
  await waitFor(
    "both",
    () => shown("timelapses")?.error !== undefined && shown("ageing")?.error !== undefined,
  );
  expect(shown("timelapses")).toMatchObject({
    error: "The storage is not there",
    lastMs: expect.any(Number),
  });
  expect(shown("ageing")?.nextMs).toBeGreaterThan(clock.nowMs());
});

test("a stop waits for what is being done, and nothing begins any more", async () => {
  const gate = Promise.withResolvers<void>();
  let isBegun = false;
  start({
    timelapses: () => {
      isBegun = true;
      return gate.promise;
    },
  });
  await waitFor("its beginning", () => isBegun);
  let isStopped = false;
  const stopping = schedules.stop().then(() => (isStopped = true));
  await Bun.sleep(20);
  expect(isStopped).toBe(false);
  gate.resolve();
  await stopping;
  expect(shown("timelapses")?.nextMs).toBeUndefined();
});
