import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { ALL_FORMATS, BufferSource, Input } from "mediabunny";
import {
  buildInit,
  initForTrack,
  type ParsedInit,
  parseInit,
  runParametersOf,
} from "../../../src/media/fmp4/init.ts";
import { FragmentReader, type ReaderEvent } from "../../../src/media/fmp4/reader.ts";
import {
  buildSegmentHeader,
  parseSegmentHeader,
  rebaseHeader,
  singleTrackHeader,
} from "../../../src/media/fmp4/segment.ts";
import { isRandomAccess, parameterSetsIn, videoParameters } from "../../../src/media/nal.ts";
import type { RunParameters, Sample } from "../../../src/media/parameters.ts";
import { type ClipOptions, decodedFrames, fragmentedClip, run, runText, temporaryFolder } from "./clips.ts";

/** Pseudo-random sizes from 1 to `max`, the same in each run. */
function* chunkSizes(seed: number, max: number): Generator<number> {
  let state = seed;
  for (;;) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    yield 1 + (state % max);
  }
}

function readInChunks(bytes: Uint8Array, maxChunk: number): ReaderEvent[] {
  const reader = new FragmentReader();
  const events: ReaderEvent[] = [];
  let at = 0;
  for (const size of chunkSizes(7, maxChunk)) {
    if (at >= bytes.length) break;
    events.push(...reader.push(bytes.subarray(at, at + size)));
    at += size;
  }
  expect(reader.bufferedBytes).toBe(0);
  return events;
}

type Rebuilt = { parameters: RunParameters; init: Uint8Array; headers: Uint8Array[]; payloads: Uint8Array[] };

/** All of one track, cut before each sample of which `isStart` is true. */
function piecesOf(
  events: readonly ReaderEvent[],
  trackId: number | undefined,
  isStart: (sample: Sample, ticks: number) => boolean,
): { decodeTicks: number; samples: Sample[]; payload: Uint8Array[] }[] {
  const pieces: { decodeTicks: number; samples: Sample[]; payload: Uint8Array[] }[] = [];
  for (const event of events) {
    for (const track of event.kind === "fragment" ? event.tracks : []) {
      if (track.trackId !== trackId) continue;
      let [ticks, at] = [track.decodeTicks, 0];
      for (const sample of track.samples) {
        if (pieces.length === 0 || isStart(sample, ticks)) {
          pieces.push({ decodeTicks: ticks, samples: [], payload: [] });
        }
        pieces.at(-1)?.samples.push(sample);
        pieces.at(-1)?.payload.push(track.payload.subarray(at, at + sample.sizeBytes));
        ticks += sample.durationTicks;
        at += sample.sizeBytes;
      }
    }
  }
  return pieces;
}

/** Reads what ffmpeg wrote and writes it as our own segments of a second, in the timescales of the tracks. */
function rebuild(source: Uint8Array, maxChunk = 4000): Rebuilt & { parsed: ParsedInit } {
  const events = readInChunks(source, maxChunk);
  const first = events[0];
  if (first?.kind !== "init") throw new Error("no init");
  const parsed = parseInit(first.init);
  const { video, audio } = parsed;
  if (!video) throw new Error("no video");
  const pictures = piecesOf(events, video.trackId, (sample) => sample.isKey);
  let second = 0;
  const sound = piecesOf(events, audio?.trackId, (_, ticks) => {
    const isStart = second + 1 < pictures.length && ticks >= (second + 1) * (audio?.timescale ?? 0);
    if (isStart) second++;
    return isStart;
  });
  const headers = pictures.map((piece, index) =>
    buildSegmentHeader({
      sequenceNumber: index + 1,
      video: piece,
      ...(sound[index] ? { audio: sound[index] } : {}),
    }),
  );
  const payloads = pictures.map((piece, index) =>
    Buffer.concat([...piece.payload, ...(sound[index]?.payload ?? [])]),
  );
  const parameters = {
    video: { ...video.parameters, timescale: video.timescale },
    ...(audio ? { audio: { ...audio.parameters, timescale: audio.timescale } } : {}),
  };
  return { parameters, init: buildInit(parameters), headers, payloads, parsed };
}

const fileOf = (init: Uint8Array, headers: readonly Uint8Array[], payloads: readonly Uint8Array[]): Buffer =>
  Buffer.concat([
    init,
    ...headers.flatMap((header, index) => [header, payloads[index] ?? new Uint8Array(0)]),
  ]);

const clips: Record<string, ClipOptions> = {
  "H.264 with B-frames and AAC 48 kHz stereo": {
    codec: "h264",
    bFrames: 2,
    sound: { rate: 48_000, channels: 2 },
  },
  "H.265 with B-frames and AAC 16 kHz mono": {
    codec: "h265",
    bFrames: 2,
    sound: { rate: 16_000, channels: 1 },
  },
  "H.264 without sound": { codec: "h264" },
};

for (const [name, options] of Object.entries(clips)) {
  describe(name, () => {
    const source = fragmentedClip(options);
    const rebuilt = rebuild(source);

    test("what is rebuilt from it decodes to the same frames", async () => {
      await using folder = await temporaryFolder();
      const [original, ours] = [join(folder.path, "a.mp4"), join(folder.path, "b.mp4")];
      await Bun.write(original, source);
      await Bun.write(ours, fileOf(rebuilt.init, rebuilt.headers, rebuilt.payloads));
      // Without the edit list, so that ffmpeg gives the AAC encoder's first frame from both files.
      const frames = decodedFrames(ours);
      expect(frames.length).toBeGreaterThan(70);
      expect(frames.sort()).toEqual(decodedFrames(original, "-ignore_editlist", "1").sort());
    });

    test("each cut of the stream gives the same fragments", () => {
      const other = rebuild(source, 37);
      expect(fileOf(other.init, other.headers, other.payloads)).toEqual(
        fileOf(rebuilt.init, rebuilt.headers, rebuilt.payloads),
      );
      expect(readInChunks(source, source.length)).toEqual(readInChunks(source, 1000));
    });

    test("our init says the same parameters again", () => {
      const again = parseInit(rebuilt.init);
      expect(again.unsupported).toEqual([]);
      expect(again.video?.parameters).toEqual(rebuilt.parsed.video?.parameters as never);
      expect(again.audio?.parameters).toEqual(rebuilt.parsed.audio?.parameters as never);
      expect(again.video?.timescale).toBe(rebuilt.parsed.video?.timescale as never);
      expect(buildInit(rebuilt.parameters)).toEqual(rebuilt.init);
    });

    test("headers say again what they were made from", () => {
      const samples = rebuilt.headers.map(parseSegmentHeader);
      const events = readInChunks(fileOf(rebuilt.init, rebuilt.headers, rebuilt.payloads), 5000);
      for (const [index, segment] of samples.entries()) {
        const event = events[index + 1];
        if (event?.kind !== "fragment") throw new Error("no fragment");
        expect(segment.headerBytes).toBe(rebuilt.headers[index]?.length as never);
        expect(segment.payloadBytes).toBe(rebuilt.payloads[index]?.length as never);
        expect(event.tracks.map((track) => track.samples)).toEqual(
          [segment.video, ...(segment.audio ? [segment.audio] : [])].map((track) => track.samples),
        );
      }
    });

    test("key flags agree with the NAL units", () => {
      const { codec } = rebuilt.parameters.video;
      let keys = 0;
      for (const [index, header] of rebuilt.headers.entries()) {
        let at = 0;
        for (const sample of parseSegmentHeader(header).video.samples) {
          const bytes = rebuilt.payloads[index]?.subarray(at, at + sample.sizeBytes) ?? new Uint8Array(0);
          expect(isRandomAccess(codec, bytes)).toBe(sample.isKey);
          const sets = parameterSetsIn(codec, bytes);
          if (sets.length > 0) expect(videoParameters(codec, sets).width).toBe(192);
          if (sample.isKey) keys++;
          at += sample.sizeBytes;
        }
      }
      expect(keys).toBe(3);
    });

    test("rebased by 40 days it still decodes whole, and all times moved", async () => {
      await using folder = await temporaryFolder();
      const [plain, moved] = [join(folder.path, "a.mp4"), join(folder.path, "b.mp4")];
      const days = 40 * 86_400;
      const base = {
        videoTicks: days * rebuilt.parameters.video.timescale,
        audioTicks: days * (rebuilt.parameters.audio?.timescale ?? 1),
      };
      const headers = rebuilt.headers.map((header) => rebaseHeader(header, base));
      expect(headers.map((header) => header.length)).toEqual(rebuilt.headers.map((header) => header.length));
      await Bun.write(plain, fileOf(rebuilt.init, rebuilt.headers, rebuilt.payloads));
      await Bun.write(moved, fileOf(rebuilt.init, headers, rebuilt.payloads));
      expect(decodedFrames(moved)).toEqual(decodedFrames(plain));
      const times = (file: string): number[] =>
        runText(["ffprobe", "-v", "error", "-show_entries", "packet=pts_time", "-of", "csv=p=0", file])
          .trim()
          .split("\n")
          .map((line) => Math.round(Number.parseFloat(line) * 1000));
      expect(times(moved).map((time) => time - days * 1000)).toEqual(times(plain));
    });

    test("each track alone decodes to its frames", async () => {
      await using folder = await temporaryFolder();
      const whole = join(folder.path, "whole.mp4");
      await Bun.write(whole, fileOf(rebuilt.init, rebuilt.headers, rebuilt.payloads));
      for (const track of rebuilt.parameters.audio ? (["video", "audio"] as const) : (["video"] as const)) {
        const headers = rebuilt.headers.map((header) => singleTrackHeader(header, track, 90_000));
        const payloads = rebuilt.headers.map((header, index) => {
          const { video } = parseSegmentHeader(header);
          const payload = rebuilt.payloads[index] ?? new Uint8Array(0);
          return track === "video" ? payload.subarray(0, video.sizeBytes) : payload.subarray(video.sizeBytes);
        });
        const alone = join(folder.path, `${track}.mp4`);
        await Bun.write(alone, fileOf(initForTrack(rebuilt.init, track), headers, payloads));
        const stream = track === "video" ? "0:v" : "0:a";
        const wanted = runText([
          "ffmpeg",
          "-nostdin",
          "-v",
          "error",
          "-i",
          whole,
          "-map",
          stream,
          "-f",
          "md5",
          "-",
        ]);
        expect(runText(["ffmpeg", "-nostdin", "-v", "error", "-i", alone, "-f", "md5", "-"])).toBe(wanted);
      }
    });

    test("mediabunny sees the same tracks, codecs and packets", async () => {
      const bytes = fileOf(rebuilt.init, rebuilt.headers, rebuilt.payloads);
      const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(bytes) });
      const { video, audio } = rebuilt.parameters;
      const seen = await input.getPrimaryVideoTrack();
      // mediabunny calls every H.265 `hev1`, also where the sample entry is `hvc1`.
      expect((await seen?.getCodecParameterString())?.replace("hev1", "hvc1")).toBe(video.codecString);
      expect([seen?.codedWidth, seen?.codedHeight]).toEqual([video.width, video.height]);
      const stats = await seen?.computePacketStats();
      expect(stats?.packetCount).toBe(75);
      const heard = await input.getPrimaryAudioTrack();
      expect((await heard?.getCodecParameterString()) ?? undefined).toBe(audio?.codecString as never);
      expect(heard?.sampleRate).toBe(audio?.timescale as never);
      expect(heard?.numberOfChannels).toBe(audio?.channelCount as never);
    });
  });
}

test("ffmpeg's other layouts of fragments are read alike", () => {
  const options = { codec: "h264", sound: { rate: 48_000, channels: 2 }, seconds: 2 } as const;
  const readings = ["default_base_moof", "separate_moof", "omit_tfhd_offset", "cmaf", "dash"].map((flag) => {
    const events = readInChunks(fragmentedClip(options, `+delay_moov+frag_keyframe+${flag}`), 3000);
    return [1, 2].map((trackId) => {
      const pieces = piecesOf(events, trackId, () => false);
      return {
        sizes: pieces[0]?.samples.map((sample) => sample.sizeBytes),
        keys: pieces[0]?.samples.filter((sample) => sample.isKey).length,
        payload: Bun.hash(Buffer.concat(pieces[0]?.payload ?? [])),
      };
    });
  });
  for (const reading of readings) expect(reading).toEqual(readings[0] as never);
  expect(readings[0]?.[0]?.sizes?.length).toBe(50);
  expect(readings[0]?.[0]?.keys).toBe(2);
  expect(readings[0]?.[1]?.sizes?.length).toBeGreaterThan(90);
});

test("the edit list of a delayed moov is the tracks' true offset", () => {
  const source = fragmentedClip({ codec: "h264", bFrames: 2, sound: { rate: 48_000, channels: 2 } });
  const { video, audio } = parseInit((readInChunks(source, 999)[0] as { init: Uint8Array }).init);
  // Two B-frames delay the first picture by two frames; the AAC encoder begins with 1024 samples of its own.
  expect(video?.editOffsetTicks).toBe((-2 * (video?.timescale ?? 0)) / 25);
  expect(audio?.editOffsetTicks).toBe(-1024);
});

test("sound that begins later has its offset, as ffprobe sees it", () => {
  const sound = { rate: 48_000, channels: 2 };
  const source = fragmentedClip({ codec: "h264", bFrames: 2, sound, soundDelaySeconds: 0.5 });
  const events = readInChunks(source, 4000);
  const { video, audio } = rebuild(source).parsed;
  const probed = run(
    ["ffprobe", "-v", "error", "-show_entries", "packet=stream_index,pts_time", "-of", "csv=p=0", "-"],
    source,
  );
  const lines = new TextDecoder().decode(probed).trim().split("\n");
  for (const [index, track] of [video, audio].entries()) {
    const first = piecesOf(events, track?.trackId, () => false)[0];
    const shownTicks = (first?.decodeTicks ?? 0) + (first?.samples[0]?.compositionOffsetTicks ?? 0);
    const seconds = (shownTicks + (track?.editOffsetTicks ?? 0)) / (track?.timescale ?? 0);
    const line = lines.find((candidate) => candidate.startsWith(`${index},`));
    expect(seconds).toBeCloseTo(Number(line?.split(",")[1]), 3);
  }
  expect(audio?.editOffsetTicks).toBeGreaterThan(20_000);
});

describe("an init without codec configuration", () => {
  const init = buildInit(
    rebuild(fragmentedClip({ codec: "h264", sound: { rate: 48_000, channels: 2 } })).parameters,
  );
  const without = (...types: string[]): Uint8Array => {
    const copy = Buffer.from(init);
    for (const type of types) copy.write("free", copy.indexOf(type), "latin1");
    return new Uint8Array(copy);
  };

  test("has pictures whose parameter sets must come in-band", () => {
    const parsed = parseInit(without("avcC"));
    expect(parsed.video?.parameters).toMatchObject({
      codec: "h264",
      width: 192,
      height: 108,
      parameterSets: [],
    });
    expect(parsed.video?.parameters.codecString).toBe("avc1");
    expect(() => runParametersOf(parsed)).toThrow("no video track with parameter sets");
    expect(runParametersOf(parseInit(init)).video.codecString).toMatch(/^avc1\.[0-9a-f]{6}$/);
  });

  test("names the sound that can't be used, and pictures of another kind", () => {
    const parsed = parseInit(without("esds", "avc1"));
    expect(parsed.unsupported).toEqual([
      "pictures of kind free",
      "sound of kind mp4a without an AudioSpecificConfig",
    ]);
    expect([parsed.video, parsed.audio]).toEqual([undefined, undefined]);
  });
});

test("codec strings are those of ffmpeg's DASH muxer", async () => {
  await using folder = await temporaryFolder();
  const source = join(folder.path, "a.mp4");
  const { init, headers, payloads, parameters } = rebuild(
    fragmentedClip({ codec: "h264", sound: { rate: 48_000, channels: 2 } }),
  );
  await Bun.write(source, fileOf(init, headers, payloads));
  const mpd = join(folder.path, "a.mpd");
  run(["ffmpeg", "-nostdin", "-v", "error", "-i", source, "-c", "copy", "-f", "dash", mpd]);
  const codecs = [...(await Bun.file(mpd).text()).matchAll(/codecs="([^"]*)"/g)].map((match) => match[1]);
  expect(codecs).toEqual([parameters.video.codecString, parameters.audio?.codecString]);
});
