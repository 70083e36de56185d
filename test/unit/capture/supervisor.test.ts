import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Backoff } from "../../../src/capture/backoff.ts";
import { StorageMissing, type Archive, type RunRecorder } from "../../../src/capture/recording-sink.ts";
import { RunFigures } from "../../../src/capture/run-figures.ts";
import type { Retry, RunSink, Source, SourceEnd } from "../../../src/capture/source.ts";
import { ChannelSupervisor } from "../../../src/capture/supervisor.ts";
import type { Fragment, RunParameters } from "../../../src/media/parameters.ts";
import type { EndReason, RunEnd } from "../../../src/media/reasons.ts";
import { clockStepMs } from "../../../src/platform/clock-watch.ts";
import { SimulatedClock } from "./simulated-clock.ts";

const parameters: RunParameters = {
  video: {
    kind: "video",
    codec: "h264",
    timescale: 90_000,
    width: 640,
    height: 360,
    parameterSets: [],
    codecString: "avc1.42c01e",
  },
};

/** One second of pictures, the first a key picture. */
const second = (index: number, arrivalMs: number): Fragment => ({
  track: "video",
  decodeTicks: index * 90_000,
  samples: [{ sizeBytes: 1000, durationTicks: 90_000, compositionOffsetTicks: 0, isKey: true }],
  payload: new Uint8Array(1000),
  arrivalMs,
});

const offline: SourceEnd = { reason: "source-offline", detail: "gone", retry: "later" };

/** What a source does in one run: record for a time, then end, or say nothing more until it is aborted. */
type Act = { connectMs?: number; recordMs?: number; end?: SourceEnd };

/** A camera that follows a script, run by run; the last act is repeated. */
class ScriptedSource implements Source {
  readonly description = "scripted";
  readonly startedMs: number[] = [];
  readonly ends: SourceEnd[] = [];
  running = 0;

  constructor(
    private readonly clock: SimulatedClock,
    private readonly acts: Act[],
  ) {}

  async run(sink: RunSink, signal: AbortSignal): Promise<SourceEnd> {
    this.running += 1;
    const act = this.acts[Math.min(this.startedMs.length, this.acts.length - 1)] ?? {};
    this.startedMs.push(this.clock.monotonicMs());
    const end = await this.#play(act, sink, signal);
    this.ends.push(end);
    this.running -= 1;
    return end;
  }

  async #play(act: Act, sink: RunSink, signal: AbortSignal): Promise<SourceEnd> {
    await this.clock.sleep(act.connectMs ?? 0, signal);
    if (act.recordMs !== undefined && !signal.aborted) {
      sink.begin(parameters);
      for (let ms = 0; ms < act.recordMs && !signal.aborted; ms += 1000) {
        sink.fragment(second(ms / 1000, this.clock.monotonicMs()));
        await this.clock.sleep(1000, signal);
      }
    }
    if (act.end === undefined) await this.clock.sleep(Number.MAX_SAFE_INTEGER / 2, signal);
    if (signal.aborted) return signal.reason as SourceEnd;
    return act.end ?? offline;
  }
}

class FakeArchive implements Archive {
  readonly runs: { fragments: number; ends: RunEnd[]; fail: (end: RunEnd) => void }[] = [];
  readonly failures: RunEnd[] = [];
  isMissing = false;
  missingReason: EndReason = "disk-missing";

  noteFailure(_channelId: string, end: RunEnd): void {
    this.failures.push(end);
  }

  keptTail(): Promise<readonly []> {
    return Promise.resolve([]);
  }

  openKeptRun(): never {
    throw new Error("this source is not kept as it comes");
  }

  openRun(_channelId: string, _parameters: RunParameters, onFailure: (end: RunEnd) => void): RunRecorder {
    if (this.isMissing) throw new StorageMissing({ reason: this.missingReason, detail: "no room" });
    const run = { fragments: 0, ends: [] as RunEnd[], fail: onFailure };
    this.runs.push(run);
    return {
      fragment: () => void (run.fragments += 1),
      close: async (end) => void run.ends.push(end),
    };
  }
}

function setUp(acts: Act[]) {
  const clock = new SimulatedClock();
  const source = new ScriptedSource(clock, acts);
  const archive = new FakeArchive();
  const supervisor = new ChannelSupervisor({ channelId: "gate", source, archive, clock, random: () => 0.5 });
  return { clock, source, archive, supervisor };
}

const waits = (source: ScriptedSource): number[] =>
  source.startedMs.slice(1).map((ms, index) => ms - (source.startedMs[index] ?? 0));

describe("a supervisor", () => {
  test("records, and stops when it is told to", async () => {
    const { clock, source, archive, supervisor } = setUp([{ recordMs: 1e9 }]);
    supervisor.start();
    await clock.advance(20_000);
    expect(supervisor.status).toMatchObject({
      state: "recording",
      attempts: 0,
      keyIntervalMs: 1000,
      bitrateBps: 8000,
    });
    await supervisor.stop();
    expect(archive.runs.map(({ ends }) => ends)).toEqual([[{ reason: "stopped", detail: "" }]]);
    expect(source.running).toBe(0);
    expect(supervisor.status.state).toBe("stopped");
  });

  test("tells the archive why a try came to no run, and nothing more of one that did", async () => {
    const { clock, archive, supervisor } = setUp([{ end: offline }, { recordMs: 5000, end: offline }]);
    supervisor.start();
    await clock.advance(6000);
    expect(archive.failures).toEqual([{ reason: "source-offline", detail: "gone" }]);
    await supervisor.stop();
    expect(archive.failures).toHaveLength(1);
  });

  test("tries a dead camera every few seconds, later every half minute", async () => {
    const { clock, source, supervisor } = setUp([{ end: offline }]);
    supervisor.start();
    await clock.advance(60_000);
    for (const wait of waits(source)) expect(wait).toBeWithin(1000, 4001);
    const tries = source.startedMs.length;
    expect(tries).toBeWithin(15, 61);
    await clock.advance(3_600_000);
    expect(waits(source).at(-1)).toBeWithin(20_000, 30_001);
    expect(supervisor.status).toMatchObject({
      state: "waiting",
      end: { reason: "source-offline", detail: "gone" },
    });
    await supervisor.stop();
  });

  test("is back within seconds when a camera drops each connection", async () => {
    const { clock, source, archive, supervisor } = setUp([{ recordMs: 3000, end: offline }]);
    supervisor.start();
    await clock.advance(300_000);
    for (const wait of waits(source)) expect(wait).toBeWithin(4000, 4500);
    expect(
      archive.runs.every(
        ({ ends, fragments }) => (ends.length === 1 && fragments === 3) || ends.length === 0,
      ),
    ).toBe(true);
    await supervisor.stop();
  });

  test("ends a run without pictures for 15 s", async () => {
    const { clock, source, archive, supervisor } = setUp([{ recordMs: 10_000 }, { recordMs: 1e9 }]);
    supervisor.start();
    await clock.advance(30_000);
    expect(archive.runs[0]?.ends).toEqual([{ reason: "source-stalled", detail: "no picture for 15 s" }]);
    expect(source.startedMs[1]).toBeWithin(24_000, 27_500);
    expect(supervisor.status.state).toBe("recording");
    await supervisor.stop();
  });

  test("does not blame the source when this program stood still", async () => {
    const { clock, archive, supervisor } = setUp([{ recordMs: 1e9 }]);
    supervisor.start();
    await clock.advance(10_000);
    await clock.freeze(60_000);
    await clock.advance(30_000);
    expect(archive.runs.length).toBe(1);
    expect(archive.runs[0]?.ends).toEqual([]);
    await supervisor.stop();
  });

  test("begins a new run when the wall clock was set", async () => {
    for (const stepMs of [-3_600_000, 2400, 10 * 365 * 86_400_000]) {
      const { clock, archive, supervisor } = setUp([{ recordMs: 1e9 }]);
      supervisor.start();
      await clock.advance(10_000);
      clock.stepWall(stepMs);
      await clock.advance(5000);
      expect(archive.runs.length).toBe(2);
      expect(archive.runs[0]?.ends[0]?.reason).toBe("clock-stepped");
      await supervisor.stop();
    }
  });

  test.each(["disk-missing", "disk-full"] as const)(
    "says when it is %s, and records when it is not",
    async (reason) => {
      const { clock, archive, supervisor } = setUp([{ recordMs: 1e9 }]);
      archive.isMissing = true;
      archive.missingReason = reason;
      supervisor.start();
      await clock.advance(20_000);
      expect(supervisor.status.end).toEqual({ reason, detail: "no room" });
      archive.isMissing = false;
      await clock.advance(20_000);
      expect(supervisor.status.state).toBe("recording");
      await supervisor.stop();
    },
  );

  test("ends a run that can't be recorded any further, closes it once, and goes on", async () => {
    const { clock, archive, supervisor } = setUp([{ recordMs: 1e9 }]);
    supervisor.start();
    await clock.advance(5000);
    const before = archive.runs[0]?.fragments ?? 0;
    archive.runs[0]?.fail({ reason: "disk-slow", detail: "32 MB waiting" });
    archive.runs[0]?.fail({ reason: "disk-error", detail: "again" });
    await clock.advance(5000);
    expect(archive.runs[0]?.ends).toEqual([{ reason: "disk-slow", detail: "32 MB waiting" }]);
    expect(archive.runs[0]?.fragments).toBe(before);
    expect(archive.runs.length).toBe(2);
    await supervisor.stop();
  });

  test("one that hangs or fails does not touch another", async () => {
    const clock = new SimulatedClock();
    const archive = new FakeArchive();
    const sources = [
      new ScriptedSource(clock, [{}]),
      new ScriptedSource(clock, [{ end: { ...offline, retry: "now" } }]),
      new ScriptedSource(clock, [{ recordMs: 1e9 }]),
    ];
    const throwing: Source = { description: "broken", run: () => Promise.reject(new Error("a fault")) };
    const all = [...sources, throwing].map(
      (source, index) => new ChannelSupervisor({ channelId: `c${index}`, source, archive, clock }),
    );
    for (const supervisor of all) supervisor.start();
    await clock.advance(120_000);
    expect(all[2]?.status.state).toBe("recording");
    expect(archive.runs[0]?.fragments).toBeGreaterThan(115);
    expect(all[3]?.status.end).toEqual({ reason: "source-broken", detail: "a fault" });
    await Promise.all(all.map((supervisor) => supervisor.stop()));
    expect(sources.every(({ running }) => running === 0)).toBe(true);
  });

  test("whatever a source does: one run at a time, each closed once, never hammered", async () => {
    const retries: Retry[] = ["now", "later", "rarely"];
    const anyAct = fc.record(
      {
        connectMs: fc.nat(20_000),
        recordMs: fc.nat(40_000),
        end: fc.record({
          reason: fc.constantFrom("source-offline" as const, "init-changed" as const),
          detail: fc.constant(""),
          retry: fc.constantFrom(...retries),
        }),
      },
      { requiredKeys: ["end"] },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(anyAct, { minLength: 1, maxLength: 8 }), async (acts) => {
        const { clock, source, archive, supervisor } = setUp(acts);
        supervisor.start();
        await clock.advance(200_000);
        expect(source.running).toBeLessThanOrEqual(1);
        for (const wait of waits(source)) expect(wait).toBeGreaterThanOrEqual(200);
        await supervisor.stop();
        expect(source.running).toBe(0);
        for (const { ends } of archive.runs) expect(ends.length).toBe(1);
      }),
      { seed: 8, numRuns: 40 },
    );
  });
});

test("advice on key frames that come too rarely", () => {
  const figures = new RunFigures();
  const fragment = second(0, 0);
  for (const index of [0, 10, 20])
    figures.take({ ...fragment, decodeTicks: index * 90_000, arrivalMs: index * 1000 });
  expect(figures.keyIntervalMs).toBe(10_000);
  expect(figures.advice).toContain("every 10 s");
  const good = new RunFigures();
  for (const index of [0, 1, 2, 3]) good.take(second(index, index * 1000));
  expect(good.advice).toBeUndefined();
  expect(good.bitrateBps).toBe(8000);
});

describe("waiting", () => {
  test("grows when runs that ask for `now` end quickly", () => {
    const backoff = new Backoff(() => 0);
    const ended = { retry: "now" as const, recordedMs: 500, silentMs: 0 };
    expect([1, 2, 3, 4, 5, 6, 7].map(() => backoff.nextMs(ended))).toEqual([
      200, 400, 800, 1600, 3200, 4000, 4000,
    ]);
    expect(backoff.nextMs({ ...ended, recordedMs: 60_000 })).toBe(200);
  });

  test("is minutes when a person has to do something", () => {
    const backoff = new Backoff(() => 0);
    const ended = { retry: "rarely" as const, recordedMs: 0, silentMs: 1e6 };
    expect([1, 2, 3, 4, 5].map(() => backoff.nextMs(ended))).toEqual([
      60_000, 120_000, 240_000, 300_000, 300_000,
    ]);
  });
});

test("a clock's step is told from its slewing", () => {
  const before = { nowMs: 1_000_000, monotonicMs: 5000 };
  expect(clockStepMs(before, { nowMs: 1_001_000.5, monotonicMs: 6000 })).toBe(0);
  expect(clockStepMs(before, { nowMs: 1_003_001, monotonicMs: 6000 })).toBe(2001);
  expect(clockStepMs(before, { nowMs: 900_000, monotonicMs: 6000 })).toBe(-101_000);
});
