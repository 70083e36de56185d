import { expect, test } from "bun:test";
import type { Archive } from "../../../src/capture/recording-sink.ts";
import type { RunSink, Source, SourceEnd } from "../../../src/capture/source.ts";
import { ChannelSupervisor } from "../../../src/capture/supervisor.ts";
import type { RunParameters } from "../../../src/media/parameters.ts";
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

/** A camera that is well: a key picture each second, until it is told to stop. */
class Camera implements Source {
  readonly description = "camera";
  readonly startedMs: number[] = [];

  constructor(private readonly clock: SimulatedClock) {}

  async run(sink: RunSink, signal: AbortSignal): Promise<SourceEnd> {
    this.startedMs.push(this.clock.monotonicMs());
    sink.begin(parameters);
    for (let index = 0; !signal.aborted; index += 1) {
      sink.fragment({
        track: "video",
        decodeTicks: index * 90_000,
        samples: [{ sizeBytes: 10, durationTicks: 90_000, compositionOffsetTicks: 0, isKey: true }],
        payload: new Uint8Array(10),
        arrivalMs: this.clock.monotonicMs(),
      });
      await this.clock.sleep(1000, signal);
    }
    return signal.reason as SourceEnd;
  }
}

/** An archive whose disk fails at the third picture of a run, while it is broken. */
function brokenArchive(): { archive: Archive; mend: () => void; recorded: () => number } {
  let isBroken = true;
  let recorded = 0;
  const archive: Archive = {
    noteFailure: () => {},
    keptTail: () => Promise.resolve([]),
    openKeptRun: () => {
      throw new Error("this source is not kept as it comes");
    },
    openRun(_id, _parameters, onFailure) {
      let pictures = 0;
      return {
        fragment() {
          pictures += 1;
          if (isBroken && pictures === 3) onFailure({ reason: "disk-error", detail: "EROFS" });
          else if (!isBroken) recorded += 1;
        },
        close: async () => {},
      };
    },
  };
  return { archive, mend: () => (isBroken = false), recorded: () => recorded };
}

test("a camera is asked ever more rarely for what a broken disk does not take, and recorded once it does", async () => {
  const clock = new SimulatedClock();
  const source = new Camera(clock);
  const { archive, mend, recorded } = brokenArchive();
  const supervisor = new ChannelSupervisor({ channelId: "gate", source, archive, clock, random: () => 0.5 });
  supervisor.start();
  await clock.advance(50_000);
  // At first as often as for a camera that is gone: the disk may be back at once.
  expect(source.startedMs.length).toBeGreaterThan(10);
  await clock.advance(550_000);
  const waits = source.startedMs.slice(1).map((ms, index) => ms - (source.startedMs[index] ?? 0));
  expect(waits.at(-1)).toBeGreaterThan(25_000);
  expect(source.startedMs.length).toBeLessThan(60);
  expect(supervisor.status.end).toEqual({ reason: "disk-error", detail: "EROFS" });
  mend();
  await clock.advance(32_000);
  expect(supervisor.status.state).toBe("recording");
  const before = recorded();
  await clock.advance(30_000);
  expect(recorded() - before).toBe(30);
  await supervisor.stop();
});
