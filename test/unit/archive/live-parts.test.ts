import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { readFile } from "node:fs/promises";
import type { LivePartContent, LivePartName } from "../../../src/archive/live/live-edge.ts";
import { PartCuts, partTicksFor } from "../../../src/archive/live/part-cuts.ts";
import { parseSegmentHeader, rebaseHeader } from "../../../src/media/fmp4/segment.ts";
import type { Fragment, Sample } from "../../../src/media/parameters.ts";
import { convertTicks } from "../../../src/media/ticks.ts";
import { Rig, rigParameters } from "./rig.ts";

const seed = 20_261_121;
const FRAME_TICKS = 1024;

const picturesOf = (durations: readonly number[]): Sample[] =>
  durations.map((durationTicks, i) => ({
    durationTicks,
    sizeBytes: 1,
    compositionOffsetTicks: 0,
    isKey: i === 0,
  }));

describe("where a segment is cut into parts", () => {
  test("even pictures: every part but the last has 85% of the target at least, and none more than it", () => {
    for (const rate of [5, 8, 10, 12, 12.5, 15, 20, 24, 25, 30, 50, 60, 120]) {
      const samples = picturesOf(
        Array.from({ length: Math.ceil(2 * rate) }, () => Math.round(90_000 / rate)),
      );
      const targetTicks = partTicksFor(samples);
      const cuts = new PartCuts(targetTicks);
      cuts.extend({ startTicks: 0, samples }, true, () => true);
      for (const [index, { startTicks, endTicks }] of cuts.spans.entries()) {
        expect(endTicks - startTicks).toBeLessThanOrEqual(targetTicks);
        if (index + 1 < cuts.spans.length)
          expect(endTicks - startTicks).toBeGreaterThanOrEqual(0.85 * targetTicks);
      }
    }
  });

  test("whatever comes in whatever steps: nothing is left out, what was cut stays, only one picture may be too long", () => {
    const durations = fc.array(fc.integer({ min: 900, max: 24_000 }), { minLength: 1, maxLength: 120 });
    fc.assert(
      fc.property(durations, fc.array(fc.nat(9), { minLength: 1, maxLength: 5 }), (lengths, steps) => {
        const samples = picturesOf(lengths);
        const cuts = new PartCuts(18_900);
        for (let count = 0, i = 0; count < samples.length; i += 1) {
          count += 1 + steps[i % steps.length]!;
          const before = cuts.spans.slice();
          const isClosed = count >= samples.length;
          cuts.extend({ startTicks: 7, samples: samples.slice(0, count) }, isClosed, () => true);
          expect(cuts.spans.slice(0, before.length)).toEqual(before);
        }
        let [at, ticks] = [0, 7];
        for (const { from, to, startTicks, endTicks } of cuts.spans) {
          expect([from, startTicks]).toEqual([at, ticks]);
          expect(to - from === 1 || endTicks - startTicks <= 18_900).toBe(true);
          [at, ticks] = [to, endTicks];
        }
        expect([at, ticks]).toEqual([samples.length, 7 + lengths.reduce((sum, each) => sum + each, 0)]);
        expect(cuts.isDone).toBe(true);
      }),
      { seed, numRuns: 200 },
    );
  });
});

/** The bytes of a part, whether they are in memory or in the file. */
async function bytesOf(rig: Rig, { header, payload }: LivePartContent): Promise<Buffer> {
  if ("pieces" in payload) return Buffer.concat([header, ...payload.pieces]);
  const recording = rig.archive.recording(payload.recording)!;
  const segment = recording.segments.find(({ ordinal }) => ordinal === payload.ordinal)!;
  const file = await readFile(rig.archive.mediaPath(recording)!);
  const at = recording.baseOffsetBytes + segment.offsetBytes + segment.headerBytes;
  const ranges = payload.ranges.map((range) =>
    file.subarray(at + range.offsetBytes, at + range.offsetBytes + range.sizeBytes),
  );
  return Buffer.concat([header, ...ranges]);
}

/** All parts that are told now, by their names. */
function namesNow(rig: Rig): LivePartName[] {
  const edge = rig.archive.liveEdge("front");
  const segments = edge ? [...edge.stored, ...(edge.next ? [edge.next] : [])] : [];
  return segments.flatMap(({ run, mediaSequence, parts }) =>
    parts.map((_, part) => ({ run, mediaSequence, part })),
  );
}

const contentOf = (rig: Rig, name: LivePartName): LivePartContent => {
  const content = rig.archive.livePart("front", name);
  if (!content) throw new Error(`${JSON.stringify(name)} is told but not there`);
  return content;
};

type Samples = { ticks: number; sample: Sample; bytes: string }[];

/** The samples of a part or segment, with channel-wide times. */
function samplesIn(whole: Buffer): { video: Samples; audio: Samples } {
  const { headerBytes, video, audio } = parseSegmentHeader(whole);
  let at = headerBytes;
  const read = (track: typeof audio): Samples => {
    let ticks = track?.decodeTicks ?? 0;
    return (track?.samples ?? []).map((sample) => {
      const bytes = whole.subarray(at, at + sample.sizeBytes).toString("base64");
      at += sample.sizeBytes;
      ticks += sample.durationTicks;
      return { ticks: ticks - sample.durationTicks, sample, bytes };
    });
  };
  return { video: read(video), audio: read(audio) };
}

/** The samples of a stored segment as it is served. */
async function storedSamples(rig: Rig, mediaSequence: number): Promise<{ video: Samples; audio: Samples }> {
  const recording = rig
    .all()
    .findLast(({ firstMediaSequence: first, segments }) =>
      segments.some(({ ordinal }) => first + ordinal === mediaSequence),
    )!;
  const segment = recording.segments.find(
    ({ ordinal }) => recording.firstMediaSequence + ordinal === mediaSequence,
  )!;
  const file = await readFile(rig.archive.mediaPath(recording)!);
  const at = recording.baseOffsetBytes + segment.offsetBytes;
  const { baseTicks } = recording;
  const payloadBytes = segment.videoBytes + segment.audioBytes;
  const header = rebaseHeader(file.subarray(at, at + segment.headerBytes), {
    videoTicks: baseTicks,
    audioTicks: convertTicks(baseTicks, 90_000, 48_000),
  });
  return samplesIn(
    Buffer.concat([header, file.subarray(at + segment.headerBytes, at + segment.headerBytes + payloadBytes)]),
  );
}

/** Sends seconds of footage half a second at a time, and collects what is told after each. */
async function watch(rig: Rig, camera: { send(seconds: number): void }, seconds: number) {
  const seen = new Map<string, { name: LivePartName; bytes: Buffer }>();
  for (let half = 0; half < seconds * 2; half += 1) {
    camera.send(0.5);
    for (const isSettled of [false, true]) {
      if (isSettled) await Bun.sleep(5);
      for (const name of namesNow(rig)) {
        const bytes = await bytesOf(rig, contentOf(rig, name));
        const key = `${name.run}-${name.mediaSequence}-${name.part}`;
        const before = seen.get(key);
        if (before) expect(bytes.equals(before.bytes)).toBe(true);
        seen.set(key, { name, bytes });
      }
    }
  }
  return [...seen.values()];
}

describe("parts of a run that is written", () => {
  test("the parts of a segment are its samples at its times, before it is stored and after", async () => {
    await using rig = await Rig.make();
    const seen = await watch(rig, rig.camera(), 13);
    const numbers = [...new Set(seen.map(({ name }) => name.mediaSequence))];
    expect(numbers).toEqual([0, 1, 2, 3, 4, 5, 6].slice(0, numbers.length));
    expect(numbers.length).toBeGreaterThanOrEqual(6);
    for (const number of numbers.slice(0, -1)) {
      const parts = seen
        .filter(({ name }) => name.mediaSequence === number)
        .map(({ bytes }) => samplesIn(bytes));
      expect(parts.length).toBe(10);
      const whole = await storedSamples(rig, number);
      expect(parts.flatMap(({ video }) => video)).toEqual(whole.video);
      expect(parts.flatMap(({ audio }) => audio)).toEqual(whole.audio);
    }
  });

  test("a second run with the same init goes on in the numbers and times of the first", async () => {
    await using rig = await Rig.make();
    const first = rig.camera();
    await watch(rig, first, 5);
    await first.recorder.close({ reason: "source-offline", detail: "" });
    expect(rig.archive.liveEdge("front")!.next).toBeUndefined();
    rig.clock.pass(10_000);
    const seen = await watch(rig, rig.camera(), 5);
    const all = seen.flatMap(({ bytes }) => samplesIn(bytes).video);
    const ticks = all.map((picture) => picture.ticks);
    expect(ticks).toEqual(ticks.map((_, i) => ticks[0]! + i * 3600));
    const numbers = [...new Set(seen.map(({ name }) => name.mediaSequence))];
    expect(numbers).toEqual([0, 1, 2, 3, 4, 5].slice(0, numbers.length));
    expect(new Set(seen.map(({ name }) => name.run)).size).toBe(2);
  });

  test("a run tells nothing before its first segment is stored", async () => {
    await using rig = await Rig.make();
    rig.camera().send(2);
    expect(rig.archive.liveEdge("front")).toBeUndefined();
  });
});

/** Pictures and sound frames of `[fromSeconds, toSeconds)` in steps of 0.2 s. */
function* steps(fromSeconds: number, toSeconds: number): Generator<{ video: Fragment; audio: Fragment }> {
  for (let step = fromSeconds * 5; step < toSeconds * 5; step += 1) {
    const picture = step * 5;
    const frames = [Math.ceil((step * 9600) / FRAME_TICKS), Math.ceil(((step + 1) * 9600) / FRAME_TICKS)];
    const count = frames[1]! - frames[0]!;
    yield {
      video: {
        track: "video",
        decodeTicks: picture * 3600,
        samples: picturesOf([3600, 3600, 3600, 3600, 3600]).map((sample, i) => ({
          ...sample,
          isKey: (picture + i) % 25 === 0,
        })),
        payload: new Uint8Array(5).fill(1),
        arrivalMs: 0,
      },
      audio: {
        track: "audio",
        decodeTicks: frames[0]! * FRAME_TICKS,
        samples: Array.from({ length: count }, () => ({
          sizeBytes: 9,
          durationTicks: FRAME_TICKS,
          compositionOffsetTicks: 0,
          isKey: true,
        })),
        payload: new Uint8Array(count * 9).fill(7),
        arrivalMs: 0,
      },
    };
  }
}

describe("sound in parts", () => {
  const partsOfNext = (rig: Rig) => rig.archive.liveEdge("front")?.next?.parts.length;
  const soundOfNewest = (rig: Rig): Samples => {
    const name = namesNow(rig).at(-1)!;
    const content = contentOf(rig, name);
    if (!("pieces" in content.payload)) throw new Error("stored already");
    return samplesIn(Buffer.concat([content.header, ...content.payload.pieces])).audio;
  };

  test("a part waits for its sound a short while, then it has silence where sound is missing", async () => {
    await using rig = await Rig.make();
    const recorder = rig.archive.openRun("front", rigParameters(true), () => {});
    for (const { video, audio } of steps(0, 2)) {
      recorder.fragment(video);
      recorder.fragment(audio);
    }
    const later = [...steps(2, 4)];
    recorder.fragment(later[0]!.video);
    await rig.stored(1);
    expect(partsOfNext(rig)).toBe(0);
    recorder.fragment(later[0]!.audio);
    expect(partsOfNext(rig)).toBe(1);
    expect(soundOfNewest(rig).every(({ sample }) => sample.sizeBytes === 9)).toBe(true);
    // From here on the sound stays away.
    for (const { video } of later.slice(1, 3)) recorder.fragment(video);
    expect(partsOfNext(rig)).toBe(1);
    recorder.fragment(later[3]!.video);
    expect(partsOfNext(rig)).toBe(4);
    const silence = soundOfNewest(rig);
    expect(silence.length).toBeGreaterThanOrEqual(9);
    expect(silence.every(({ sample }) => sample.sizeBytes === 6)).toBe(true);
    recorder.fragment(later[4]!.video);
    expect(partsOfNext(rig)).toBe(5);
  });

  test("without sound parts come with their pictures", async () => {
    await using rig = await Rig.make();
    const recorder = rig.archive.openRun("front", rigParameters(false), () => {});
    for (const { video } of steps(0, 2.4)) recorder.fragment(video);
    await rig.stored(1);
    expect(partsOfNext(rig)).toBe(2);
    expect(soundOfNewest(rig)).toEqual([]);
  });

  test("listeners hear of what comes, and of nothing after they have left", async () => {
    await using rig = await Rig.make();
    const recorder = rig.archive.openRun("front", rigParameters(false), () => {});
    let heard = 0;
    const leave = rig.archive.onLiveChange("front", () => (heard += 1));
    for (const { video } of steps(0, 1)) recorder.fragment(video);
    expect(heard).toBe(5);
    leave();
    for (const { video } of steps(1, 2)) recorder.fragment(video);
    expect(heard).toBe(5);
  });
});
