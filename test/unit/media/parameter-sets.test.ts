import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { ALL_FORMATS, BufferSource, Input } from "mediabunny";
import { parseH264Sps } from "../../../src/media/h264.ts";
import { parseH265Sps } from "../../../src/media/h265.ts";
import {
  isRandomAccess,
  nalUnits,
  parameterSetsAmong,
  parameterSetsIn,
  sequenceSet,
  splitAnnexB,
  videoParameters,
} from "../../../src/media/nal.ts";
import type { VideoCodec } from "../../../src/media/parameters.ts";
import { run, runText, temporaryFolder } from "./clips.ts";

type Stream = { codec: VideoCodec; size: string; rate: string; pixels: string; coding: string };

/** What others say about a stream. */
type Witness = { width: number; height: number; frameRate: number; codecString: string };

/** The NAL units of three pictures of ffmpeg's encoders, and what ffprobe and mediabunny say about them. */
async function encode({ codec, size, rate, pixels, coding }: Stream): Promise<[Uint8Array[], Witness]> {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "clip.mp4");
  const encoder =
    codec === "h264"
      ? ["-c:v", "libx264", "-x264-params", coding]
      : ["-c:v", "libx265", "-x265-params", `log-level=none:${coding}`];
  run([
    "ffmpeg",
    "-nostdin",
    "-v",
    "error",
    "-f",
    "lavfi",
    "-i",
    `testsrc=s=${size}:r=${rate}`,
    "-frames:v",
    "3",
    ...encoder,
    "-preset",
    "ultrafast",
    "-pix_fmt",
    pixels,
    file,
  ]);
  const format = codec === "h264" ? "h264" : "hevc";
  const copy = ["-c", "copy", "-bsf:v", `${format}_mp4toannexb`, "-f", format, "-"];
  const nals = splitAnnexB(run(["ffmpeg", "-nostdin", "-v", "error", "-i", file, ...copy]));
  const entries = "stream=width,height,r_frame_rate";
  const probed = runText(["ffprobe", "-v", "error", "-show_entries", entries, "-of", "json", file]);
  const stream = (JSON.parse(probed) as { streams: Record<string, string>[] }).streams[0] ?? {};
  const [pictures, seconds] = (stream["r_frame_rate"] ?? "").split("/").map(Number);
  const source = new BufferSource(await Bun.file(file).bytes());
  const track = await new Input({ formats: ALL_FORMATS, source }).getPrimaryVideoTrack();
  const codecString = (await track?.getCodecParameterString()) ?? "";
  return [
    nals,
    {
      width: Number(stream["width"]),
      height: Number(stream["height"]),
      frameRate: (pictures ?? 0) / (seconds ?? 1),
      // mediabunny calls every H.265 `hev1`, also where the sample entry is `hvc1`.
      codecString: codecString.replace(/^hev1/, "hvc1"),
    },
  ];
}

const withLengths = (nals: readonly Uint8Array[]): Uint8Array =>
  Buffer.concat(
    nals.flatMap((nal) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(nal.length);
      return [length, nal];
    }),
  );

const streams: [string, Stream, { chroma: number; depth: number }][] = [
  [
    "H.264 1080p, which is coded as 1088 lines",
    { codec: "h264", size: "1920x1080", rate: "25", pixels: "yuv420p", coding: "keyint=2" },
    { chroma: 1, depth: 8 },
  ],
  [
    "H.264 with scaling lists, all usability information, a hypothetical decoder",
    {
      codec: "h264",
      size: "98x50",
      rate: "30000/1001",
      pixels: "yuv420p",
      coding:
        "cqm=jvt:8x8dct=1:sar=4/3:overscan=show:videoformat=pal:fullrange=on:colorprim=bt709:transfer=bt709:colormatrix=bt709:chromaloc=1:nal-hrd=vbr:vbv-maxrate=500:vbv-bufsize=500",
    },
    { chroma: 1, depth: 8 },
  ],
  [
    "H.264 interlaced",
    { codec: "h264", size: "720x576", rate: "25", pixels: "yuv420p", coding: "interlaced=1" },
    { chroma: 1, depth: 8 },
  ],
  [
    "H.264 4:2:2 in 10 bits",
    { codec: "h264", size: "130x71", rate: "12.5", pixels: "yuv422p10le", coding: "keyint=2" },
    { chroma: 2, depth: 10 },
  ],
  [
    "H.264 4:4:4 of odd size",
    { codec: "h264", size: "131x71", rate: "50", pixels: "yuv444p", coding: "keyint=2" },
    { chroma: 3, depth: 8 },
  ],
  [
    "H.264 without colour",
    { codec: "h264", size: "131x71", rate: "15", pixels: "gray", coding: "keyint=2" },
    { chroma: 0, depth: 8 },
  ],
  [
    "H.265 1080p",
    { codec: "h265", size: "1920x1080", rate: "25", pixels: "yuv420p", coding: "keyint=2" },
    { chroma: 1, depth: 8 },
  ],
  [
    "H.265 with scaling lists, many references, all usability information, a hypothetical decoder",
    {
      codec: "h265",
      size: "98x66",
      rate: "30000/1001",
      pixels: "yuv420p",
      coding:
        "scaling-list=default:bframes=4:ref=5:b-pyramid=1:sar=3:overscan=show:videoformat=1:range=full:colorprim=1:transfer=1:colormatrix=1:chromaloc=1:hrd=1:vbv-maxrate=500:vbv-bufsize=500:temporal-layers=1",
    },
    { chroma: 1, depth: 8 },
  ],
  [
    "H.265 4:2:2 in 10 bits, high tier",
    {
      codec: "h265",
      size: "130x71",
      rate: "12.5",
      pixels: "yuv422p10le",
      coding: "level-idc=4.1:high-tier=1:vbv-maxrate=30000:vbv-bufsize=30000",
    },
    { chroma: 2, depth: 10 },
  ],
];

describe("sequence parameter sets say what ffprobe and mediabunny say", () => {
  test.each(streams)("%s", async (_, stream, wanted) => {
    const [nals, witness] = await encode(stream);
    const sps = sequenceSet(stream.codec, parameterSetsAmong(stream.codec, nals));
    if (!sps) throw new Error("no SPS");
    const parsed = stream.codec === "h264" ? parseH264Sps(sps) : parseH265Sps(sps);
    const { width, height, codecString } = parsed;
    expect(`${width}x${height}`).toBe(stream.size);
    expect({ width, height, codecString, frameRate: parsed.frameRate }).toEqual(witness);
    expect(parsed.chromaFormat).toBe(wanted.chroma);
    expect([parsed.bitDepthLuma, parsed.bitDepthChroma]).toEqual([wanted.depth, wanted.depth]);
  });
});

describe("NAL units", () => {
  const sps = Uint8Array.of(0x67, 1, 2);
  const pps = Uint8Array.of(0x68, 3);
  const idr = Uint8Array.of(0x65, 4, 5, 6);

  test("come out of a sample as they went in, without empty ones", () => {
    expect(nalUnits(withLengths([sps, new Uint8Array(0), idr]))).toEqual([sps, idr]);
    expect(nalUnits(new Uint8Array(0))).toEqual([]);
  });

  test("that reach over the end are refused", () => {
    expect(() => nalUnits(Uint8Array.of(0, 0, 0, 5, 0x65))).toThrow("a length of 5 with 1 bytes left");
    expect(() => nalUnits(Uint8Array.of(0, 0, 0))).toThrow("found 3 bytes");
  });

  test("of a byte stream are split at either start code, without zeros between", () => {
    const stream = Buffer.concat([
      Uint8Array.of(9, 9, 0, 0, 0, 1),
      sps,
      Uint8Array.of(0, 0, 1),
      pps,
      Uint8Array.of(0, 0, 0, 0, 1),
      idr,
      Uint8Array.of(0, 0),
    ]);
    expect(splitAnnexB(stream).map((nal) => [...nal])).toEqual([[...sps], [...pps], [...idr]]);
    expect(splitAnnexB(idr)).toEqual([]);
  });

  test("parameter sets come in order, each once, without the zeros that ffmpeg appends", () => {
    const sample = withLengths([pps, Uint8Array.of(...sps, 0), sps, idr]);
    expect(parameterSetsIn("h264", sample)).toEqual([sps, pps]);
  });

  test("a key picture is an IDR, or a recovery point that is exact at once", () => {
    const other = Uint8Array.of(0x41, 1);
    const recovery = (count: number) =>
      Uint8Array.of(0x06, 5, 1, 0xaa, 6, 1, count === 0 ? 0xc4 : 0x44, 0x80);
    expect(isRandomAccess("h264", withLengths([idr]))).toBe(true);
    expect(isRandomAccess("h264", withLengths([other]))).toBe(false);
    expect(isRandomAccess("h264", withLengths([recovery(0), other]))).toBe(true);
    expect(isRandomAccess("h264", withLengths([recovery(1), other]))).toBe(false);
    for (const [type, isKey] of [
      [1, false],
      [16, true],
      [19, true],
      [21, true],
      [22, false],
      [34, false],
    ] as const) {
      expect(isRandomAccess("h265", withLengths([Uint8Array.of(type << 1, 1, 7)]))).toBe(isKey);
    }
  });

  test("of open groups are key pictures where x264 says recovery point", () => {
    const bytes = run([
      "ffmpeg",
      "-nostdin",
      "-v",
      "error",
      "-f",
      "lavfi",
      "-i",
      "testsrc2=s=96x64:r=25",
      "-frames:v",
      "30",
      "-c:v",
      "libx264",
      "-x264-params",
      "open-gop=1:keyint=10:bframes=2:scenecut=0:aud=1",
      "-f",
      "h264",
      "-",
    ]);
    const ACCESS_UNIT_DELIMITER = 9;
    const pictures: Uint8Array[][] = [];
    for (const nal of splitAnnexB(bytes)) {
      if (((nal[0] ?? 0) & 31) === ACCESS_UNIT_DELIMITER) pictures.push([]);
      pictures.at(-1)?.push(nal);
    }
    expect(pictures.length).toBe(30);
    expect(pictures.filter((nals) => isRandomAccess("h264", withLengths(nals))).length).toBe(3);
  });

  test("a missing parameter set is named; one that is cut off costs only the frame rate", async () => {
    const stream = {
      codec: "h264",
      size: "320x240",
      rate: "25",
      pixels: "yuv420p",
      coding: "keyint=2",
    } as const;
    const sets = parameterSetsAmong("h264", (await encode(stream))[0]);
    expect(videoParameters("h264", sets)).toMatchObject({ width: 320, height: 240, timescale: 90_000 });
    expect(() => videoParameters("h264", sets.slice(0, 1))).toThrow("lacks parameter sets: PPS");
    expect(() => videoParameters("h265", [])).toThrow("lacks parameter sets: VPS, SPS, PPS");
    const [sps] = sets;
    if (!sps) throw new Error("no SPS");
    const cut = parseH264Sps(sps.subarray(0, sps.length - 8));
    expect(cut).toEqual({ ...parseH264Sps(sps), frameRate: undefined });
    expect(() => parseH264Sps(sps.subarray(0, 5))).toThrow("ends too early");
  });
});
