import { describe, expect, test } from "bun:test";
import { ALL_FORMATS, BufferSource, Input } from "mediabunny";
import { parseInit } from "../../../src/media/fmp4/init.ts";
import { TS_CLOCK_TICKS } from "../../../src/media/media-facts.ts";
import { tsFacts, TsProbe } from "../../../src/media/ts/ts-facts.ts";
import type { ClipOptions } from "./clips.ts";
import { fileClip, hlsClip, packetsOf, remuxed, shownSpan } from "./kept-clips.ts";
import { eachPacket, PACKET_BYTES, packetCount, pidOf, VIDEO_PID } from "./ts-packets.ts";

const stereo = { rate: 48_000, channels: 2 };

/** What mediabunny says of the tracks. */
async function witness(
  media: Uint8Array,
): Promise<{ video: string | null; audio: string | null; size: number[] }> {
  const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(media) });
  const [video, audio] = await Promise.all([input.getPrimaryVideoTrack(), input.getPrimaryAudioTrack()]);
  const codec = (await video?.getCodecParameterString()) ?? null;
  return {
    // It calls every H.265 `hev1`.
    video: codec?.replace(/^hev1/, "hvc1") ?? null,
    audio: (await audio?.getCodecParameterString()) ?? null,
    size: [(await video?.getCodedWidth()) ?? 0, (await video?.getCodedHeight()) ?? 0],
  };
}

const plain = await fileClip({ codec: "h264", bFrames: 2, sound: stereo, seconds: 2 }, "ts");

describe("segments of ffmpeg's HLS muxer say what ffprobe and mediabunny say", () => {
  const clips: [string, ClipOptions][] = [
    ["H.264 with B-frames and sound", { codec: "h264", bFrames: 2, sound: stereo, seconds: 5 }],
    ["H.264 without B-frames and sound", { codec: "h264", seconds: 3 }],
    [
      "H.265 with B-frames and mono sound",
      { codec: "h265", bFrames: 3, sound: { rate: 16_000, channels: 1 } },
    ],
    ["H.265 alone", { codec: "h265", size: "320x240" }],
  ];
  test.each(clips)("%s", async (_, options) => {
    const { segments } = await hlsClip(options, "mpegts");
    expect(segments.length).toBeGreaterThan(1);
    let endTicks: number | undefined;
    const inits = new Set<string>();
    for (const segment of segments) {
      const facts = tsFacts(segment);
      const { video } = await packetsOf(segment);
      const span = shownSpan(video.packets);
      expect(facts.sourceTicks).toBe(span.firstTicks);
      expect(facts.durationTicks).toBe(span.endTicks - span.firstTicks);
      if (endTicks !== undefined) expect(facts.sourceTicks).toBe(endTicks);
      endTicks = facts.sourceTicks + facts.durationTicks;
      expect(facts.isIndependent).toBe(true);
      const others = video.packets.filter(({ isKey }) => !isKey);
      const otherBytes = others.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      // ffprobe may count a zero in front of a start code to the picture before.
      expect(Math.abs(facts.activityBytes - otherBytes)).toBeLessThanOrEqual(1);
      const { parameters } = facts;
      inits.add(Buffer.from(parameters.init).toString("hex"));
      const { width, height, videoCodec, audioCodec, frameRate, audioTimescale } = parameters;
      expect(await witness(segment)).toEqual({ video: videoCodec, audio: audioCodec, size: [width, height] });
      expect([width, height].join("x")).toBe(options.size ?? "192x108");
      expect([frameRate, audioTimescale]).toEqual([25, options.sound?.rate ?? null]);
    }
    // Equal streams have equal inits, and these say the same again.
    expect(inits.size).toBe(1);
    const parsed = parseInit(Buffer.from([...inits][0] ?? "", "hex"));
    expect(parsed.audio?.parameters.channelCount).toBe(options.sound?.channels);
    expect(parsed.video?.parameters.codec).toBe(options.codec);
  });

  test("rates that are no whole number of ticks", async () => {
    const media = await fileClip({ codec: "h264", seconds: 2 }, "ts", "-r", "24000/1001");
    const { video } = await packetsOf(media);
    const { firstTicks, endTicks } = shownSpan(video.packets);
    const facts = tsFacts(media);
    expect(Math.abs(facts.durationTicks - (endTicks - firstTicks))).toBeLessThanOrEqual(1);
    expect(facts.parameters.frameRate).toBeCloseTo(24_000 / 1001, 6);
  });

  test("segments that are cut between key frames are not independent", async () => {
    const cut = ["-hls_flags", "split_by_time", "-g", "75", "-x264-params", "keyint=75:scenecut=0"];
    const { segments } = await hlsClip({ codec: "h264", seconds: 5 }, "mpegts", ...cut);
    const [first, second] = segments;
    if (!first || !second) throw new Error("no segments");
    expect(tsFacts(first).isIndependent).toBe(true);
    const { video } = await packetsOf(second);
    expect(video.packets[0]?.isKey).toBe(false);
    // Its own key frame, later on, brings the parameter sets.
    expect(tsFacts(second)).toMatchObject({ isIndependent: false, parameters: tsFacts(first).parameters });
  });

  test("open groups of pictures begin where x264 says recovery point", async () => {
    const coding = "open-gop=1:keyint=25:min-keyint=25:bframes=2:scenecut=0";
    const open = await hlsClip({ codec: "h264", seconds: 5 }, "mpegts", "-x264-params", coding);
    const [first, ...others] = open.segments;
    if (!first) throw new Error("no segments");
    const { parameters, sourceTicks, durationTicks } = tsFacts(first);
    let endTicks = sourceTicks + durationTicks;
    // ffmpeg writes parameter sets in front of IDR pictures alone.
    for (const segment of others) {
      expect(() => tsFacts(segment)).toThrow("lacks parameter sets: SPS, PPS");
      const facts = tsFacts(segment, parameters);
      expect(facts).toMatchObject({ parameters, sourceTicks: endTicks, isIndependent: true });
      endTicks += facts.durationTicks;
    }
    expect(endTicks - sourceTicks).toBe(5 * 90_000);
  });
});

describe("sound of other kinds", () => {
  test.each([
    ["libmp3lame", [], "mp4a.40.34", 48_000],
    ["mp2", [], null, null],
    ["ac3", [], "ac-3", 48_000],
    ["eac3", [], "ec-3", 48_000],
    ["libopus", [], "opus", 48_000],
    ["aac", ["-mpegts_flags", "latm"], "mp4a.40.2", 48_000],
    ["aac", ["-mpegts_flags", "system_b"], "mp4a.40.2", 48_000],
  ] as const)("%s %p is %s", async (encoder, more, audioCodec, audioTimescale) => {
    const options: ClipOptions = { codec: "h264", sound: stereo, seconds: 1 };
    const facts = tsFacts(await fileClip(options, "ts", "-c:a", encoder, ...more));
    expect(facts.parameters).toMatchObject({ audioCodec, audioTimescale });
    const { audio, video } = parseInit(facts.parameters.init);
    expect(video?.parameters.width).toBe(192);
    // Our inits hold AAC alone.
    expect(audio?.parameters.codecString).toBe(encoder === "aac" ? "mp4a.40.2" : undefined);
  });
});

describe("the shape of the stream", () => {
  const wanted = tsFacts(plain);

  test("does not matter however it is cut", () => {
    for (const size of [1, 7, 187, 188, 189, 1000, 65_536]) {
      const probe = new TsProbe();
      for (let at = 0; at < plain.length; at += size) probe.push(plain.subarray(at, at + size));
      expect(probe.facts()).toEqual(wanted);
    }
  });

  test("may have junk before it, between its packets and behind", () => {
    const junk = new Uint8Array(1000).map((_, index) => (index % 5 === 0 ? 0x47 : index));
    expect(tsFacts(Buffer.concat([junk, plain, junk]))).toEqual(wanted);
    const half = PACKET_BYTES * Math.floor(packetCount(plain) / 2);
    const broken = Buffer.concat([plain.subarray(0, half), junk.subarray(0, 99), plain.subarray(half)]);
    expect(tsFacts(broken)).toMatchObject({ durationTicks: wanted.durationTicks });
  });

  test.each([
    ["m2ts", 4, 0],
    ["error correction", 0, 16],
  ])("may have bytes around each packet: %s", (_, before, behind) => {
    let time = 0;
    const wide = eachPacket(plain, (packet) => {
      time += 7919;
      const around = Uint8Array.of(time >> 24, time >> 16, time >> 8, time);
      return Buffer.concat([around.subarray(0, before), packet, new Uint8Array(behind)]);
    });
    expect(tsFacts(wide)).toEqual(wanted);
  });

  test("may lack packets, as on a bad line", () => {
    let index = 0;
    const lossy = eachPacket(plain, (packet) => (++index % 50 === 0 ? new Uint8Array(0) : packet));
    const facts = tsFacts(lossy);
    expect(facts.parameters).toEqual(wanted.parameters);
    expect(Math.abs(facts.durationTicks - wanted.durationTicks)).toBeLessThan(18_000);
  });

  test("may be a few packets long", async () => {
    const options: ClipOptions = { codec: "h264", size: "32x32" };
    const tiny = await fileClip(options, "ts", "-frames:v", "1");
    expect(packetCount(tiny)).toBeLessThan(12);
    // A single picture stands as long as the parameter sets say.
    expect(tsFacts(tiny)).toMatchObject({ durationTicks: 3600, isIndependent: true, activityBytes: 0 });
  });

  test("tables that take several packets are put together", async () => {
    const languages = Array.from({ length: 20 }, () => ["-map", "1:a"]).flat();
    // Each language takes six bytes of the table.
    languages.push("-metadata:s:a", "language=eng");
    const many = await fileClip(
      { codec: "h264", sound: stereo, seconds: 1 },
      "ts",
      "-map",
      "0:v",
      ...languages,
    );
    expect(tsFacts(many).parameters).toMatchObject({ width: 192, audioCodec: "mp4a.40.2" });
  });

  test("of several programs the first one with pictures counts", async () => {
    const programs = ["-program", "title=a:st=0", "-program", "title=b:st=1:st=2"];
    const maps = ["-map", "1:a", "-map", "0:v", "-map", "1:a"];
    const codecs = ["-c:a:0", "mp2", "-c:a:1", "aac"];
    const options: ClipOptions = { codec: "h264", sound: stereo, seconds: 1 };
    const media = await fileClip(options, "ts", ...maps, ...codecs, ...programs);
    expect(tsFacts(media).parameters).toMatchObject({ width: 192, audioCodec: "mp4a.40.2" });
  });

  test("of streams put one behind the other the first one counts, and pictures must stay what they are", async () => {
    const options: ClipOptions = { codec: "h264", sound: stereo, seconds: 1 };
    const other = await fileClip(options, "ts", "-c:a", "mp2");
    expect(tsFacts(Buffer.concat([plain, other])).parameters).toEqual(wanted.parameters);
    expect(tsFacts(Buffer.concat([other, plain])).parameters.audioCodec).toBeNull();
    const h265 = await fileClip({ ...options, codec: "h265" }, "ts");
    expect(() => tsFacts(Buffer.concat([plain, h265]))).toThrow("change from h264 to h265");
  });

  test("a long stream takes little memory and time", () => {
    const probe = new TsProbe();
    const start = performance.now();
    let bytes = 0;
    for (; bytes < 100_000_000; bytes += plain.length) probe.push(plain);
    expect(performance.now() - start).toBeLessThan(3000);
    // Its clock goes back by two seconds each time, which is taken for another clock.
    const repeats = bytes / plain.length;
    expect(probe.facts().durationTicks).toBe(wanted.durationTicks * repeats);
  });
});

describe("times", () => {
  test("go on over the end of the clock", async () => {
    const near = (TS_CLOCK_TICKS - 90_000) / 90_000;
    const options: ClipOptions = { codec: "h264", bFrames: 2, sound: stereo, seconds: 4 };
    const { segments } = await hlsClip(
      options,
      "mpegts",
      "-output_ts_offset",
      String(near),
      "-muxdelay",
      "0",
    );
    const [first, second] = segments.map((segment) => tsFacts(segment));
    if (!first || !second) throw new Error("no segments");
    expect([first.durationTicks, second.durationTicks]).toEqual([180_000, 180_000]);
    expect(first.sourceTicks).toBeGreaterThan(TS_CLOCK_TICKS - 100_000);
    expect(second.sourceTicks).toBe((first.sourceTicks + 180_000) % TS_CLOCK_TICKS);
    expect(second.sourceTicks).toBeLessThan(200_000);
  });

  test("of another clock inside of a stream are put behind those before", async () => {
    const later = await remuxed(plain, "ts", "-output_ts_offset", "5000");
    const { durationTicks, sourceTicks } = tsFacts(plain);
    for (const media of [Buffer.concat([plain, later]), Buffer.concat([later, plain])]) {
      expect(Math.abs(tsFacts(media).durationTicks - 2 * durationTicks)).toBeLessThanOrEqual(2 * 3600);
    }
    expect(tsFacts(Buffer.concat([plain, later])).sourceTicks).toBe(sourceTicks);
  });

  test("of one picture with sound are those of the sound", () => {
    let pictures = 0;
    const still = eachPacket(plain, (packet) => {
      if (pidOf(packet) !== VIDEO_PID) return packet;
      if (((packet[1] ?? 0) & 0x40) !== 0) pictures++;
      return pictures === 1 ? packet : new Uint8Array(0);
    });
    const { durationTicks, activityBytes } = tsFacts(still);
    expect(activityBytes).toBe(0);
    expect(durationTicks).toBeGreaterThan(1.5 * 90_000);
    expect(durationTicks).toBeLessThan(2.1 * 90_000);
  });
});

describe("what can't be kept is refused in words", () => {
  const text = (words: string): Uint8Array => new TextEncoder().encode(words);
  test.each([
    ["nothing", new Uint8Array(0), "no MPEG-TS: found nothing"],
    ["a web page", text("<!DOCTYPE html><html><body>404</body></html>"), "found a web page"],
    ["a playlist", text("#EXTM3U\n#EXT-X-VERSION:3\n"), "found a playlist"],
    ["JSON", text('{"error": "expired"}'), "found JSON"],
    ["zeros", new Uint8Array(10_000), "found zeros"],
    ["random bytes", new Uint8Array(400).fill(7), "found bytes that begin with 07070707"],
    [
      "packets without tables",
      eachPacket(plain, (p) => (pidOf(p) === 0 ? new Uint8Array(0) : p)),
      "PAT and PMT",
    ],
  ])("%s", (_, media, words) => {
    expect(() => tsFacts(media)).toThrow(words);
  });

  test("scrambled pictures", () => {
    const scrambled = eachPacket(plain, (packet) => {
      const copy = packet.slice();
      if (pidOf(packet) === VIDEO_PID) copy[3] = (copy[3] ?? 0) | 0x80;
      return copy;
    });
    expect(() => tsFacts(scrambled)).toThrow("are scrambled");
  });

  test("tables that are damaged count as not there", () => {
    const damaged = eachPacket(plain, (packet) => {
      const copy = packet.slice();
      if (pidOf(packet) === 0) copy[12] = (copy[12] ?? 0) ^ 1;
      return copy;
    });
    expect(() => tsFacts(damaged)).toThrow("no table of its programs");
  });

  test("pictures that are announced and do not come", () => {
    const silent = eachPacket(plain, (packet) => (pidOf(packet) === VIDEO_PID ? new Uint8Array(0) : packet));
    expect(() => tsFacts(silent)).toThrow("announces pictures, but has none");
  });

  test("sound alone, and pictures of another kind", async () => {
    const options: ClipOptions = { codec: "h264", sound: stereo, seconds: 1 };
    const sound = await fileClip(options, "ts", "-vn");
    expect(() => tsFacts(sound)).toThrow("found AAC sound; wanted: H.264 or H.265");
    const mpeg2 = await fileClip({ codec: "h264", seconds: 1 }, "ts", "-c:v", "mpeg2video");
    expect(() => tsFacts(mpeg2)).toThrow("found MPEG-2 pictures; wanted: H.264 or H.265");
  });

  test("pictures without parameter sets, unless those of the run are known", async () => {
    const bare = await remuxed(plain, "ts", "-bsf:v", "filter_units=remove_types=7-8");
    expect(() => tsFacts(bare)).toThrow("lacks parameter sets: SPS, PPS");
    const { parameters } = tsFacts(plain);
    const known = tsFacts(bare, parameters);
    expect(known.parameters).toBe(parameters);
    expect(known.durationTicks).toBe(tsFacts(plain).durationTicks);
  });
});
