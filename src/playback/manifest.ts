import { staticMpd, type MpdPeriod, type MpdTrack } from "../media/mpd.ts";
import { initAddress, timedAddress } from "./addresses.ts";
import { bitrateOf } from "./bitrate.ts";
import { durationTicks90k, type Stretch } from "./sequence.ts";

/** One track of a period; `undefined` when its run has none of the kind. */
function track(stretches: readonly Stretch[], kind: "video" | "audio", prefix: string): MpdTrack | undefined {
  const first = stretches[0];
  const segment = first?.segments[0];
  if (!first || !segment) return undefined;
  const { run } = first;
  const place = { startMs: segment.startMs, startTicks: first.startTicks };
  const codecs = kind === "video" ? run.videoCodec : run.audioCodec;
  if (codecs === null) return undefined;
  const [initForm, form] = kind === "video" ? (["v.mp4", "v.m4s"] as const) : (["a.mp4", "a.m4s"] as const);
  const common = {
    kind,
    codecs,
    peakBitrateBps: bitrateOf(stretches, [kind]).peakBps,
    initUri: prefix + initAddress(run.id, initForm),
    mediaUri: prefix + timedAddress(place, "$Time$", form),
  };
  if (kind === "audio") return { ...common, audio: { sampleRate: run.audioTimescale ?? 48_000 } };
  const { width, height, frameRate } = run;
  return { ...common, video: { width, height, ...(frameRate === null ? {} : { frameRate }) } };
}

/**
 * A static DASH manifest of the stretches. A period ends only where HLS has a discontinuity; periods follow
 * without holes, whatever was lost between them, because players stop or loop at holes. The sound's timeline is
 * the pictures' own, though sound begins and ends some milliseconds off: dash.js falls silent at any hole in it.
 */
export function dashManifest(stretches: readonly Stretch[], prefix: string): string {
  const groups: Stretch[][] = [];
  for (const stretch of stretches) {
    const group = groups.at(-1);
    if (!group || stretch.isDiscontinuity) groups.push([stretch]);
    else group.push(stretch);
  }
  let startTicks = 0;
  const periods = groups.map((group): MpdPeriod => {
    const durationsTicks = group.flatMap(({ segments, run }) =>
      segments.map((segment) => durationTicks90k(segment, run)),
    );
    const mediaStartTicks = group[0]?.startTicks ?? 0;
    const tracks = (["video", "audio"] as const).flatMap((kind) => track(group, kind, prefix) ?? []);
    const period = { id: `t${mediaStartTicks}`, startTicks, mediaStartTicks, durationsTicks, tracks };
    startTicks += durationsTicks.reduce((total, ticks) => total + ticks, 0);
    return period;
  });
  return staticMpd(periods);
}
