import { describe, expect, test } from "bun:test";
import { FetchFailure, UnsupportedSource } from "../../../../src/capture/hls/fetch-failure.ts";
import type { Loaded, LoadOptions } from "../../../../src/capture/hls/loader.ts";
import { SegmentQueue, type Arrived } from "../../../../src/capture/hls/segment-queue.ts";
import type { Entry } from "../../../../src/capture/hls/window.ts";
import { SimulatedClock } from "../simulated-clock.ts";

const MB = 1024 * 1024;

const entries = (count: number): Entry[] =>
  Array.from({ length: count }, (_, sequence) => ({
    url: `http://x/${sequence}`,
    keys: [],
    sequence,
    durationSeconds: 2,
    arrivalStartMs: 0,
    isDiscontinuity: false,
    isGap: false,
  }));

/** Segments whose loading a test ends by hand. */
class Loads {
  readonly begun: number[] = [];
  readonly open = new Map<
    number,
    { end: (loaded: Loaded) => void; fail: (error: Error) => void; bytes: (n: number) => void }
  >();

  readonly load = ({ sequence }: Entry, { signal, onBytes }: LoadOptions): Promise<Loaded> => {
    this.begun.push(sequence);
    const { promise, resolve, reject } = Promise.withResolvers<Loaded>();
    signal.addEventListener("abort", () => reject(new FetchFailure("cancelled", "gave way")));
    this.open.set(sequence, { end: resolve, fail: reject, bytes: (n) => onBytes?.(n) });
    return promise;
  };

  async end(sequence: number, sizeBytes = 1): Promise<void> {
    this.open.get(sequence)?.end({ bytes: new Uint8Array(sizeBytes) });
    await Bun.sleep(0);
  }

  async fail(sequence: number, status = 404): Promise<void> {
    this.open.get(sequence)?.fail(new FetchFailure("status", `answered ${status}`, status));
    await Bun.sleep(0);
  }
}

function queueOf(): {
  queue: SegmentQueue;
  loads: Loads;
  clock: SimulatedClock;
  out: Arrived[];
  abort: AbortController;
} {
  const loads = new Loads();
  const clock = new SimulatedClock();
  const abort = new AbortController();
  const queue = new SegmentQueue(loads.load, clock, abort.signal);
  const out: Arrived[] = [];
  void (async () => {
    for (;;) {
      const arrived = await queue.next();
      if (arrived === undefined) return;
      out.push(arrived);
    }
  })().catch(() => {});
  return { queue, loads, clock, out, abort };
}

const told = (out: readonly Arrived[]): string[] =>
  out.map((arrived) =>
    arrived.kind === "segment" ? `${arrived.entry.sequence}` : `lost: ${arrived.detail}`,
  );

describe("segments on their way", () => {
  test("several at a time, and out in order", async () => {
    const { queue, loads, out } = queueOf();
    queue.offer(entries(6));
    expect(loads.begun).toEqual([0, 1, 2, 3]);
    await loads.end(2);
    await loads.end(1);
    expect(told(out)).toEqual([]);
    await loads.end(0);
    expect(told(out)).toEqual(["0", "1", "2"]);
    expect(loads.begun).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test("what fails is tried again while it is listed, then it is lost and the next goes on", async () => {
    const { queue, loads, clock, out } = queueOf();
    queue.offer(entries(2));
    await loads.end(1);
    await loads.fail(0);
    expect(told(out)).toEqual([]);
    await clock.advance(300);
    expect(loads.begun).toEqual([0, 1, 0]);
    queue.expire(({ sequence }) => sequence > 0);
    await loads.fail(0, 410);
    expect(told(out)).toEqual(["lost: a segment could not be fetched: answered 410", "1"]);
  });

  test("what was not tried before it left the list is tried once", async () => {
    const { queue, loads, out } = queueOf();
    queue.offer(entries(1));
    queue.expire(() => false);
    await loads.end(0);
    expect(told(out)).toEqual(["0"]);
  });

  test("a segment that is listed for hours is given up after a minute", async () => {
    const { queue, loads, clock, out } = queueOf();
    queue.offer(entries(1));
    for (let round = 0; round < 40 && out.length === 0; round += 1) {
      await loads.fail(0);
      await clock.advance(4000);
    }
    expect(told(out)).toHaveLength(1);
    expect(clock.monotonicMs()).toBeWithin(60_000, 80_000);
    expect(loads.begun.length).toBeLessThan(25);
  });

  test("gaps keep their place", async () => {
    const { queue, loads, out } = queueOf();
    const [a, b, c] = entries(3) as [Entry, Entry, Entry];
    queue.offer([a, { ...b, isGap: true }, c]);
    await loads.end(2);
    await loads.end(0);
    expect(told(out)).toEqual(["0", "lost: the source marks a segment as missing (EXT-X-GAP)", "2"]);
  });

  test("behind the one in front no more than 32 MB are held", async () => {
    const { queue, loads } = queueOf();
    queue.offer(entries(8));
    await loads.end(1, 20 * MB);
    loads.open.get(2)?.bytes(13 * MB);
    await Bun.sleep(0);
    // The third one gave way, and nothing else begins until the front is through.
    const begun = loads.begun.length;
    await loads.end(3, 1);
    expect(loads.begun.filter((sequence) => sequence === 2)).toHaveLength(1);
    loads.open.get(0)?.bytes(60 * MB);
    await loads.end(0, 60 * MB);
    await Bun.sleep(0);
    expect(loads.begun.slice(begun)).toContain(2);
  });

  test("what can't be decrypted ends it", async () => {
    const clock = new SimulatedClock();
    const load = () => Promise.reject(new UnsupportedSource("it is encrypted with SAMPLE-AES"));
    const queue = new SegmentQueue(load, clock, new AbortController().signal);
    queue.offer(entries(1));
    expect(queue.next()).rejects.toThrow("SAMPLE-AES");
  });

  test("nothing more comes when it is over", async () => {
    const clock = new SimulatedClock();
    const abort = new AbortController();
    const queue = new SegmentQueue(() => new Promise(() => {}), clock, abort.signal);
    queue.offer(entries(1));
    const next = queue.next();
    abort.abort();
    expect(await next).toBeUndefined();
  });
});
