import { describe, expect, test } from "bun:test";
import { SoundPlacer } from "../../../src/conversion/sound-placer.ts";
import type { FedSegment } from "../../../src/conversion/source-feed.ts";
import { audioParameters, silentFrame } from "../../../src/media/aac.ts";

const audio = audioParameters(Uint8Array.of(0x11, 0x90));
const SECOND = 90_000;
let number = 0;
const frame = (heardTicks: number) => ({
  heardTicks,
  durationTicks: 1024,
  bytes: Uint8Array.of(number++ % 256, 7),
});

/** Sound from `from` to `to`, in ticks since the segment's beginning. */
const frames = (from: number, to: number) => {
  const made = [];
  for (let at = from; at < to; at += 1024) made.push(frame(at));
  return made;
};

const segment = (startSeconds: number, endSeconds: number, heard: FedSegment["frames"]): FedSegment => ({
  // Nothing of it is looked at.
  stored: {} as FedSegment["stored"],
  startTicks: startSeconds * SECOND,
  endTicks: endSeconds * SECOND,
  shownTicks: [],
  frames: heard,
});

/** Beginnings of the frames. */
const timesOf = ({
  decodeTicks,
  samples,
}: {
  decodeTicks: number;
  samples: readonly { durationTicks: number }[];
}) => {
  let ticks = decodeTicks;
  return samples.map(({ durationTicks }) => {
    const at = ticks;
    ticks += durationTicks;
    return at;
  });
};

describe("sound of a piece", () => {
  test("is laid end to end, byte for byte", () => {
    const placer = new SoundPlacer(audio, 0);
    const heard = frames(0, 96_000);
    const placed = placer.place([segment(0, 2, heard)]);
    expect(placed?.payload).toEqual(heard.map(({ bytes }) => bytes));
    expect(placed?.silent).toEqual([]);
    expect(timesOf(placed!)).toEqual(heard.map((_, index) => index * 1024));
    // What is a little off goes on where it ended.
    const next = placer.place([segment(2, 4, frames(20, 96_000))]);
    expect(next?.decodeTicks).toBe(heard.length * 1024);
  });

  test("a hole of over 40 ms gets silence, in a segment, at its end and without any sound", () => {
    const placer = new SoundPlacer(audio, 0);
    const placed = placer.place([segment(0, 2, [...frames(0, 20_000), ...frames(40_000, 70_000)])]);
    const silence = silentFrame(audio);
    expect(placed?.silent.length).toBeGreaterThan(30);
    for (const index of placed?.silent ?? []) expect(placed?.payload[index]).toEqual(silence);
    const times = timesOf(placed!);
    for (const [index, at] of times.entries())
      if (index > 0) expect(at - (times[index - 1] ?? 0)).toBeLessThanOrEqual(1024 + 1920);
    expect(96_000 - (times.at(-1) ?? 0)).toBeLessThanOrEqual(1024 + 1920);
    const empty = placer.place([segment(2, 4, [])]);
    expect(empty?.silent).toHaveLength(empty?.samples.length ?? 0);
    expect(empty?.samples.length).toBeGreaterThan(90);
  });

  test("what is heard before the film begins is left out; in the middle of a film it stays", () => {
    const early = () => segment(0, 2, frames(-2048, 96_000));
    expect(new SoundPlacer(audio, 0).place([early()])?.decodeTicks).toBe(0);
    const count = early().frames.length;
    expect(new SoundPlacer(audio, 0).place([early()])?.samples).toHaveLength(count - 2);
    const later = new SoundPlacer(audio, 10 * SECOND).place([early()]);
    expect(later?.decodeTicks).toBe(480_000 - 2048);
    expect(later?.samples).toHaveLength(count);
  });
});
