import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { audioParameters, parseAudioSpecificConfig } from "../../../src/media/aac.ts";
import { buildInit, initForTrack, parseInit, runParametersOf } from "../../../src/media/fmp4/init.ts";
import { movieHeader } from "../../../src/media/fmp4/movie-header.ts";
import { FragmentReader, type ReaderEvent } from "../../../src/media/fmp4/reader.ts";
import {
  buildSegmentHeader,
  parseSegmentHeader,
  rebaseHeader,
  singleTrackHeader,
} from "../../../src/media/fmp4/segment.ts";
import { parseH264Sps } from "../../../src/media/h264.ts";
import { parseH265Sps } from "../../../src/media/h265.ts";
import {
  isRandomAccess,
  nalUnits,
  parameterSetsIn,
  splitAnnexB,
  videoParameters,
} from "../../../src/media/nal.ts";
import { NightjarError } from "../../../src/platform/errors.ts";
import { fragmentedClip } from "./clips.ts";

const settings = { seed: 20_261_121, numRuns: 300 };

const clip = fragmentedClip({ codec: "h264", bFrames: 2, sound: { rate: 48_000, channels: 2 }, seconds: 1 });
const h265Clip = fragmentedClip({ codec: "h265", seconds: 1 });

function initOf(bytes: Uint8Array): Uint8Array {
  const [event] = new FragmentReader().push(bytes);
  if (event?.kind !== "init") throw new Error("no init");
  return event.init;
}

const init = initOf(clip);
const parameters = runParametersOf(parseInit(init));
const h265Parameters = runParametersOf(parseInit(initOf(h265Clip)));
const ourInit = buildInit(parameters);
const sampleOf = (sizeBytes: number, isKey = true) => ({
  sizeBytes,
  durationTicks: 3600,
  compositionOffsetTicks: sizeBytes % 2 === 0 ? -3600 : 3600,
  isKey,
});
const header = buildSegmentHeader({
  sequenceNumber: 7,
  video: { decodeTicks: 90_000, samples: [sampleOf(900), sampleOf(20, false), sampleOf(31, false)] },
  audio: { decodeTicks: 48_000, samples: [sampleOf(100), sampleOf(101)] },
});

/** Everything that reads bytes from outside. */
const parsers: Record<string, (bytes: Uint8Array) => unknown> = {
  FragmentReader: (bytes) => new FragmentReader().push(bytes),
  parseInit,
  initForTrack: (bytes) => initForTrack(bytes, "video"),
  movieHeader: (bytes) => movieHeader(bytes, { durationMs: 5, startMs: 5, title: "ä" }),
  parseSegmentHeader,
  rebaseHeader: (bytes) => rebaseHeader(bytes, { videoTicks: 5, audioTicks: 5 }),
  singleVideoHeader: (bytes) => singleTrackHeader(bytes, "video", 5),
  singleAudioHeader: (bytes) => singleTrackHeader(bytes, "audio", 5),
  parseH264Sps: (bytes) => parseH264Sps(bytes),
  parseH265Sps: (bytes) => parseH265Sps(bytes),
  nalUnits,
  splitAnnexB,
  parameterSetsIn: (bytes) => parameterSetsIn("h265", bytes),
  isRandomAccess: (bytes) => isRandomAccess("h264", bytes),
  videoParameters: (bytes) => videoParameters("h264", [bytes, ...parameters.video.parameterSets.slice(1)]),
  buildInit: (bytes) => buildInit({ video: { ...h265Parameters.video, parameterSets: [bytes] } }),
  parseAudioSpecificConfig,
  audioParameters,
};

/** Real bytes that each parser would take, to be damaged. */
const seeds: Uint8Array[] = [
  clip,
  init,
  ourInit,
  header,
  Buffer.concat([ourInit, header, new Uint8Array(1152)]),
  ...parameters.video.parameterSets,
  ...h265Parameters.video.parameterSets,
  parameters.audio?.audioSpecificConfig ?? new Uint8Array(0),
];

function returnsOrRefuses(parse: (bytes: Uint8Array) => unknown, bytes: Uint8Array): void {
  try {
    parse(bytes);
  } catch (error) {
    if (!(error instanceof NightjarError) || error.message.length > 300) throw error;
    expect(["unprocessable", "not-found"]).toContain(error.kind);
  }
}

describe("garbage is refused in words, or read, but breaks nothing", () => {
  const damage = fc.array(fc.record({ at: fc.nat(), to: fc.constantFrom(0, 1, 7, 8, 0x7f, 0x80, 0xff) }), {
    minLength: 1,
    maxLength: 6,
  });

  test.each(Object.entries(parsers))("%s", (_, parse) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => returnsOrRefuses(parse, bytes)),
      settings,
    );
    fc.assert(
      fc.property(fc.constantFrom(...seeds), damage, fc.nat(), (seed, changes, cut) => {
        // The first kilobytes hold what is parsed; the rest is payload.
        const bytes = seed.slice(0, 1 + (cut % Math.min(seed.length, 4000)));
        for (const { at, to } of changes) bytes[at % bytes.length] = to;
        returnsOrRefuses(parse, bytes);
      }),
      settings,
    );
  });
});

describe("the fragment reader", () => {
  const push = (...chunks: Uint8Array[]): ReaderEvent[] => {
    const reader = new FragmentReader({ maxBoxBytes: 100_000 });
    return chunks.flatMap((chunk) => reader.push(chunk));
  };
  const box = (type: string, size: number, body = new Uint8Array(0)): Uint8Array => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(size);
    head.write(type, 4, "latin1");
    return Buffer.concat([head, body]);
  };

  test.each([
    ["a box over the limit", [box("moov", 100_001)], "box moov of 100001 bytes; wanted: at most 100000"],
    ["a box without an end", [box("free", 0)], "box free without an end"],
    ["a box shorter than its header", [box("moof", 7)], "The MP4 box moof says that it is 7 bytes long"],
    ["bytes that are no box", [Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)], "no MP4 box: 0102030405060708"],
    ["a file that is not fragmented", [box("mdat", 20)], "mdat without a moof"],
    ["a fragment without an init", [box("moof", 20)], "moof before any moov"],
    ["two moof in a row", [ourInit, header.subarray(0, header.length - 8), header], "two moof"],
    [
      "samples outside of their mdat",
      [ourInit, header.subarray(0, -8), box("mdat", 8)],
      "1152 bytes of samples",
    ],
    [
      "a track that the init lacks",
      [initForTrack(ourInit, "video"), header],
      "track 2, which is not in the moov",
    ],
  ])("refuses %s", (_, chunks, message) => {
    expect(() => push(...chunks)).toThrow(message);
  });

  test("passes over what is no footage, however it is cut, also with 64-bit sizes", () => {
    const long = Buffer.alloc(24);
    long.writeUInt32BE(1);
    long.write("uuid", 4, "latin1");
    long.writeBigUInt64BE(24n, 8);
    const payload = new Uint8Array(1152).map((_, index) => index);
    const stream = Buffer.concat([
      box("styp", 8),
      ourInit,
      box("sidx", 12, new Uint8Array(4)),
      long,
      header,
      payload,
      box("emsg", 9, new Uint8Array(1)),
      box("free", 8),
      box("mfra", 10, new Uint8Array(2)),
    ]);
    const single = push(...Array.from(stream, (byte) => Uint8Array.of(byte)));
    expect(single).toEqual(push(stream));
    expect(single.map((event) => event.kind)).toEqual(["init", "fragment"]);
    const tracks = single[1]?.kind === "fragment" ? single[1].tracks : [];
    expect(tracks.map((track) => [track.decodeTicks, track.payload])).toEqual([
      [90_000, payload.subarray(0, 951)],
      [48_000, payload.subarray(951)],
    ]);
  });

  test("takes a large fragment in small chunks in time that grows with its size alone", () => {
    const sizeBytes = 24 * 1024 * 1024;
    const large = buildSegmentHeader({
      sequenceNumber: 1,
      video: { decodeTicks: 0, samples: [sampleOf(sizeBytes)] },
    });
    const reader = new FragmentReader();
    reader.push(Buffer.concat([ourInit, large]));
    const chunk = new Uint8Array(1024);
    const start = performance.now();
    let events: ReaderEvent[] = [];
    for (let at = 0; at < sizeBytes; at += chunk.length) events = reader.push(chunk);
    // Copying all that is there at each chunk would be 300 GB.
    expect(performance.now() - start).toBeLessThan(2000);
    expect(events.length).toBe(1);
    expect(reader.bufferedBytes).toBe(0);
  });
});

describe("segment headers", () => {
  const sample = fc.record({
    sizeBytes: fc.nat(100_000),
    durationTicks: fc.oneof(fc.constant(3600), fc.nat(2 ** 32 - 1)),
    compositionOffsetTicks: fc.oneof(fc.constant(0), fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 31 - 1 })),
    isKey: fc.boolean(),
  });
  const decodeTicks = fc.integer({ min: 0, max: 2 ** 52 });
  const track = fc.record({ decodeTicks, samples: fc.array(sample, { minLength: 1, maxLength: 30 }) });
  const sum = (samples: readonly { sizeBytes: number }[]) =>
    samples.reduce((bytes, s) => bytes + s.sizeBytes, 0);

  test("say again what they were made from, also rebased and for one track", () => {
    fc.assert(
      fc.property(track, fc.option(track, { nil: undefined }), fc.nat(2 ** 40), (video, audio, base) => {
        const sequenceNumber = base % 2 ** 32;
        const built = buildSegmentHeader({ sequenceNumber, video, ...(audio ? { audio } : {}) });
        const sized = <T extends typeof video>(from: T) => ({ ...from, sizeBytes: sum(from.samples) });
        const payloadBytes = sum(video.samples) + sum(audio?.samples ?? []);
        const parsed = parseSegmentHeader(built);
        const wanted = { sequenceNumber, headerBytes: built.length, payloadBytes, video: sized(video) };
        expect(parsed).toEqual(audio ? { ...wanted, audio: sized(audio) } : wanted);
        const rebased = parseSegmentHeader(rebaseHeader(built, { videoTicks: base, audioTicks: 2 * base }));
        expect(rebased.video).toEqual({ ...sized(video), decodeTicks: video.decodeTicks + base });
        expect(rebased.audio?.decodeTicks).toBe(audio && audio.decodeTicks + 2 * base);
        const alone = parseSegmentHeader(singleTrackHeader(built, "video", base));
        expect(alone.video).toEqual(rebased.video);
        expect(alone.payloadBytes).toBe(sum(video.samples));
        if (audio) expect(singleTrackHeader(built, "audio", base).length).toBeLessThan(built.length);
        else expect(() => singleTrackHeader(built, "audio", base)).toThrow("The segment has no audio");
      }),
      settings,
    );
  });

  test("refuse what they can't hold", () => {
    const build = (decodeTicks: number, ...sizes: number[]) =>
      buildSegmentHeader({
        sequenceNumber: 1,
        video: { decodeTicks, samples: sizes.map((size) => sampleOf(size)) },
      });
    expect(() => build(0)).toThrow("at least one picture");
    expect(() => build(-1, 10)).toThrow("decode time is -1");
    expect(() => build(0.5, 10)).toThrow("decode time is 0.5");
    expect(() => build(0, 2 ** 32 - 1, 2 ** 32 - 2)).toThrow("bytes");
    expect(() => rebaseHeader(build(10, 10), { videoTicks: -11, audioTicks: 0 })).toThrow(
      "can't have the base -11",
    );
  });
});
