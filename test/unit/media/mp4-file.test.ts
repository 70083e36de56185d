import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { initForTrack, parseInit } from "../../../src/media/fmp4/init.ts";
import { parseSegmentHeader } from "../../../src/media/fmp4/segment.ts";
import { type Mp4File, mp4SegmentLayout, mp4Segments } from "../../../src/media/kept/mp4-file.ts";
import { segmentFollows } from "../../../src/media/segment-outline.ts";
import type { TrackKind } from "../../../src/media/parameters.ts";
import { type ClipOptions, decodedFrames, temporaryFolder } from "./clips.ts";
import { fileClip, packetsOf, readMp4Bytes, shownSpan } from "./kept-clips.ts";

const stereo = { rate: 48_000, channels: 2 };
const NO_BASES = { videoTicks: 0, audioTicks: 0 };

/** The bytes of a made segment. */
function segmentOf(
  media: Uint8Array,
  file: Mp4File,
  [fromTicks, toTicks]: readonly [number, number],
  tracks: "both" | TrackKind = "both",
  bases = NO_BASES,
): Uint8Array {
  const { header, ranges } = mp4SegmentLayout(file, fromTicks, toTicks, tracks, bases);
  const parts = ranges.map(({ offsetBytes, lengthBytes }) =>
    media.subarray(offsetBytes, offsetBytes + lengthBytes),
  );
  return Buffer.concat([header, ...parts]);
}

/** Checksums of the decoded frames of some media. */
async function framesOf(media: Uint8Array, ...options: string[]): Promise<string[]> {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "media.mp4");
  await Bun.write(path, media);
  return decodedFrames(path, ...options);
}

const picturesOf = (frames: readonly string[]): string[] => frames.filter((frame) => frame.startsWith("0 "));

const clips: [string, ClipOptions, string[]][] = [
  ["H.264 with B-frames and sound", { codec: "h264", bFrames: 3, sound: stereo, seconds: 5 }, []],
  ["H.264 with faststart", { codec: "h264", sound: stereo, seconds: 3 }, ["-movflags", "faststart"]],
  ["H.265 as hev1", { codec: "h265", bFrames: 2, sound: { rate: 44_100, channels: 1 } }, ["-tag:v", "hev1"]],
  [
    "fragments without samples in front",
    { codec: "h264", bFrames: 2, sound: stereo },
    ["-movflags", "frag_keyframe+empty_moov"],
  ],
  ["samples in front of fragments", { codec: "h264", bFrames: 2 }, ["-movflags", "frag_keyframe"]],
  [
    "fragments from their moof on",
    { codec: "h265", sound: stereo },
    ["-movflags", "frag_every_frame+empty_moov+default_base_moof"],
  ],
  ["another timescale", { codec: "h264", bFrames: 2, sound: stereo }, ["-video_track_timescale", "1000"]],
  [
    "signed composition offsets",
    { codec: "h264", bFrames: 2, sound: stereo },
    ["-movflags", "negative_cts_offsets"],
  ],
  ["QuickTime's own description of the sound", { codec: "h264", sound: stereo }, ["-f", "mov"]],
  ["sound that begins later", { codec: "h264", sound: stereo, soundDelaySeconds: 0.5 }, []],
];

describe.each(clips)("a file of ffmpeg: %s", (_, options, more) => {
  test("says what ffprobe says, and is made into segments that decode to the same", async () => {
    const media = await fileClip(options, "mp4", ...more);
    const file = await readMp4Bytes(media);
    const { facts, video, audio } = file;
    const probed = await packetsOf(media);
    const in90k = (ticks: number): number => (ticks * 90_000) / probed.video.timescale;

    const span = shownSpan(probed.video.packets);
    expect(Math.abs(facts.sourceTicks - in90k(span.firstTicks))).toBeLessThanOrEqual(0.5);
    expect(Math.abs(facts.durationTicks - in90k(span.endTicks - span.firstTicks))).toBeLessThanOrEqual(45);
    expect([facts.isIndependent, file.isCutOff]).toEqual([true, false]);
    expect([video.count, audio?.count ?? 0]).toEqual([
      probed.video.packets.length,
      probed.audio.packets.length,
    ]);
    for (const [index, packet] of probed.video.packets.entries()) {
      const sample = video.sampleAt(index);
      expect([sample.sizeBytes, sample.isKey]).toEqual([packet.sizeBytes, packet.isKey]);
      const shownTicks = sample.decodeTicks + sample.compositionOffsetTicks;
      expect(Math.abs(shownTicks - in90k(packet.pts - span.firstTicks))).toBeLessThanOrEqual(0.5);
    }
    for (const [index, packet] of probed.audio.packets.entries()) {
      const sample = audio?.sampleAt(index);
      const zero = (span.firstTicks * probed.audio.timescale) / probed.video.timescale;
      expect(sample?.sizeBytes).toBe(packet.sizeBytes);
      expect(Math.abs((sample?.decodeTicks ?? 0) - (packet.pts - zero))).toBeLessThanOrEqual(1);
    }

    const { parameters } = facts;
    expect(parameters.videoCodec).toStartWith(options.codec === "h264" ? "avc1." : "hvc1.1.6.");
    expect(parameters.audioCodec).toBe(options.sound ? "mp4a.40.2" : null);
    expect([parameters.width, parameters.height, parameters.frameRate]).toEqual([192, 108, 25]);
    expect(parseInit(parameters.init).unsupported).toEqual([]);

    const segments = mp4Segments(file, 2000);
    expect(
      segments.every(
        (segment, index) => index === 0 || segmentFollows(segments[index - 1] ?? segment, segment),
      ),
    ).toBe(true);
    expect(segments.reduce((sum, { durationTicks }) => sum + durationTicks, 0)).toBe(facts.durationTicks);
    expect(segments.reduce((sum, { activityBytes }) => sum + activityBytes, 0)).toBe(facts.activityBytes);
    // ffmpeg makes the first picture longer where the sound begins before it and there is no edit list.
    for (const { durationTicks } of segments.slice(0, -1)) expect(durationTicks).toBeWithin(180_000, 182_000);
    const made = segments.map(({ mediaTicks, durationTicks, videoBytes }) => {
      const bytes = segmentOf(media, file, [mediaTicks, mediaTicks + durationTicks]);
      expect(parseSegmentHeader(bytes).payloadBytes).toBe(videoBytes);
      return bytes;
    });
    const frames = await framesOf(Buffer.concat([parameters.init, ...made]));
    const original = await framesOf(media, "-ignore_editlist", "1");
    expect(picturesOf(frames)).toEqual(picturesOf(original));
    // The whole file as one segment is the same again.
    const whole = segmentOf(media, file, [0, facts.durationTicks]);
    expect(await framesOf(Buffer.concat([parameters.init, whole]))).toEqual(frames);
  });
});

const clip = await fileClip({ codec: "h264", bFrames: 2, sound: stereo, seconds: 4 }, "mp4");

const clipFile = await readMp4Bytes(clip);

describe("segments out of a file", () => {
  const [media, file] = [clip, clipFile];
  const { init } = file.facts.parameters;
  const [first, second] = mp4Segments(file, 2000);
  if (!first || !second) throw new Error("no segments");

  test("begin at the base that they are given", () => {
    const bases = { videoTicks: 9_000_000, audioTicks: 4_800_000 };
    const header = parseSegmentHeader(segmentOf(media, file, [180_000, 360_000], "both", bases));
    expect(header.video.decodeTicks).toBe(9_180_000);
    expect(header.video.samples[0]).toMatchObject({ isKey: true, compositionOffsetTicks: 0 });
    expect(header.video.samples.reduce((sum, { durationTicks }) => sum + durationTicks, 0)).toBe(180_000);
    // The first frame that begins in it.
    expect((header.audio?.decodeTicks ?? 0) - 4_896_000).toBeWithin(0, 1024);
    expect(() => segmentOf(media, file, [0, 180_000], "both", { ...bases, videoTicks: -1 })).toThrow(
      "can't have the base -1",
    );
  });

  test("share the sound without a frame twice or missing", () => {
    const at = [first, second].map(({ mediaTicks, durationTicks }) =>
      parseSegmentHeader(segmentOf(media, file, [mediaTicks, mediaTicks + durationTicks])),
    );
    const [before, after] = at;
    const samples = before?.audio?.samples ?? [];
    const endTicks = samples.reduce((sum, { durationTicks }) => sum + durationTicks, 0);
    expect((before?.audio?.decodeTicks ?? 0) + endTicks).toBe(after?.audio?.decodeTicks ?? 0);
  });

  test("of one track are that track's part of both", async () => {
    const both = segmentOf(media, file, [180_000, 360_000]);
    const whole = parseSegmentHeader(both);
    const payload = both.subarray(whole.headerBytes);
    const video = segmentOf(media, file, [180_000, 360_000], "video");
    const audio = segmentOf(media, file, [180_000, 360_000], "audio");
    const sizeBytes = whole.video.sizeBytes;
    expect(video.subarray(-sizeBytes)).toEqual(payload.subarray(0, sizeBytes));
    expect(audio.subarray(-(whole.audio?.sizeBytes ?? 0))).toEqual(payload.subarray(sizeBytes));
    const heard = await framesOf(Buffer.concat([initForTrack(init, "audio"), audio]));
    const all = await framesOf(Buffer.concat([init, both]));
    expect(heard).toEqual(all.filter((f) => f.startsWith("1 ")).map((f) => f.replace("1 ", "0 ")));
    const seen = await framesOf(Buffer.concat([initForTrack(init, "video"), video]));
    expect(seen).toEqual(picturesOf(all));
  });

  test("neighbouring bytes are one range", () => {
    const { ranges } = mp4SegmentLayout(file, 0, 180_000, "video", NO_BASES);
    const touching = ranges.filter(({ offsetBytes, lengthBytes }) =>
      ranges.some((range) => range.offsetBytes === offsetBytes + lengthBytes),
    );
    expect(touching).toEqual([]);
    const sum = ranges.reduce((total, { lengthBytes }) => total + lengthBytes, 0);
    expect(sum).toBe(
      Array.from({ length: 50 }, (_, index) => file.video.sizeAt(index)).reduce((a, b) => a + b),
    );
  });

  test("where there are none are not found", async () => {
    expect(() => mp4SegmentLayout(file, 900_000, 990_000, "both", NO_BASES)).toThrow(
      "no pictures from 900000",
    );
    const silent = await readMp4Bytes(await fileClip({ codec: "h264", seconds: 1 }, "mp4"));
    expect(() => mp4SegmentLayout(silent, 0, 90_000, "audio", NO_BASES)).toThrow("no audio");
    expect(mp4SegmentLayout(silent, 0, 90_000, "both", NO_BASES).ranges.length).toBe(1);
  });

  test("are cut within a long group of pictures", async () => {
    const options: ClipOptions = { codec: "h264", seconds: 50, size: "32x32" };
    const coding = ["-x264-params", "keyint=9999:min-keyint=9999:scenecut=0"];
    const long = await readMp4Bytes(await fileClip(options, "mp4", ...coding));
    expect(mp4Segments(long, 2000).map(({ durationTicks }) => durationTicks / 90_000)).toEqual([20, 20, 10]);
  });
});

describe("parameter sets", () => {
  test("that come with the pictures alone are taken from the first key frame", async () => {
    const coding = ["-x264-params", "keyint=25:repeat-headers=1"];
    const inBand = await fileClip({ codec: "h264", seconds: 1 }, "mp4", ...coding);
    const wanted = (await readMp4Bytes(inBand)).facts.parameters;
    const bare = inBand.slice();
    const at = Buffer.from(bare).indexOf("avcC");
    // No SPS, and no PPS either.
    bare[at + 4 + 5] = 0xe0;
    bare[at + 4 + 6] = 0;
    const { parameters } = (await readMp4Bytes(bare)).facts;
    expect(parameters.videoCodec).toBe(wanted.videoCodec);
    expect(parameters.init).toEqual(wanted.init);
  });

  test("hev1 becomes hvc1, whose init is that of the same stream in MPEG-TS", async () => {
    const media = await fileClip({ codec: "h265", seconds: 1 }, "mp4", "-tag:v", "hev1");
    const { parameters } = (await readMp4Bytes(media)).facts;
    expect(Buffer.from(parameters.init).includes("hvc1")).toBe(true);
    expect(Buffer.from(parameters.init).includes("hev1")).toBe(false);
  });
});
