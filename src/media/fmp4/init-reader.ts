import { NightjarError } from "../../platform/errors.ts";
import { audioParameters } from "../aac.ts";
import { attempt } from "../bits.ts";
import { videoParameters } from "../nal.ts";
import {
  type AudioParameters,
  type RunParameters,
  VIDEO_TIMESCALE,
  type VideoCodec,
  type VideoParameters,
} from "../parameters.ts";
import { convertTicksNearest } from "../ticks.ts";
import { type Box, boxesIn, boxHeaderAt, childrenOf, FieldReader, findBox, requireBox } from "./boxes.ts";
import { readDecoderConfiguration, readEsds } from "./codec-config.ts";
import { handlerOf, trackIdOf } from "./tracks.ts";

type InitTrack = {
  trackId: number;
  /** Ticks a second of the times in this file's fragments. */
  timescale: number;
  /**
   * What the edit list adds to each presentation time, in ticks of `timescale`: its leading empty edit minus the
   * media time at which the media begins (ISO 14496-12, 8.6.6). 0 without one.
   */
  editOffsetTicks: number;
};

/**
 * `parameters` are what the codec configuration says, with the timescale that we write: 90,000. Where it holds
 * no usable parameter sets (they come with the pictures then), `parameterSets` is empty, the size is that of the
 * sample entry, and `codecString` its type.
 */
export type VideoTrack = InitTrack & { parameters: VideoParameters };

/** `parameters` are what the AudioSpecificConfig says; their timescale is the sampling rate. */
export type AudioTrack = InitTrack & { parameters: AudioParameters };

/** The first video and the first audio track that can be used, and of each other track what it is. */
export type ParsedInit = { video?: VideoTrack; audio?: AudioTrack; unsupported: string[] };

const VIDEO_ENTRIES: Record<string, VideoCodec | undefined> = {
  avc1: "h264",
  avc3: "h264",
  hvc1: "h265",
  hev1: "h265",
};

/** Fields of the sample entries in front of their boxes (ISO 14496-12, 12.1.3 and 12.2.3). */
export const VISUAL_ENTRY_BYTES = 78;
const AUDIO_ENTRY_BYTES = 28;
/** What QuickTime's versions 1 and 2 of it have more (QuickTime File Format, sound sample descriptions). */
const LONGER_AUDIO_ENTRY_BYTES = [0, 16, 36];

const unprocessable = (message: string): NightjarError => new NightjarError("unprocessable", message);

/**
 * Reads an initialization segment: ours, or what ffmpeg writes in front of fragments.
 * @throws NightjarError `unprocessable` for garbage; tracks of other kinds are only named in `unsupported`
 */
export function parseInit(init: Uint8Array): ParsedInit {
  const moov = requireBox(boxesIn(init), "moov", "the init");
  const children = childrenOf(init, moov);
  const movieTimescale = readTimescale(init, requireBox(children, "mvhd", "moov"));
  const parsed: ParsedInit = { unsupported: [] };
  for (const trak of children.filter((child) => child.type === "trak")) {
    const common = readTrack(init, trak, movieTimescale);
    const entry = readSampleEntry(init, trak);
    const handler = handlerOf(init, trak);
    const track =
      handler === "vide"
        ? readVideo(init, entry, common)
        : handler === "soun"
          ? readAudio(init, entry, common)
          : `track of kind ${JSON.stringify(handler ?? "")}`;
    if (typeof track === "string") parsed.unsupported.push(track);
    else if (track.parameters.kind === "video" && !parsed.video) parsed.video = track as VideoTrack;
    else if (track.parameters.kind === "audio" && !parsed.audio) parsed.audio = track as AudioTrack;
    else parsed.unsupported.push(`another ${track.parameters.kind} track`);
  }
  return parsed;
}

/**
 * The codec parameters of an init, e.g. one of our own. Times are in the timescales of the init's tracks.
 * @throws NightjarError `unprocessable` when it has no video with parameter sets
 */
export function runParametersOf({ video, audio }: ParsedInit): RunParameters {
  if (video === undefined || video.parameters.parameterSets.length === 0) {
    throw unprocessable("The init has no video track with parameter sets");
  }
  const { timescale } = video;
  return {
    video: { ...video.parameters, timescale },
    ...(audio ? { audio: withTimescale(audio) } : {}),
  };
}

function withTimescale({ parameters, timescale }: AudioTrack): AudioParameters {
  const frameTicks = convertTicksNearest(parameters.frameTicks, parameters.timescale, timescale);
  return { ...parameters, timescale, frameTicks };
}

/** Ticks a second by `mvhd` or `mdhd` (ISO 14496-12, 8.2.2 and 8.4.2), which begin alike. */
export function readTimescale(init: Uint8Array, header: Box): number {
  const fields = new FieldReader(init, header);
  fields.skip(fields.versionAndFlags().version === 1 ? 16 : 8);
  return fields.u32();
}

function readTrack(init: Uint8Array, trak: Box, movieTimescale: number): InitTrack {
  const trackId = trackIdOf(init, trak);
  const mdhd = findBox(init, trak, "mdia", "mdhd");
  if (trackId === undefined || mdhd === undefined) throw unprocessable("Found a trak without tkhd or mdhd");
  const timescale = readTimescale(init, mdhd);
  if (timescale === 0) throw unprocessable(`Track ${trackId} has a timescale of 0`);
  const elst = findBox(init, trak, "edts", "elst");
  const editOffsetTicks = elst ? readEditOffset(init, elst, movieTimescale, timescale) : 0;
  return { trackId, timescale, editOffsetTicks };
}

/** `elst` (ISO 14496-12, 8.6.6); what follows the first edit that is not empty is of no use for a stream. */
function readEditOffset(init: Uint8Array, elst: Box, movieTimescale: number, timescale: number): number {
  const fields = new FieldReader(init, elst);
  const isLong = fields.versionAndFlags().version === 1;
  const count = fields.u32();
  let emptyTicks = 0;
  for (let index = 0; index < count; index++) {
    const duration = isLong ? fields.u64() : fields.u32();
    const mediaTicks = isLong ? fields.i64() : fields.i32();
    fields.skip(4);
    if (mediaTicks >= 0) return emptyTicks - mediaTicks;
    emptyTicks += convertTicksNearest(duration, movieTimescale, timescale);
  }
  return emptyTicks;
}

/** The first description of a track's samples (ISO 14496-12, 8.5.2). */
export function readSampleEntry(init: Uint8Array, trak: Box): Box | undefined {
  const stsd = findBox(init, trak, "mdia", "minf", "stbl", "stsd");
  return stsd && childrenOf(init, stsd, 8)[0];
}

function readVideo(init: Uint8Array, entry: Box | undefined, track: InitTrack): VideoTrack | string {
  const codec = VIDEO_ENTRIES[entry?.type ?? ""];
  if (entry === undefined || codec === undefined) return `pictures of kind ${entry?.type ?? "unknown"}`;
  const fields = new FieldReader(init, entry);
  fields.skip(24);
  const width = fields.u16();
  const height = fields.u16();
  const boxes = childrenOf(init, entry, VISUAL_ENTRY_BYTES);
  const box = boxes.find((child) => child.type === (codec === "h264" ? "avcC" : "hvcC"));
  // ffmpeg writes an empty one where the stream's description held no parameter sets.
  const configuration = box && attempt(() => readDecoderConfiguration(init, box, codec));
  const { parameterSets = [], lengthBytes = 4 } = configuration ?? {};
  if (parameterSets.length > 0 && lengthBytes !== 4) {
    return `pictures whose NAL units have lengths of ${lengthBytes} bytes`;
  }
  const parameters = attempt(() => videoParameters(codec, parameterSets)) ?? {
    kind: "video",
    codec,
    timescale: VIDEO_TIMESCALE,
    width,
    height,
    parameterSets: [],
    codecString: entry.type,
  };
  return { ...track, parameters };
}

function readAudio(init: Uint8Array, entry: Box | undefined, track: InitTrack): AudioTrack | string {
  if (entry?.type !== "mp4a") return `sound of kind ${entry?.type ?? "unknown"}`;
  const esds = attempt(() => findEsds(init, entry));
  const asc = esds && readEsds(init, esds);
  if (asc === undefined) return "sound of kind mp4a without an AudioSpecificConfig";
  try {
    return { ...track, parameters: audioParameters(asc) };
  } catch (error) {
    if (error instanceof NightjarError) return `sound of kind mp4a: ${error.message}`;
    throw error;
  }
}

/** The `esds` of a sound's sample entry; QuickTime puts it into a `wave`, in front of what is no box. */
function findEsds(init: Uint8Array, entry: Box): Box | undefined {
  const fields = new FieldReader(init, entry);
  fields.skip(8);
  const longerBytes = LONGER_AUDIO_ENTRY_BYTES[fields.u16()] ?? 0;
  const boxes = childrenOf(init, entry, AUDIO_ENTRY_BYTES + longerBytes);
  const esds = boxes.find((child) => child.type === "esds");
  const wave = boxes.find((child) => child.type === "wave");
  if (esds || !wave) return esds;
  for (let start = wave.start + wave.headerBytes; start < wave.end;) {
    const { type, headerBytes = 8, sizeBytes = 0 } = boxHeaderAt(init.subarray(0, wave.end), start) ?? {};
    const end = start + sizeBytes;
    if (type === undefined || sizeBytes === 0 || end > wave.end) return undefined;
    if (type === "esds") return { type, start, headerBytes, end };
    start = end;
  }
  return undefined;
}
