import { NightjarError } from "../../platform/errors.ts";
import { attempt } from "../bits.ts";
import { type Box, boxesIn, childrenOf } from "../fmp4/boxes.ts";
import { type AudioTrack, buildInit, parseInit, type VideoTrack } from "../fmp4/init.ts";
import { parseMoof } from "../fmp4/moof.ts";
import { type InitTrackDefaults, readTrackDefaults, trackIdOf } from "../fmp4/tracks.ts";
import type { KeptParameters, MediaFacts } from "../media-facts.ts";
import { parameterSetsIn, videoParameters } from "../nal.ts";
import { VIDEO_TIMESCALE, type VideoParameters } from "../parameters.ts";
import { convertTicksNearest } from "../ticks.ts";
import { addFragment } from "./fragment-samples.ts";
import { type FileBox, fileBoxes, FileWindow, type ReadAt } from "./file-boxes.ts";
import { audioTrack, type Mp4Track, videoTrack } from "./mp4-track.ts";
import { SampleColumns } from "./sample-columns.ts";
import { readSampleTables } from "./sample-tables.ts";

export type { ReadAt } from "./file-boxes.ts";
export type { Mp4Track } from "./mp4-track.ts";
export { mp4SegmentLayout, mp4Segments, type SegmentRanges } from "./mp4-segments.ts";

/** A whole MP4 file: progressive, fragmented, or both. */
export type Mp4File = {
  facts: MediaFacts;
  video: Mp4Track;
  /** Sound in AAC; other sound is left out, as our inits don't hold it. */
  audio?: Mp4Track;
  /** It ends inside of a fragment, which is left out. */
  isCutOff: boolean;
};

/** The sample tables of a day with sound are half of it. */
const MAX_MOOV_BYTES = 256 * 1024 * 1024;
const MAX_MOOF_BYTES = 16 * 1024 * 1024;

const unprocessable = (message: string): NightjarError => new NightjarError("unprocessable", message);

/** What is gathered of a file while its boxes are gone through. */
type Gathered = {
  video: VideoTrack;
  audio: AudioTrack | undefined;
  columns: { video: SampleColumns; audio: SampleColumns };
  defaults: Map<number, InitTrackDefaults>;
};

/**
 * Reads the sample tables of a file. Never more of the pictures than one key frame.
 * @throws NightjarError `unprocessable` with words, when it is no MP4 or can't be kept; what `read` throws
 */
export async function readMp4File(read: ReadAt, sizeBytes: number): Promise<Mp4File> {
  const window = new FileWindow(read, sizeBytes);
  let gathered: Gathered | undefined;
  let isCutOff = false;
  let pending: { box: FileBox; moof: Uint8Array } | undefined;
  for await (const box of fileBoxes(window)) {
    if (box.end > sizeBytes) {
      isCutOff = true;
      break;
    }
    if (box.type === "moov") {
      if (gathered) throw unprocessable("This MP4 has two moov");
      gathered = gatherMoov(await limited(window, box, MAX_MOOV_BYTES), sizeBytes);
    }
    if (box.type === "moof") pending = { box, moof: await limited(window, box, MAX_MOOF_BYTES) };
    if (box.type === "mdat" && pending) {
      if (!gathered) throw unprocessable("This MP4 has fragments before any moov");
      gatherFragment(gathered, pending);
      pending = undefined;
    }
  }
  if (!gathered) {
    const why = isCutOff ? "it is cut off" : "it may be a part of another file";
    throw unprocessable(`This MP4 has no moov, without which it can't be read: ${why}`);
  }
  return fileOf(window, gathered, isCutOff);
}

async function limited(
  window: FileWindow,
  { type, start, end }: FileBox,
  maxBytes: number,
): Promise<Uint8Array> {
  if (end - start <= maxBytes) return window.bytes(start, end - start);
  throw unprocessable(`The MP4 box ${type} is ${end - start} bytes long; wanted: at most ${maxBytes}`);
}

function gatherMoov(moov: Uint8Array, sizeBytes: number): Gathered {
  const { video, audio, unsupported } = parseInit(moov);
  if (video === undefined) {
    const found = unsupported.join(", ") || (audio ? "sound" : "no track");
    throw unprocessable(`This MP4 has no pictures that can be kept: found ${found}; wanted: H.264 or H.265`);
  }
  const [box] = boxesIn(moov);
  const traks = box ? childrenOf(moov, box).filter((child) => child.type === "trak") : [];
  const samplesOf = (track: VideoTrack | AudioTrack | undefined): SampleColumns => {
    const trak: Box | undefined = traks.find((candidate) => trackIdOf(moov, candidate) === track?.trackId);
    return trak && track ? readSampleTables(moov, trak, sizeBytes) : new SampleColumns(sizeBytes, 0);
  };
  return {
    video,
    audio,
    columns: { video: samplesOf(video), audio: samplesOf(audio) },
    defaults: readTrackDefaults(moov),
  };
}

function gatherFragment(
  { video, audio, columns, defaults }: Gathered,
  pending: { box: FileBox; moof: Uint8Array },
): void {
  const { start } = pending.box;
  const [moof] = boxesIn(pending.moof);
  if (moof === undefined) throw unprocessable("This MP4 has an empty moof");
  const fragment = parseMoof(
    pending.moof,
    moof,
    start,
    (trackId) => defaults.get(trackId) ?? { durationTicks: 0, sizeBytes: 0, flags: 0 },
  );
  for (const track of fragment.tracks) {
    if (track.trackId === video.trackId) addFragment(columns.video, track, start);
    if (track.trackId === audio?.trackId) addFragment(columns.audio, track, start);
  }
}

async function fileOf(window: FileWindow, gathered: Gathered, isCutOff: boolean): Promise<Mp4File> {
  const { video, audio, columns } = gathered;
  checkPlaces(columns, window.sizeBytes);
  if (columns.video.count === 0) throw unprocessable("This MP4 has no pictures");
  const pictures = await picturesOf(window, gathered);
  const { track, firstTicks, activityBytes } = videoTrack(columns.video, video, VIDEO_TIMESCALE);
  let sound: Mp4Track | undefined;
  if (audio && columns.audio.count > 0) {
    const { timescale } = audio.parameters;
    const zeroTicks = convertTicksNearest(firstTicks, video.timescale, timescale);
    sound = audioTrack(columns.audio, audio, timescale, zeroTicks);
  }
  const parameters: KeptParameters = {
    format: "mp4",
    init: buildInit({ video: pictures, ...(sound && audio ? { audio: audio.parameters } : {}) }),
    videoCodec: pictures.codecString,
    audioCodec: sound && audio ? audio.parameters.codecString : null,
    width: pictures.width,
    height: pictures.height,
    frameRate: pictures.frameRate ?? null,
    audioTimescale: sound?.timescale ?? null,
  };
  const facts: MediaFacts = {
    parameters,
    sourceTicks: convertTicksNearest(firstTicks, video.timescale, VIDEO_TIMESCALE),
    durationTicks: track.endTicks,
    isIndependent: track.isKeyAt(0),
    activityBytes,
  };
  return { facts, video: track, ...(sound ? { audio: sound } : {}), isCutOff };
}

/** All samples lie in the file, and no two on the same bytes: else a few bytes could stand for any amount. */
function checkPlaces({ video, audio }: Gathered["columns"], sizeBytes: number): void {
  let totalBytes = 0;
  for (const { count, offsets, sizes } of [video, audio]) {
    for (let index = 0; index < count; index++) {
      const offset = offsets[index] ?? 0;
      const size = sizes[index] ?? 0;
      if (offset < 0 || offset + size > sizeBytes) {
        const place = `at byte ${offset}, but the file ends at ${sizeBytes}`;
        throw unprocessable(`This MP4 is cut off: it has a sample of ${size} bytes ${place}`);
      }
      totalBytes += size;
    }
  }
  if (totalBytes <= sizeBytes) return;
  throw unprocessable(`The samples of this MP4 are ${totalBytes} bytes, more than its ${sizeBytes}`);
}

/** The parameter sets of the file's description, or those that come with its first key frame. */
async function picturesOf(window: FileWindow, { video, columns }: Gathered): Promise<VideoParameters> {
  const { parameters } = video;
  if (parameters.parameterSets.length > 0) return parameters;
  const { count, keys, offsets, sizes } = columns.video;
  const key = keys.subarray(0, count).indexOf(1);
  if (key < 0) throw unprocessable("This MP4 has neither parameter sets nor a key frame");
  const sample = await window.bytes(offsets[key] ?? 0, sizes[key] ?? 0);
  const found = attempt(() => videoParameters(parameters.codec, parameterSetsIn(parameters.codec, sample)));
  return found ?? videoParameters(parameters.codec, []);
}
