import { NightjarError } from "../../platform/errors.ts";
import { attempt } from "../bits.ts";
import { type ParsedInit, parseInit, type VideoTrack } from "../fmp4/init.ts";
import type { TrackFragment } from "../fmp4/moof.ts";
import type { KeptParameters, MediaFacts } from "../media-facts.ts";
import { parameterSetsIn, videoParameters } from "../nal.ts";
import { VIDEO_TIMESCALE, type VideoParameters } from "../parameters.ts";
import { convertTicksNearest } from "../ticks.ts";
import { fragmentsIn, type SegmentFragment } from "./fragments.ts";
import { keptVideoCodec, otherSound } from "./kept-codecs.ts";
import { usualInterval } from "./usual-interval.ts";
import { beginsWithBox, whatItIs } from "./what-it-is.ts";

const unprocessable = (message: string): NightjarError => new NightjarError("unprocessable", message);

/**
 * What an init of fragmented MP4 says. Where parameter sets come with the pictures, the size is that of the sample
 * entry; `fmp4Facts` says more then.
 * @throws NightjarError `unprocessable` with words, when it is none or can't be kept
 */
export function fmp4Parameters(init: Uint8Array): KeptParameters {
  const parsed = readInit(init);
  return parametersOf(init, parsed, parsed.video.parameters);
}

/**
 * What a segment says behind its init.
 * @throws NightjarError `unprocessable` with words, when it is none, cut off, without pictures or times
 */
export function fmp4Facts(init: Uint8Array, segment: Uint8Array): MediaFacts {
  const parsed = readInit(init);
  const { video } = parsed;
  const { fragments } = fragmentsIn(init, segment);
  const pictures = picturesIn(fragments, video);
  const inBand =
    video.parameters.parameterSets.length === 0 ? inBandParameters(segment, fragments, video) : undefined;
  const at90k = (ticks: number): number => convertTicksNearest(ticks, video.timescale, VIDEO_TIMESCALE);
  const sourceTicks = at90k(pictures.firstTicks + video.editOffsetTicks);
  const durationTicks = at90k(pictures.endTicks + video.editOffsetTicks) - sourceTicks;
  if (durationTicks <= 0) throw unprocessable("The pictures of this segment stand for no time");
  return {
    parameters: parametersOf(init, parsed, inBand ?? video.parameters),
    sourceTicks,
    durationTicks,
    isIndependent: pictures.isIndependent,
    activityBytes: pictures.activityBytes,
  };
}

function readInit(init: Uint8Array): ParsedInit & { video: VideoTrack } {
  if (!beginsWithBox(init)) throw unprocessable(`This is no MP4 init: found ${whatItIs(init)}`);
  const parsed = parseInit(init);
  const { video } = parsed;
  if (video) return { ...parsed, video };
  const found = parsed.unsupported.join(", ") || (parsed.audio ? "sound" : "no track");
  throw unprocessable(`This MP4 has no pictures that can be kept: found ${found}; wanted: H.264 or H.265`);
}

function parametersOf(
  init: Uint8Array,
  { video, audio }: ParsedInit,
  pictures: VideoParameters,
): KeptParameters {
  const other = audio ? undefined : otherSound(init);
  return {
    format: "fmp4",
    init,
    videoCodec: keptVideoCodec(init, video?.trackId ?? 0, pictures.codecString),
    audioCodec: audio?.parameters.codecString ?? other?.codecString ?? null,
    width: pictures.width,
    height: pictures.height,
    frameRate: pictures.frameRate ?? null,
    audioTimescale: audio?.timescale ?? other?.timescale ?? null,
  };
}

type Pictures = { firstTicks: number; endTicks: number; isIndependent: boolean; activityBytes: number };

const trackIn = ({ fragment }: SegmentFragment, trackId: number): TrackFragment[] =>
  fragment.tracks.filter((track) => track.trackId === trackId && track.samples.length > 0);

/** When the pictures are shown, in the track's ticks. */
function picturesIn(fragments: readonly SegmentFragment[], { trackId }: VideoTrack): Pictures {
  const shown: number[] = [];
  let lastTicks = Number.NEGATIVE_INFINITY;
  let lastDurationTicks = 0;
  let activityBytes = 0;
  let isIndependent: boolean | undefined;
  let nextTicks: number | undefined;
  for (const track of fragments.flatMap((fragment) => trackIn(fragment, trackId))) {
    let ticks = track.decodeTicks ?? nextTicks;
    if (ticks === undefined) throw unprocessable("This segment says no time (tfdt)");
    for (const { durationTicks, compositionOffsetTicks, sizeBytes, isKey } of track.samples) {
      isIndependent ??= isKey;
      if (!isKey) activityBytes += sizeBytes;
      const shownTicks = ticks + compositionOffsetTicks;
      shown.push(shownTicks);
      if (shownTicks >= lastTicks) [lastTicks, lastDurationTicks] = [shownTicks, durationTicks];
      ticks += durationTicks;
    }
    nextTicks = ticks;
  }
  if (isIndependent === undefined) throw unprocessable("This segment has no pictures");
  const times = Float64Array.from(shown).sort();
  // Writers that don't know how long the last picture stands say 0.
  const standsTicks = lastDurationTicks > 0 ? lastDurationTicks : (usualInterval(times) ?? 0);
  return { firstTicks: times[0] ?? 0, endTicks: lastTicks + standsTicks, isIndependent, activityBytes };
}

/** Parameters by the parameter sets that come with the first key frame; undefined when there are none. */
function inBandParameters(
  segment: Uint8Array,
  fragments: readonly SegmentFragment[],
  { trackId, parameters }: VideoTrack,
): VideoParameters | undefined {
  for (const fragment of fragments) {
    for (const { samples, ranges } of trackIn(fragment, trackId)) {
      const sample = samples[0];
      const range = ranges[0];
      if (!sample?.isKey || range === undefined) continue;
      const start = fragment.moof.start + range.offsetBytes;
      if (start < 0 || start + sample.sizeBytes > segment.length) continue;
      const bytes = segment.subarray(start, start + sample.sizeBytes);
      return attempt(() => videoParameters(parameters.codec, parameterSetsIn(parameters.codec, bytes)));
    }
  }
  return undefined;
}
