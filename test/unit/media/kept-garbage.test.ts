import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { boxesIn } from "../../../src/media/fmp4/boxes.ts";
import { fmp4Facts, fmp4Parameters } from "../../../src/media/kept/fmp4-facts.ts";
import { fmp4TrackSegment } from "../../../src/media/kept/fmp4-split.ts";
import { mp4SegmentLayout, mp4Segments, readMp4File } from "../../../src/media/kept/mp4-file.ts";
import { tsFacts, TsProbe } from "../../../src/media/ts/ts-facts.ts";
import { NightjarError } from "../../../src/platform/errors.ts";
import type { ClipOptions } from "./clips.ts";
import { fileClip, hlsClip } from "./kept-clips.ts";

const settings = { seed: 20_261_121, numRuns: 250 };
const small: ClipOptions = {
  codec: "h264",
  bFrames: 2,
  sound: { rate: 16_000, channels: 1 },
  seconds: 1,
  size: "32x32",
};
const h265: ClipOptions = { ...small, codec: "h265" };

const fmp4 = await hlsClip(small, "fmp4");
const segment = fmp4.segments[0] ?? new Uint8Array(0);
const absolute = await fileClip(small, "mp4", "-movflags", "frag_keyframe+empty_moov");
const absoluteAt = boxesIn(absolute).find(({ type }) => type === "moof")?.start ?? 0;

const streams = [
  await fileClip(small, "ts"),
  await fileClip(h265, "ts"),
  await fileClip(small, "ts", "-mpegts_flags", "latm"),
  await fileClip(small, "ts", "-c:a", "ac3", "-ar", "48000"),
];
const inits = [fmp4.init, absolute.slice(0, absoluteAt), (await hlsClip(h265, "fmp4")).init];
const segments = [segment, absolute.slice(absoluteAt)];
const files = [
  await fileClip(small, "mp4", "-movflags", "faststart"),
  await fileClip(h265, "mp4"),
  absolute,
  await fileClip(small, "mp4", "-movflags", "frag_keyframe"),
];

function refusal(error: unknown): void {
  if (!(error instanceof NightjarError) || error.message.length > 300) throw error;
  expect(["unprocessable", "not-found"]).toContain(error.kind);
}

function returnsOrRefuses(parse: () => unknown): void {
  try {
    parse();
  } catch (error) {
    refusal(error);
  }
}

/** What a file says must hold together, whatever was done to it. */
async function readsOrRefuses(bytes: Uint8Array): Promise<void> {
  try {
    const read = (at: number, length: number): Promise<Uint8Array> =>
      Promise.resolve(bytes.subarray(at, at + length));
    const file = await readMp4File(read, bytes.length);
    expect(file.facts.durationTicks).toBeGreaterThan(0);
    const made = mp4Segments(file, 500);
    expect(made.reduce((sum, { durationTicks }) => sum + durationTicks, 0)).toBe(file.facts.durationTicks);
    for (const { mediaTicks, durationTicks, videoBytes } of made) {
      const bases = { videoTicks: 0, audioTicks: 0 };
      const { ranges } = mp4SegmentLayout(file, mediaTicks, mediaTicks + durationTicks, "both", bases);
      expect(ranges.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0)).toBe(videoBytes);
      for (const { offsetBytes, lengthBytes } of ranges) {
        expect(offsetBytes).toBeGreaterThanOrEqual(0);
        expect(offsetBytes + lengthBytes).toBeLessThanOrEqual(bytes.length);
      }
      returnsOrRefuses(() => mp4SegmentLayout(file, mediaTicks, mediaTicks + durationTicks, "audio", bases));
    }
  } catch (error) {
    refusal(error);
  }
}

const change = fc.record({ at: fc.nat(), to: fc.constantFrom(0, 1, 2, 7, 8, 0x47, 0x7f, 0x80, 0xff) });
const changes = fc.array(change, { minLength: 1, maxLength: 6 });

/** Real bytes, some of them other ones, perhaps cut off. */
const damaged = (seeds: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> =>
  fc
    .record({ seed: fc.constantFrom(...seeds), changes, cut: fc.option(fc.nat()) })
    .map(({ seed, changes: made, cut }) => {
      const bytes = cut === null ? seed.slice() : seed.slice(0, 1 + (cut % seed.length));
      for (const { at, to } of made) bytes[at % bytes.length] = to;
      return bytes;
    });

/** Only boxes' fields: what stands in front of the pictures, or in the moov behind them. */
const damagedBoxes = (seeds: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> =>
  fc.record({ seed: fc.constantFrom(...seeds), changes }).map(({ seed, changes: made }) => {
    const bytes = seed.slice();
    const fields = boxesIn(seed).filter(({ type }) => type === "moov" || type === "moof");
    for (const { at, to } of made) {
      const box = fields[at % fields.length];
      if (box) bytes[box.start + (at % (box.end - box.start))] = to;
    }
    return bytes;
  });

describe("garbage is refused in words, or read, but breaks nothing", () => {
  test("tsFacts", () => {
    const check = (bytes: Uint8Array): void =>
      returnsOrRefuses(() => {
        const facts = tsFacts(bytes);
        expect(facts.durationTicks).toBeGreaterThan(0);
        // However it is cut, it is the same.
        const probe = new TsProbe();
        for (let at = 0; at < bytes.length; at += 333) probe.push(bytes.subarray(at, at + 333));
        expect(probe.facts()).toEqual(facts);
      });
    fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), check), settings);
    fc.assert(fc.property(damaged(streams), check), settings);
  });

  test("fmp4Parameters, fmp4Facts, fmp4TrackSegment", () => {
    const check = (init: Uint8Array, bytes: Uint8Array): void => {
      returnsOrRefuses(() => fmp4Parameters(init));
      returnsOrRefuses(() => expect(fmp4Facts(init, bytes).durationTicks).toBeGreaterThan(0));
      returnsOrRefuses(() => fmp4TrackSegment(init, bytes, "video"));
      returnsOrRefuses(() => fmp4TrackSegment(init, bytes, "audio"));
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 200 }), check),
      settings,
    );
    fc.assert(fc.property(damaged(inits), fc.constantFrom(...segments), check), settings);
    fc.assert(fc.property(damagedBoxes(inits), fc.constantFrom(...segments), check), settings);
    fc.assert(fc.property(fc.constantFrom(...inits), damaged(segments), check), settings);
    fc.assert(fc.property(fc.constantFrom(...inits), damagedBoxes(segments), check), settings);
  });

  test("readMp4File and what is made of it", async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), readsOrRefuses), settings);
    await fc.assert(fc.asyncProperty(damaged(files), readsOrRefuses), settings);
    await fc.assert(fc.asyncProperty(damagedBoxes(files), readsOrRefuses), { ...settings, numRuns: 600 });
  });
});
