import { mpdText, type MpdGrowth, type MpdPeriod, type MpdTrack } from "../media/mpd.ts";
import { initAddress, timedAddress, type MediaPlace } from "./addresses.ts";
import { bitrateOf } from "./bitrate.ts";
import { durationTicks90k, type Stretch } from "./stretch.ts";

/** Stretches of one period, in order; never empty. */
export type PeriodStretches = readonly [Stretch, ...Stretch[]];

/** Where a period stands, in 90,000ths of a second. */
export type PeriodPlace = {
  id: string;
  /** Begin on the presentation's timeline, and media time there. */
  startTicks: number;
  offsetTicks: number;
  /** A place at or before its first segment, from which segments are looked for. */
  place: MediaPlace;
};

/** A frame of HE-AAC, the longest there is, in samples of the sound's own rate. */
const LONGEST_FRAME = 2048;

/** Cuts a list at its discontinuities. */
export function periodsOf(stretches: readonly Stretch[]): PeriodStretches[] {
  const periods: [Stretch, ...Stretch[]][] = [];
  for (const stretch of stretches) {
    const period = periods.at(-1);
    if (!period || stretch.isDiscontinuity) periods.push([stretch]);
    else period.push(stretch);
  }
  return periods;
}

/** Media time that a period's segments fill, in 90,000ths of a second. */
const durationsOf = (period: PeriodStretches): number[] =>
  period.flatMap(({ segments, run }) => segments.map((segment) => durationTicks90k(segment, run)));

/**
 * The next step of a coarse scale, four to each doubling: what a manifest says of a track has to stay the same while
 * segments come and go.
 */
function steadyBps(bps: number): number {
  const step = 2 ** Math.floor(Math.log2(bps)) / 4;
  return Math.ceil(bps / step) * step;
}

/** One track of a period; `undefined` when its run has none of the kind. */
function track(
  period: PeriodStretches,
  kind: "video" | "audio",
  place: MediaPlace,
  prefix: string,
): MpdTrack | undefined {
  const { run } = period[0];
  const codecs = kind === "video" ? run.videoCodec : run.audioCodec;
  if (codecs === null) return undefined;
  const [initForm, form] = kind === "video" ? (["v.mp4", "v.m4s"] as const) : (["a.mp4", "a.m4s"] as const);
  const common = {
    kind,
    codecs,
    peakBitrateBps: Math.ceil(steadyBps(bitrateOf(period, [kind]).peakBps)),
    initUri: prefix + initAddress(run.id, initForm),
    mediaUri:
      prefix + timedAddress(run.timeline < 0 ? { ...place, film: -run.timeline } : place, "$Time$", form),
  };
  if (kind === "audio") return { ...common, audio: { sampleRate: run.audioTimescale ?? 48_000 } };
  const { width, height, frameRate } = run;
  return { ...common, video: { width, height, ...(frameRate === null ? {} : { frameRate }) } };
}

/**
 * Places for periods that begin at 0 and follow one another without holes, whatever was lost between them: players
 * stop or loop at holes. They stay as they are as long as nothing is taken away from the list's front.
 */
export function placesFromZero(periods: readonly PeriodStretches[]): PeriodPlace[] {
  let startTicks = 0;
  return periods.map((period) => {
    const [first] = period;
    const place = {
      id: `t${first.startTicks}`,
      startTicks,
      offsetTicks: first.startTicks,
      place: { startMs: first.first.startMs, startTicks: first.startTicks },
    };
    for (const stretch of period) startTicks += stretch.endTicks - stretch.startTicks;
    return place;
  });
}

/** No segment of any track is longer: sound may run on over the pictures' end by less than one of its frames. */
export function longestTicksOf(periods: readonly PeriodStretches[]): number {
  let longest = 0;
  for (const stretch of periods.flat()) {
    const { audioCodec, audioTimescale } = stretch.run;
    const frame = audioCodec === null ? 0 : Math.ceil((LONGEST_FRAME * 90_000) / (audioTimescale ?? 8000));
    longest = Math.max(longest, stretch.longestTicks + frame);
  }
  return longest;
}

/**
 * A DASH manifest. The sound's timeline is the pictures' own, though sound begins and ends some milliseconds off:
 * dash.js falls silent at any hole in it. `prefix` is the way from the manifest's folder to the channel's.
 */
export function dashManifest(
  periods: readonly PeriodStretches[],
  places: readonly PeriodPlace[],
  prefix: string,
  growth?: MpdGrowth,
): string {
  const told = periods.flatMap((period, index): MpdPeriod[] => {
    const where = places[index];
    if (!where) return [];
    const { id, startTicks, offsetTicks, place } = where;
    const tracks = (["video", "audio"] as const).flatMap((kind) => track(period, kind, place, prefix) ?? []);
    const durationsTicks = durationsOf(period);
    return [{ id, startTicks, offsetTicks, firstTicks: period[0].startTicks, durationsTicks, tracks }];
  });
  return mpdText({ periods: told, longestTicks: longestTicksOf(periods), ...(growth ? { growth } : {}) });
}
