import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Segmenter } from "../../../src/archive/write/segmenter.ts";
import type { RunSegment } from "../../../src/archive/write/segment-types.ts";
import type { Fragment, RunParameters, Sample } from "../../../src/media/parameters.ts";
import { NightjarError } from "../../../src/platform/errors.ts";

const seed = 20_250_102;
const settings = { targetMs: 2000, maxMs: 20_000, maxBytes: 32 << 20 };
const SILENCE = new Uint8Array([0x21, 0x10]);
const parameters = (audioScale?: number): RunParameters => ({
  video: {
    kind: "video",
    codec: "h264",
    timescale: 90_000,
    width: 640,
    height: 360,
    parameterSets: [new Uint8Array([0x67]), new Uint8Array([0x68])],
    codecString: "avc1.64001f",
  },
  ...(audioScale === undefined
    ? {}
    : {
        audio: {
          kind: "audio",
          codec: "aac",
          timescale: audioScale,
          channelCount: 2,
          audioSpecificConfig: new Uint8Array([0x11, 0x90]),
          frameTicks: 1024,
          codecString: "mp4a.40.2",
        },
      }),
});

let nextByte = 0;
/** A fragment of one sample whose bytes tell it from all others. */
function one(track: "video" | "audio", decodeTicks: number, sample: Partial<Sample> = {}): Fragment {
  const sizeBytes = sample.sizeBytes ?? 4;
  nextByte += 1;
  const payload = new Uint8Array(sizeBytes);
  new DataView(payload.buffer).setUint32(0, nextByte);
  return {
    track,
    decodeTicks,
    samples: [
      {
        durationTicks: track === "video" ? 3600 : 1024,
        compositionOffsetTicks: 0,
        isKey: true,
        ...sample,
        sizeBytes,
      },
    ],
    payload,
    arrivalMs: 0,
  };
}
const picture = (i: number, gop = 50, zero = 0): Fragment =>
  one("video", zero + i * 3600, { isKey: i % gop === 0 });
const bytesOf = (pieces: Uint8Array[]) => Buffer.concat(pieces);
const run = (segmenter: Segmenter, fragments: Fragment[]): RunSegment[] => [
  ...fragments.flatMap((f) => segmenter.push(f)),
  ...segmenter.end(),
];

/** What must hold for any input: contiguous pictures, sound in its segment, sums and sizes that agree. */
function expectSound(segments: RunSegment[], audioScale: number | undefined): void {
  let videoEnd = 0;
  let audioEnd = 0;
  for (const { video, audio, durationTicks } of segments) {
    expect(video.startTicks).toBe(videoEnd);
    expect(video.samples.every((s) => s.durationTicks > 0)).toBe(true);
    expect(video.samples.reduce((sum, s) => sum + s.durationTicks, 0)).toBe(durationTicks);
    expect(bytesOf(video.payload).length).toBe(video.sizeBytes);
    expect(video.samples.reduce((sum, s) => sum + s.sizeBytes, 0)).toBe(video.sizeBytes);
    videoEnd += durationTicks;
    if (!audio || audioScale === undefined) continue;
    expect(audio.startTicks).toBeGreaterThanOrEqual(audioEnd);
    expect(audio.startTicks * 90_000).toBeGreaterThanOrEqual(video.startTicks * audioScale);
    let at = audio.startTicks;
    for (const sample of audio.samples) {
      expect(at * 90_000).toBeLessThan(videoEnd * audioScale);
      expect(sample.durationTicks).toBeGreaterThan(0);
      at += sample.durationTicks;
    }
    expect(bytesOf(audio.payload).length).toBe(audio.sizeBytes);
    audioEnd = at;
  }
}

/** Every hole that is left in the sound, in ms, the one before the first frame and after the last included. */
function holesMs(segments: RunSegment[], audioScale: number): number[] {
  const holes: number[] = [];
  let at = 0;
  for (const { audio } of segments) {
    if (!audio) continue;
    holes.push(audio.startTicks - at);
    at = audio.startTicks;
    for (const { durationTicks } of audio.samples) {
      if (durationTicks > 1024) holes.push(durationTicks - 1024);
      at += durationTicks;
    }
  }
  const end = segments.reduce((sum, s) => sum + s.durationTicks, 0);
  holes.push((end * audioScale) / 90_000 - at);
  return holes.map((ticks) => (ticks * 1000) / audioScale);
}

describe("segmenter", () => {
  test("whole GOPs of at least the target, as soon as the next key frame is there", () => {
    const segmenter = new Segmenter(parameters(), settings, undefined);
    const counts = Array.from({ length: 126 }, (_, i) =>
      segmenter.push(picture(i, 25, 7_777_777)).map((s) => s.video.samples.length),
    );
    expect(counts.flatMap((c, i) => (c.length > 0 ? [[i, ...c]] : []))).toEqual([
      [50, 50],
      [100, 50],
    ]);
    expect(segmenter.end().map((s) => s.durationTicks)).toEqual([26 * 3600]);
  });

  test("what comes before the first key frame is left out, and the first picture is at 0", () => {
    const segmenter = new Segmenter(parameters(48_000), settings, SILENCE);
    const early = [one("video", 0, { isKey: false }), one("audio", 0), one("audio", 1024 * 2)];
    const zero = 3600;
    const rest = [
      picture(0, 50, zero),
      one("audio", 1024 * 3),
      ...[1, 2, 3].map((i) => picture(i, 50, zero)),
    ];
    const [segment] = run(segmenter, [...early, ...rest]) as [RunSegment];
    expect(segment.video.startTicks).toBe(0);
    expect(segment.video.samples).toHaveLength(4);
    expect(segment.audio?.startTicks).toBe(2048 - 1920);
    expect(bytesOf(segment.audio!.payload).subarray(0, 8)).toEqual(
      Buffer.concat([early[2]!.payload, rest[1]!.payload]),
    );
  });

  test("a long GOP stays whole below the limit; beyond it it is cut between pictures and goes on at the next key frame", () => {
    const tenSeconds = run(
      new Segmenter(parameters(), settings, undefined),
      Array.from({ length: 500 }, (_, i) => picture(i, 250)),
    );
    expect(tenSeconds.map((s) => s.durationTicks)).toEqual([900_000, 900_000]);
    const endless = run(
      new Segmenter(parameters(), settings, undefined),
      Array.from({ length: 1500 }, (_, i) => picture(i, 1250)),
    );
    expect(endless.map((s) => s.durationTicks / 90_000)).toEqual([20, 20, 10, 10]);
    const large = new Segmenter(parameters(), { ...settings, maxBytes: 1000 }, undefined);
    const cut = run(
      large,
      Array.from({ length: 10 }, (_, i) => one("video", i * 3600, { isKey: i === 0, sizeBytes: 300 })),
    );
    expect(cut.map((s) => s.video.sizeBytes)).toEqual([900, 900, 900, 300]);
  });

  test("sound that never comes is silence, and delays no segment by more than its wait", () => {
    const segmenter = new Segmenter(parameters(48_000), settings, SILENCE);
    const out = Array.from({ length: 200 }, (_, i) => segmenter.push(picture(i)));
    expect(out.flatMap((s, i) => (s.length > 0 ? [i] : []))).toEqual([50, 100, 150]);
    const all = [...out.flat(), ...segmenter.end()];
    expectSound(all, 48_000);
    expect(Math.max(...holesMs(all, 48_000))).toBeLessThanOrEqual(40);
    expect(
      all.every((s) => bytesOf(s.audio!.payload).equals(Buffer.concat(s.audio!.samples.map(() => SILENCE)))),
    ).toBe(true);
  });

  test("sound that comes late for its segment is waited for; beyond the wait it is dropped", () => {
    const segmenter = new Segmenter(parameters(48_000), settings, SILENCE);
    const frames = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => one("audio", (from + i) * 1024));
    for (let i = 0; i <= 50; i += 1)
      expect(segmenter.push(picture(i))).toEqual(i < 50 ? [] : expect.anything());
    const late = frames(0, 94);
    expect(late.flatMap((f) => segmenter.push(f))).toEqual([]);
    const prompt = frames(94, 188);
    expect(prompt.flatMap((f) => segmenter.push(f))).toEqual([]);
    const pictures = Array.from({ length: 50 }, (_, i) => picture(51 + i));
    const second = pictures.flatMap((p) => segmenter.push(p));
    expect(second).toHaveLength(1);
    expect(bytesOf(second[0]!.audio!.payload)).toEqual(
      Buffer.concat(prompt.map((f) => f.payload)).subarray(0, second[0]!.audio!.sizeBytes),
    );
  });

  test("without a silent frame a hole stays a hole, and nothing waits for ever", () => {
    const segmenter = new Segmenter(parameters(48_000), settings, undefined);
    const all = run(
      segmenter,
      Array.from({ length: 200 }, (_, i) => picture(i)),
    );
    expect(all).toHaveLength(4);
    expect(all.every((s) => s.audio === undefined)).toBe(true);
  });

  test("sound that goes on without pictures does not fill the memory", () => {
    const segmenter = new Segmenter(parameters(48_000), settings, SILENCE);
    segmenter.push(picture(0));
    for (let i = 0; i < 20_000; i += 1) segmenter.push(one("audio", i * 1024));
    const [only] = segmenter.end();
    expect(only!.audio!.samples.length).toBe(2);
  });

  test("a fragment whose sizes don't agree is refused", () => {
    const bad = { ...picture(0), payload: new Uint8Array(3) };
    expect(() => new Segmenter(parameters(), settings, undefined).push(bad)).toThrow(NightjarError);
  });

  const step = fc.record({
    pictures: fc.integer({ min: 1, max: 120 }),
    ticks: fc.oneof(fc.constantFrom(3600, 3003, 1500), fc.integer({ min: -4000, max: 12_000 })),
    isKey: fc.boolean(),
  });
  const pictureTrack = fc.array(step, { minLength: 1, maxLength: 12 }).map((steps) => {
    let at = 1_000_000;
    return steps.flatMap(({ pictures, ticks, isKey }) =>
      Array.from({ length: pictures }, (_, i) => {
        const fragment = one("video", at, { isKey: isKey && i === 0, durationTicks: Math.max(0, ticks) });
        at += ticks;
        return fragment;
      }),
    );
  });
  const soundTrack = (scale: number) =>
    fc
      .array(fc.tuple(fc.integer({ min: 0, max: 200 }), fc.integer({ min: -3000, max: scale * 2 })), {
        maxLength: 6,
      })
      .map((parts) => {
        let at = Math.round((1_000_000 * scale) / 90_000) - 3000;
        return parts.flatMap(([count, hole]) => {
          at += hole;
          return Array.from({ length: count }, () => one("audio", (at += 1024) - 1024));
        });
      });

  test("for any pictures and sound: nothing of the pictures lost, no overlap, sums agree", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(48_000, 44_100, 16_000, 8000),
        pictureTrack,
        soundTrack(48_000),
        fc.integer({ min: 1, max: 5 }),
        fc.boolean(),
        (scale, pictures, sound, ratio, hasSilence) => {
          const fragments: Fragment[] = [];
          for (let v = 0, a = 0; v < pictures.length || a < sound.length;) {
            if (v < pictures.length) fragments.push(pictures[v++]!);
            for (let i = 0; i < ratio && a < sound.length; i += 1) fragments.push(sound[a++]!);
          }
          const segments = run(
            new Segmenter(parameters(scale), settings, hasSilence ? SILENCE : undefined),
            fragments,
          );
          expectSound(segments, scale);
          const firstKey = pictures.findIndex((p) => p.samples[0]!.isKey);
          const kept = firstKey < 0 ? [] : pictures.slice(firstKey);
          expect(bytesOf(segments.flatMap((s) => s.video.payload))).toEqual(
            bytesOf(kept.map((p) => p.payload)),
          );
          if (hasSilence && kept.length > 0)
            expect(Math.max(...holesMs(segments, scale))).toBeLessThanOrEqual(
              Math.max(40, (1024 * 1000) / scale) + 1,
            );
          expect(
            segments
              .slice(0, -1)
              .every((s) => s.durationTicks <= 20 * 90_000 || s.video.samples.length === 1),
          ).toBe(true);
        },
      ),
      { seed, numRuns: 150 },
    );
  });

  test("sound that comes in time is kept to the last frame", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(48_000, 44_100, 16_000),
        fc.integer({ min: 1, max: 75 }),
        fc.integer({ min: 0, max: 2000 }),
        (scale, gop, offset) => {
          const pictures = Array.from({ length: 300 }, (_, i) => picture(i, gop));
          const sound = Array.from({ length: Math.floor((12 * scale) / 1024) }, (_, i) =>
            one("audio", offset + i * 1024),
          );
          const all = [...pictures, ...sound].sort((a, b) => time(a, scale) - time(b, scale));
          const segments = run(new Segmenter(parameters(scale), settings, SILENCE), all);
          expectSound(segments, scale);
          const stored = bytesOf(segments.flatMap((s) => s.audio?.payload ?? []));
          const wanted = bytesOf(sound.filter((f) => time(f, scale) < 12).map((f) => f.payload));
          expect(stored.subarray(0, wanted.length + 8).includes(wanted)).toBe(true);
        },
      ),
      { seed, numRuns: 30 },
    );
  });
});

const time = (f: Fragment, scale: number) => f.decodeTicks / (f.track === "video" ? 90_000 : scale);
