/** Writer of DASH manifests (ISO/IEC 23009-1) with segment templates and timelines. Pure. */

export const MPD_TYPE = "application/dash+xml";

/** One track of a period. */
export type MpdTrack = {
  kind: "video" | "audio";
  /** RFC 6381. */
  codecs: string;
  peakBitrateBps: number;
  /** Size in pixels, and pictures a second where known. */
  video?: { width: number; height: number; frameRate?: number };
  audio?: { sampleRate: number };
  initUri: string;
  /** Address of its segments, with `$Time$` where a segment's media time belongs. */
  mediaUri: string;
};

/** Times in 90,000ths of a second. */
export type MpdPeriod = {
  id: string;
  /** Begin on the presentation's own timeline. */
  startTicks: number;
  /** Media time at that begin. */
  offsetTicks: number;
  /** Media time of the first segment; later than `offsetTicks` when older ones are not listed any more. */
  firstTicks: number;
  /** Durations of the segments; the same for all tracks, which are cut at the same pictures. */
  durationsTicks: readonly number[];
  tracks: readonly MpdTrack[];
};

/** What players need to know of a presentation to which segments are added (`type="dynamic"`). */
export type MpdGrowth = {
  /** Wall time of the timeline's zero, ms UTC. */
  availabilityStartMs: number;
  /** When what is told became so, ms UTC. */
  publishMs: number;
  /** How long a player keeps the manifest before it asks again. */
  updateSeconds: number;
  /** How far behind the newest segment's end players shall stay. */
  delaySeconds: number;
  /** How far back from the newest one can go; without it as far as segments are listed. */
  depthSeconds?: number;
  /** Address of the server's time as ISO 8601 text. */
  timeUri: string;
};

export type Mpd = {
  periods: readonly MpdPeriod[];
  /** No segment of any track is longer, in 90,000ths of a second. */
  longestTicks: number;
  /** Absent when nothing is added any more. */
  growth?: MpdGrowth;
};

const TIMESCALE = 90_000;

const ESCAPES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};
const escaped = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? character);

/** `xs:duration` of ticks. */
export const xmlDuration = (ticks: number): string => `PT${(ticks / TIMESCALE).toFixed(5)}S`;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, value) => total + value, 0);

/** `S` elements; equal neighbours are counted with `r`. */
function timeline(firstTicks: number, durations: readonly number[]): string {
  const parts: string[] = [];
  let index = 0;
  while (index < durations.length) {
    const duration = durations[index];
    let next = index + 1;
    while (durations[next] === duration) next++;
    const start = index === 0 ? ` t="${firstTicks}"` : "";
    const repeat = next - index > 1 ? ` r="${next - index - 1}"` : "";
    parts.push(`<S${start} d="${duration}"${repeat}/>`);
    index = next;
  }
  return parts.join("");
}

/** A frame rate as DASH writes it: whole, or a fraction of 1001. */
function frameRateText(frameRate: number): string {
  if (Math.abs(frameRate - Math.round(frameRate)) < 0.001) return String(Math.round(frameRate));
  return `${Math.round(frameRate * 1001)}/1001`;
}

/** `timelineText` stands in each track: ffmpeg does not look for one in the period. */
function adaptationSet(track: MpdTrack, index: number, offsetTicks: number, timelineText: string): string {
  const { kind, video, audio } = track;
  let attributes = ` id="${kind}" codecs="${escaped(track.codecs)}" bandwidth="${track.peakBitrateBps}"`;
  if (video) attributes += ` width="${video.width}" height="${video.height}"`;
  if (video?.frameRate) attributes += ` frameRate="${frameRateText(video.frameRate)}"`;
  if (audio) attributes += ` audioSamplingRate="${audio.sampleRate}"`;
  const about = `id="${index + 1}" contentType="${kind}" mimeType="${kind}/mp4"`;
  const template =
    `timescale="${TIMESCALE}" presentationTimeOffset="${offsetTicks}"` +
    ` initialization="${escaped(track.initUri)}" media="${escaped(track.mediaUri)}"`;
  return (
    `<AdaptationSet ${about} segmentAlignment="true" startWithSAP="1">\n<Representation${attributes}>\n` +
    `<SegmentTemplate ${template}>\n<SegmentTimeline>${timelineText}</SegmentTimeline>\n</SegmentTemplate>\n` +
    "</Representation>\n</AdaptationSet>\n"
  );
}

function periodText(period: MpdPeriod, hasEnded: boolean): string {
  const { id, startTicks, offsetTicks, firstTicks, durationsTicks, tracks } = period;
  const duration = hasEnded ? ` duration="${xmlDuration(sum(durationsTicks))}"` : "";
  const timelineText = timeline(firstTicks, durationsTicks);
  const sets = tracks.map((track, index) => adaptationSet(track, index, offsetTicks, timelineText));
  return `<Period id="${escaped(id)}" start="${xmlDuration(startTicks)}"${duration}>\n${sets.join("")}</Period>\n`;
}

const isoTime = (ms: number): string => new Date(Math.round(ms)).toISOString();
const secondsText = (seconds: number): string => `PT${Number(seconds.toFixed(3))}S`;

function growthAttributes(growth: MpdGrowth): string {
  const { availabilityStartMs, publishMs, updateSeconds, delaySeconds, depthSeconds } = growth;
  const depth = depthSeconds === undefined ? "" : ` timeShiftBufferDepth="${secondsText(depthSeconds)}"`;
  return (
    ` type="dynamic" availabilityStartTime="${isoTime(availabilityStartMs)}" publishTime="${isoTime(publishMs)}"` +
    ` minimumUpdatePeriod="${secondsText(updateSeconds)}"${depth}` +
    ` suggestedPresentationDelay="${secondsText(delaySeconds)}"`
  );
}

/** A manifest. Its periods have to follow one another without holes. */
export function mpdText({ periods, longestTicks, growth }: Mpd): string {
  const totalTicks = sum(periods.map((period) => sum(period.durationsTicks)));
  const changes = growth
    ? growthAttributes(growth)
    : ` type="static" mediaPresentationDuration="${xmlDuration(totalTicks)}"`;
  const longest = xmlDuration(longestTicks);
  return [
    '<?xml version="1.0" encoding="utf-8"?>\n',
    '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011"',
    `${changes} maxSegmentDuration="${longest}" minBufferTime="${longest}">\n`,
    ...periods.map((period) => periodText(period, growth === undefined)),
    growth
      ? `<UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-iso:2014" value="${escaped(growth.timeUri)}"/>\n`
      : "",
    "</MPD>\n",
  ].join("");
}
