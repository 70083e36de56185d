import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { boxesIn, BoxWriter } from "../../../src/media/fmp4/boxes.ts";
import { initForTrack } from "../../../src/media/fmp4/init.ts";
import { fmp4Facts, fmp4Parameters } from "../../../src/media/kept/fmp4-facts.ts";
import { fmp4TrackSegment } from "../../../src/media/kept/fmp4-split.ts";
import type { TrackKind } from "../../../src/media/parameters.ts";
import { type ClipOptions, decodedFrames, temporaryFolder } from "./clips.ts";
import { fileClip, type HlsClip, hlsClip, packetsOf, shownSpan } from "./kept-clips.ts";

const stereo = { rate: 48_000, channels: 2 };

/** A fragmented file in front of its first `moof`, and then by `moofs` fragments to a segment. */
function cutClip(media: Uint8Array, moofs: number): HlsClip {
  const starts = boxesIn(media).flatMap(({ type, start }) => (type === "moof" ? [start] : []));
  const whole = Math.max(1, Math.floor(starts.length / moofs));
  const cuts = Array.from({ length: whole }, (_, index) => starts[index * moofs] ?? 0);
  const end = boxesIn(media).find(({ type }) => type === "mfra")?.start ?? media.length;
  return {
    init: media.slice(0, cuts[0]),
    segments: cuts.map((start, index) => media.slice(start, cuts[index + 1] ?? end)),
  };
}

async function framesOf(media: Uint8Array): Promise<string[]> {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "media.mp4");
  await Bun.write(path, media);
  return decodedFrames(path, "-ignore_editlist", "1");
}

async function fragmentedFile(
  flags: string,
  options: Partial<ClipOptions> = {},
  ...more: string[]
): Promise<Uint8Array> {
  const clip: ClipOptions = { codec: "h264", bFrames: 2, sound: stereo, seconds: 4, ...options };
  return await fileClip(clip, "mp4", "-movflags", flags, ...more);
}

const chunked = ["-frag_duration", "200000"];
const clips: [string, () => Promise<HlsClip>, Partial<ClipOptions>][] = [
  ["ffmpeg's HLS muxer", () => hlsClip({ codec: "h264", bFrames: 2, sound: stereo, seconds: 5 }, "fmp4"), {}],
  [
    "the same in H.265 without sound",
    () => hlsClip({ codec: "h265", bFrames: 2 }, "fmp4"),
    { codec: "h265" },
  ],
  [
    "positions from the file's begin",
    async () => cutClip(await fragmentedFile("frag_keyframe+empty_moov"), 1),
    {},
  ],
  [
    "positions from the moof, in chunks",
    async () =>
      cutClip(await fragmentedFile("empty_moov+default_base_moof+frag_keyframe", {}, ...chunked), 5),
    {},
  ],
  [
    "positions from the file's begin, in chunks",
    async () => cutClip(await fragmentedFile("empty_moov+frag_keyframe", {}, ...chunked), 5),
    {},
  ],
  [
    "signed offsets, an edit list, a fragment for each track",
    async () =>
      cutClip(await fragmentedFile("delay_moov+separate_moof+negative_cts_offsets+frag_keyframe"), 2),
    {},
  ],
  [
    "parameter sets with the pictures, one more track of sound",
    async () =>
      cutClip(
        await fragmentedFile(
          "frag_keyframe+empty_moov+default_base_moof",
          {},
          "-map",
          "0:v",
          "-map",
          "1:a",
          "-map",
          "1:a",
          "-x264-params",
          "keyint=25:scenecut=0:repeat-headers=1",
        ),
        2,
      ),
    {},
  ],
];

describe.each(clips)("fragmented MP4 of ffmpeg: %s", (_, make, { codec = "h264" }) => {
  test("says what ffprobe says, and comes apart into tracks that decode to the same", async () => {
    const { init, segments } = await make();
    expect(segments.length).toBeGreaterThan(1);
    const parameters = fmp4Parameters(init);
    expect(parameters.videoCodec).toStartWith(codec === "h264" ? "avc1." : "hev1.1.6.");
    expect([parameters.width, parameters.height, parameters.frameRate]).toEqual([192, 108, 25]);
    const isStereo = parameters.audioTimescale !== null;
    expect([parameters.audioCodec, parameters.audioTimescale]).toEqual(
      isStereo ? ["mp4a.40.2", 48_000] : [null, null],
    );
    const whole = Buffer.concat([init, ...segments]);
    const { video } = await packetsOf(whole);
    const in90k = (ticks: number): number => Math.round((ticks * 90_000) / video.timescale);
    let shiftTicks: number | undefined;
    let endTicks = 0;
    for (const segment of segments) {
      const facts = fmp4Facts(init, segment);
      expect(facts.parameters).toEqual(parameters);
      expect(facts.parameters.init).toBe(init);
      // ffprobe leaves the edit list out where there are no samples in front of the fragments.
      shiftTicks ??= in90k(shownSpan(video.packets).firstTicks) - facts.sourceTicks;
      const startTicks = facts.sourceTicks + shiftTicks;
      if (endTicks > 0) expect(startTicks).toBe(endTicks);
      endTicks = startTicks + facts.durationTicks;
      const packets = video.packets.filter(({ pts }) => in90k(pts) >= startTicks && in90k(pts) < endTicks);
      const span = shownSpan(packets);
      expect([startTicks, endTicks]).toEqual([in90k(span.firstTicks), in90k(span.endTicks)]);
      expect(facts.isIndependent).toBe(packets[0]?.isKey ?? false);
      const others = packets.filter(({ isKey }) => !isKey);
      expect(facts.activityBytes).toBe(others.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
    }
    expect(endTicks).toBe(in90k(shownSpan(video.packets).endTicks));

    const frames = await framesOf(whole);
    const tracks: [TrackKind, string][] = [
      ["video", "0 "],
      ...(isStereo ? [["audio", "1 "] as [TrackKind, string]] : []),
    ];
    for (const [track, number] of tracks) {
      const alone = segments.map((segment) => fmp4TrackSegment(init, segment, track));
      const found = await framesOf(Buffer.concat([initForTrack(init, track), ...alone]));
      const wanted = frames.filter((frame) => frame.startsWith(number));
      expect(found).toEqual(wanted.map((frame) => `0 ${frame.slice(2)}`));
    }
  });
});

const hls = await hlsClip({ codec: "h264", bFrames: 2, sound: stereo, seconds: 3 }, "fmp4");

describe("segments", () => {
  const { init } = hls;
  const segment = hls.segments[0] ?? new Uint8Array(0);
  const wanted = fmp4Facts(init, segment);
  const boxOf = (type: string): Uint8Array => new BoxWriter().box(type, () => undefined).finish();

  test("may have boxes of other kinds around their fragments, of which one track keeps those that stay true", () => {
    const others = Buffer.concat([boxOf("prft"), boxOf("emsg"), segment, boxOf("free")]);
    expect(fmp4Facts(init, others)).toEqual(wanted);
    const types = boxesIn(fmp4TrackSegment(init, others, "audio")).map(({ type }) => type);
    expect(types).toEqual(["prft", "emsg", "styp", "moof", "mdat"]);
  });

  test("begin where their edit list says", async () => {
    const clip = cutClip(await fragmentedFile("delay_moov+frag_keyframe", { seconds: 2 }), 1);
    // B-frames make the first decode time negative; the edit list moves the first picture back to 0.
    expect(fmp4Facts(clip.init, clip.segments[0] ?? new Uint8Array(0)).sourceTicks).toBe(0);
    expect(fmp4Facts(clip.init, clip.segments[1] ?? new Uint8Array(0)).sourceTicks).toBe(90_000);
  });

  test("whose init holds no parameter sets say the rest with their first key frame", async () => {
    const coding = ["-x264-params", "keyint=25:repeat-headers=1"];
    const clip = cutClip(await fragmentedFile("frag_keyframe+empty_moov", { seconds: 1 }, ...coding), 1);
    const whole = fmp4Parameters(clip.init);
    const bare = clip.init.slice();
    const at = Buffer.from(bare).indexOf("avcC");
    bare[at + 4 + 5] = 0xe0;
    bare[at + 4 + 6] = 0;
    bare.set(new TextEncoder().encode("avc3"), Buffer.from(bare).indexOf("avc1", 100));
    const avc3 = whole.videoCodec.replace("avc1", "avc3");
    expect(fmp4Parameters(bare)).toEqual({ ...whole, init: bare, videoCodec: avc3, frameRate: null });
    const { parameters } = fmp4Facts(bare, clip.segments[0] ?? new Uint8Array(0));
    expect(parameters).toEqual({ ...whole, init: bare, videoCodec: avc3 });
  });

  test("in hev1 keep that name, as their init does", async () => {
    const clip = await hlsClip({ codec: "h265", seconds: 2 }, "fmp4", "-tag:v", "hev1");
    expect(fmp4Parameters(clip.init).videoCodec).toStartWith("hev1.1.6.");
  });

  test("with sound of another kind name it", async () => {
    const ac3 = await fragmentedFile("frag_keyframe+delay_moov", { seconds: 1 }, "-c:a", "ac3");
    expect(fmp4Parameters(cutClip(ac3, 1).init)).toMatchObject({
      audioCodec: "ac-3",
      audioTimescale: 48_000,
    });
    const opus = await fragmentedFile("frag_keyframe+empty_moov", { seconds: 1 }, "-c:a", "libopus");
    expect(fmp4Parameters(cutClip(opus, 1).init)).toMatchObject({
      audioCodec: "opus",
      audioTimescale: 48_000,
    });
  });

  test("that can't be kept are refused in words", async () => {
    const html = new TextEncoder().encode("<!doctype html><title>502</title>");
    expect(() => fmp4Facts(init, html)).toThrow("no fragmented MP4: found a web page");
    expect(() => fmp4Parameters(html)).toThrow("no MP4 init: found a web page");
    expect(() => fmp4Facts(html, segment)).toThrow("no MP4 init");
    expect(() => fmp4Facts(init, new Uint8Array(0))).toThrow("found nothing");
    expect(() => fmp4Facts(init, init)).toThrow("no segment of fragmented MP4: found only ftyp, moov");
    expect(() => fmp4Facts(init, segment.subarray(0, segment.length - 1))).toThrow("reaches over the end");
    const video = fmp4TrackSegment(init, segment, "video");
    expect(() => fmp4Facts(init, fmp4TrackSegment(init, segment, "audio"))).toThrow("has no pictures");
    expect(() => fmp4TrackSegment(init, video, "audio")).toThrow("The segment has no audio");
    expect(() => fmp4TrackSegment(initForTrack(init, "video"), segment, "audio")).toThrow("no audio track");
    const sound = cutClip(await fragmentedFile("frag_keyframe+empty_moov", { seconds: 1 }, "-vn"), 1);
    expect(() => fmp4Parameters(sound.init)).toThrow("found sound; wanted: H.264 or H.265");
    const mdatAt = boxesIn(segment).find(({ type }) => type === "mdat")?.start ?? 0;
    const short = Buffer.concat([segment.subarray(0, mdatAt), boxOf("mdat")]);
    expect(() => fmp4Facts(init, short)).toThrow("but only 0 bytes of data");
  });
});
