import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { firstShownTicks } from "../../../src/capture/ffmpeg/first-picture.ts";
import { PictureTimes } from "../../../src/capture/ffmpeg/picture-times.ts";
import { SoundTimes } from "../../../src/capture/ffmpeg/sound-times.ts";
import { backwardJumpTicks, TimeWatch } from "../../../src/capture/ffmpeg/time-watch.ts";
import type { AudioParameters, Fragment, Sample } from "../../../src/media/parameters.ts";

const sample = (durationTicks: number, compositionOffsetTicks = 0, isKey = false): Sample => ({
  sizeBytes: 1,
  durationTicks,
  compositionOffsetTicks,
  isKey,
});

/** Gives pictures, by decode and presentation time, to PictureTimes in fragments of some pictures each. */
function runPictures(
  pictures: { decode: number; present: number; isKey?: boolean }[],
  perFragment: number,
): Fragment[] {
  const times = new PictureTimes(90_000, 0);
  const out: Fragment[] = [];
  for (let start = 0; start < pictures.length; start += perFragment) {
    const part = pictures.slice(start, start + perFragment);
    const payload = Uint8Array.from(part, (_, index) => (start + index) & 255);
    part.forEach(({ decode, present, isKey = false }, offsetBytes) => {
      times.take({
        sample: sample(1, present - decode, isKey),
        ticks: decode,
        payload,
        offsetBytes,
        arrivalMs: start,
      });
    });
    out.push(...times.release());
  }
  out.push(...times.flush());
  return out;
}

/** Decode and presentation time, and the byte, of each picture that came out. */
const flat = (fragments: Fragment[]) =>
  fragments.flatMap(({ decodeTicks, samples, payload }) => {
    let ticks = decodeTicks;
    return samples.map((one, index) => {
      const decode = ticks;
      ticks += one.durationTicks;
      return { decode, present: decode + one.compositionOffsetTicks, end: ticks, byte: payload[index] };
    });
  });

describe("pictures that are handed on as soon as they are whole", () => {
  /** One fragment of pictures; it ends at a time in the track's ticks. */
  const take = (times: PictureTimes, pictures: { decode: number; present?: number }[], endTicks: number) => {
    const payload = new Uint8Array(pictures.length);
    for (const [offsetBytes, { decode, present = decode }] of pictures.entries()) {
      const one = sample(1, present - decode);
      times.take({ sample: one, ticks: decode, payload, offsetBytes, arrivalMs: 0 });
    }
    times.endFragment(endTicks);
    return flat(times.release()).map(({ decode, end }) => [decode, end]);
  };
  const settle = (times: PictureTimes) => flat(times.settle()).map(({ decode, end }) => [decode, end]);

  test("the last one of a fragment lasts until the fragment's end, the next ones go on from their own times", () => {
    const times = new PictureTimes(90_000, 0);
    expect(take(times, [{ decode: 0 }, { decode: 3600 }], 7200)).toEqual([[0, 3600]]);
    expect(settle(times)).toEqual([[3600, 7200]]);
    expect(settle(times)).toEqual([]);
    expect(take(times, [{ decode: 7300 }, { decode: 10_800 }], 14_400)).toEqual([[7300, 10_800]]);
    expect(flat(times.flush())).toEqual([]);
  });

  test("one that is followed by a jump of the time is waited with", () => {
    const times = new PictureTimes(90_000, 0);
    take(times, [{ decode: 0 }, { decode: 3600 }], 3600 + 60 * 90_000);
    expect(settle(times)).toEqual([]);
  });

  test("one that others are shown before is waited with", () => {
    const times = new PictureTimes(90_000, 0);
    const reordered = [
      { decode: 0, present: 3600 },
      { decode: 3600, present: 14_400 },
      { decode: 7200, present: 7200 },
    ];
    expect(take(times, reordered, 10_800)).toEqual([[3600, 7200]]);
    expect(settle(times)).toEqual([]);
  });
});

describe("pictures", () => {
  test("without B-frames keep their times, and all but the last come out", () => {
    const pictures = [0, 3600, 7300, 10_800].map((decode) => ({ decode, present: decode }));
    expect(flat(runPictures(pictures, 2)).map(({ decode, present }) => [decode, present])).toEqual([
      [0, 0],
      [3600, 3600],
      [7300, 7300],
    ]);
  });

  test("with B-frames and false decode times start at their presentation time", () => {
    const frame = 3600;
    const order = [0, 3, 1, 2, 6, 4, 5, 9, 7, 8, 12, 10, 11];
    const pictures = order.map((present, index) => ({
      decode: index < 2 ? index : (index - 2) * frame + 2,
      present: present * frame,
    }));
    const out = flat(runPictures(pictures, 4));
    expect(out.map(({ present }) => present / frame)).toEqual(order.slice(0, -1));
    expect(out.map(({ decode }) => decode / frame).slice(0, 10)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test("fragments never reach over a key picture", () => {
    const pictures = [0, 1, 2, 3, 4, 5].map((n) => ({
      decode: n * 3600,
      present: n * 3600,
      isKey: n % 3 === 0,
    }));
    for (const { samples } of runPictures(pictures, 6)) {
      expect(samples.findIndex(({ isKey }) => isKey)).toBeLessThanOrEqual(0);
    }
  });

  test("the last picture comes out when something follows it", () => {
    const times = new PictureTimes(90_000, 0);
    const payload = new Uint8Array(1);
    times.take({ sample: sample(3600, 0, true), ticks: 0, payload, offsetBytes: 0, arrivalMs: 0 });
    expect(flat(times.flush(3600)).map(({ decode, end }) => [decode, end])).toEqual([[0, 3600]]);
  });

  test("any times at all: every picture but the last once, in order, decode times rising", () => {
    const anyPicture = fc.record({ step: fc.nat(8000), offset: fc.integer({ min: -20_000, max: 20_000 }) });
    fc.assert(
      fc.property(
        fc.array(anyPicture, { minLength: 1, maxLength: 120 }),
        fc.integer({ min: 1, max: 40 }),
        (steps, per) => {
          let decode = 0;
          const pictures = steps.map(({ step, offset }) => ({
            decode: (decode += step),
            present: decode + offset,
          }));
          const fragments = runPictures(pictures, per);
          const out = flat(fragments);
          expect(out.map(({ byte }) => byte)).toEqual(pictures.slice(0, -1).map((_, index) => index & 255));
          out.forEach((picture, index) => {
            expect(picture.end).toBeGreaterThan(picture.decode);
            if (index > 0) expect(picture.decode).toBe(out[index - 1]?.end ?? Number.NaN);
            expect(picture.present).toBe(pictures[index]?.present ?? Number.NaN);
          });
        },
      ),
      { seed: 8, numRuns: 300 },
    );
  });
});

describe("the first picture's time", () => {
  const raw = (durations: number[], offsets: number[] = []) => ({
    decodeTicks: 0,
    samples: durations.map((duration, index) => sample(duration, offsets[index] ?? 0)),
    payload: new Uint8Array(durations.length),
  });

  test("is one interval before the second when ffmpeg put both at the same time", () => {
    expect(firstShownTicks(raw([1, 3599, 3600, 3600]), false)).toBe(-3599);
  });
  test("is left alone when it can be true", () => {
    expect(firstShownTicks(raw([5490, 3600, 3600, 3600]), false)).toBe(0);
  });
  test("is corrected when it is known to be made up", () => {
    expect(firstShownTicks(raw([5490, 3600, 3600, 3600]), true)).toBe(1890);
  });
  test("is left alone when nothing can be compared", () => {
    expect(firstShownTicks(raw([3600]), true)).toBe(0);
    expect(firstShownTicks(raw([3600, 3600]), true)).toBe(0);
  });
});

describe("sound", () => {
  const parameters: AudioParameters = {
    kind: "audio",
    codec: "aac",
    timescale: 48_000,
    channelCount: 2,
    audioSpecificConfig: Uint8Array.of(0x11, 0x90),
    frameTicks: 1024,
    codecString: "mp4a.40.2",
  };
  const track = { parameters, timescale: 48_000, offsetTicks: 0, firstSoundIsStretched: false };
  const raw = (decodeTicks: number, durations: number[]) => ({
    decodeTicks,
    samples: durations.map((duration) => sample(duration)),
    payload: Uint8Array.from(durations, (_, index) => index),
  });

  test("lies end to end over small deviations", () => {
    const times = new SoundTimes(track);
    const fragments = [...times.push(raw(5, [1030, 1010, 1100]), 0), ...times.push(raw(3200, [1024]), 0)];
    expect(fragments.map(({ decodeTicks }) => decodeTicks)).toEqual([5, 3077]);
    expect(fragments[0]?.samples.map(({ durationTicks }) => durationTicks)).toEqual([1024, 1024, 1024]);
  });

  test("a hole begins a new fragment at its own time", () => {
    const fragments = new SoundTimes(track).push(raw(0, [1024, 48_000, 1024]), 0);
    expect(fragments.map(({ decodeTicks, payload }) => [decodeTicks, [...payload]])).toEqual([
      [0, [0, 1]],
      [49_024, [2]],
    ]);
  });

  test("what overlaps, or ends before the run begins, is dropped", () => {
    const times = new SoundTimes(track);
    const first = times.push(raw(-3000, [1024, 1024, 1024]), 0);
    expect(first.map(({ decodeTicks, samples }) => [decodeTicks, samples.length])).toEqual([[-952, 1]]);
    expect(times.push(raw(-4000, [1024]), 0)).toEqual([]);
    expect(times.push(raw(72, [1024]), 0).map(({ decodeTicks }) => decodeTicks)).toEqual([72]);
  });

  test("a first frame that was stretched goes before the second", () => {
    const times = new SoundTimes({ ...track, firstSoundIsStretched: true });
    const fragments = [...times.push(raw(0, [260_992]), 0), ...times.push(raw(260_992, [1024, 1024]), 0)];
    expect(fragments.map(({ decodeTicks }) => decodeTicks)).toEqual([259_968, 260_992]);
  });

  test("other ticks are converted without drift", () => {
    const times = new SoundTimes({ ...track, timescale: 1000 });
    let last = 0;
    for (let ms = 0; ms < 600_000; ms += 500) {
      for (const fragment of times.push(
        raw(
          ms,
          Array.from({ length: 23 }, () => 21.33),
        ),
        0,
      )) {
        last = fragment.decodeTicks + fragment.samples.length * 1024;
      }
    }
    expect(Math.abs(last - 600_000 * 48)).toBeLessThan(2000);
  });
});

describe("the source's time", () => {
  const observe = (points: [mediaMs: number, arrivalMs: number][]) => {
    const watch = new TimeWatch();
    return points
      .map(([mediaMs, arrivalMs]) => watch.observe(mediaMs, arrivalMs))
      .find((found) => found !== undefined);
  };
  const steady = (seconds: number, rate = 1): [number, number][] =>
    Array.from({ length: seconds * 2 }, (_, index) => [index * 500 * rate, index * 500]);

  test("an ordinary camera, and one whose clock is 1% off", () => {
    expect(observe(steady(600))).toBeUndefined();
    expect(observe(steady(600, 1.01))).toBeUndefined();
  });
  test("a step forward", () =>
    expect(observe([...steady(5), [64_000, 5500]])).toContain("jumped forward by 59.5 s"));
  test("a step back", () => expect(observe([...steady(5), [2000, 5500]])).toContain("went back by 2.5 s"));
  test("a pause in which as much time passed", () => {
    expect(observe([...steady(5), [17_000, 17_000], [17_500, 17_500]])).toBeUndefined();
  });
  test("a stall, and then all that was held back at once", () => {
    const burst: [number, number][] = Array.from({ length: 26 }, (_, index) => [5000 + index * 500, 18_000]);
    expect(observe([...steady(5), ...burst])).toBeUndefined();
  });
  test("standing still", () => expect(observe(steady(60, 0.1))).toContain("stands still"));
  test("faster than life", () => expect(observe(steady(60, 5))).toContain("faster"));

  test("a backward jump as ffmpeg tells it", () => {
    const line = (previous: number, current: number) =>
      `[mp4 @ 0x5610d2192c00] [warning] Non-monotonous DTS in output stream 0:0; previous: ${previous}, current: ${current}; changing to 1. This may result in incorrect timestamps in the output file.`;
    expect(backwardJumpTicks(line(270_000, 90_000))).toBe(180_000);
    expect(backwardJumpTicks(line(0, 0))).toBeUndefined();
    expect(backwardJumpTicks("[warning] something else")).toBeUndefined();
  });
});
