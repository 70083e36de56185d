import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { audioParameters, parseAudioSpecificConfig, silentFrame } from "../../../src/media/aac.ts";
import { buildInit, parseInit } from "../../../src/media/fmp4/init.ts";
import { FragmentReader } from "../../../src/media/fmp4/reader.ts";
import { buildSegmentHeader } from "../../../src/media/fmp4/segment.ts";
import { fragmentedClip, run, temporaryFolder } from "./clips.ts";

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));

const configs = [
  { asc: "1190", what: "LC, 48 kHz stereo", codec: "mp4a.40.2", rate: 48_000, channels: 2, ticks: 1024 },
  {
    asc: "119056e500",
    what: "LC that says: no SBR",
    codec: "mp4a.40.2",
    rate: 48_000,
    channels: 2,
    ticks: 1024,
  },
  { asc: "1408", what: "LC, 16 kHz mono", codec: "mp4a.40.2", rate: 16_000, channels: 1, ticks: 1024 },
  { asc: "1194", what: "LC, frames of 960", codec: "mp4a.40.2", rate: 48_000, channels: 2, ticks: 960 },
  { asc: "11b0", what: "LC, 5.1", codec: "mp4a.40.2", rate: 48_000, channels: 6, ticks: 1024 },
  { asc: "11b8", what: "LC, 7.1", codec: "mp4a.40.2", rate: 48_000, channels: 8, ticks: 1024 },
  { asc: "2b1188", what: "HE-AAC", codec: "mp4a.40.5", rate: 48_000, channels: 2, ticks: 2048 },
  {
    asc: "131056e598",
    what: "HE-AAC told behind LC",
    codec: "mp4a.40.2",
    rate: 48_000,
    channels: 2,
    ticks: 2048,
  },
  { asc: "eb0988", what: "HE-AAC v2", codec: "mp4a.40.29", rate: 48_000, channels: 2, ticks: 2048 },
] as const;

describe("AudioSpecificConfig", () => {
  test.each(configs)("$asc: $what", ({ asc, codec, rate, channels, ticks }) => {
    expect(audioParameters(bytes(asc))).toEqual({
      kind: "audio",
      codec: "aac",
      timescale: rate,
      channelCount: channels,
      audioSpecificConfig: bytes(asc),
      frameTicks: ticks,
      codecString: codec,
    });
  });

  test.each([
    ["", "an empty AudioSpecificConfig"],
    ["11", "ends too early"],
    ["0990", "AAC of object type 1"],
    ["b990", "AAC of object type 23"],
    ["1180", "channel configuration 0"],
    ["1690", "a sampling rate of index 13"],
  ])("%s is refused: %s", (asc, message) => {
    expect(() => parseAudioSpecificConfig(bytes(asc))).toThrow(message);
  });
});

describe("silence", () => {
  const events = new FragmentReader().push(fragmentedClip({ codec: "h264", seconds: 1 }));
  const [init, fragment] = events;
  if (init?.kind !== "init" || fragment?.kind !== "fragment") throw new Error("no clip");
  const { video } = parseInit(init.init);
  const pictures = fragment.tracks[0];
  if (!video || !pictures) throw new Error("no pictures");

  test.each(configs)("$asc: $what decodes to nothing but zeros", async ({ asc, channels, ticks }) => {
    await using folder = await temporaryFolder();
    const audio = audioParameters(bytes(asc));
    const frame = silentFrame(audio);
    const count = 20;
    const samples = Array.from({ length: count }, () => ({
      sizeBytes: frame.length,
      durationTicks: audio.frameTicks,
      compositionOffsetTicks: 0,
      isKey: true,
    }));
    const header = buildSegmentHeader({
      sequenceNumber: 1,
      video: pictures,
      audio: { decodeTicks: 0, samples },
    });
    const file = join(folder.path, "silence.mp4");
    const whole = buildInit({ video: video.parameters, audio });
    await Bun.write(file, Buffer.concat([whole, header, pictures.payload, ...samples.map(() => frame)]));
    const sound = run(["ffmpeg", "-nostdin", "-v", "error", "-i", file, "-map", "0:a", "-f", "s16le", "-"]);
    expect(sound.length).toBe(2 * channels * ticks * count);
    expect(sound.every((byte) => byte === 0)).toBe(true);
  });
});
