/** Writer of static DASH manifests (ISO/IEC 23009-1) with segment templates and timelines. Pure. */

export const MPD_TYPE = "application/dash+xml";

/** One track of a period, in 90,000ths of a second where times are given. */
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

export type MpdPeriod = {
  id: string;
  startTicks: number;
  /** Media time at the period's start: what its segments' own times begin with. */
  mediaStartTicks: number;
  /** Durations of the segments; the same for all tracks, which are cut at the same pictures. */
  durationsTicks: readonly number[];
  tracks: readonly MpdTrack[];
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
function timeline(mediaStartTicks: number, durations: readonly number[]): string {
  let text = "";
  let index = 0;
  while (index < durations.length) {
    const duration = durations[index];
    let next = index + 1;
    while (durations[next] === duration) next++;
    const start = index === 0 ? ` t="${mediaStartTicks}"` : "";
    const repeat = next - index > 1 ? ` r="${next - index - 1}"` : "";
    text += `<S${start} d="${duration}"${repeat}/>`;
    index = next;
  }
  return text;
}

/** A frame rate as DASH writes it: whole, or a fraction of 1001. */
function frameRateText(frameRate: number): string {
  if (Math.abs(frameRate - Math.round(frameRate)) < 0.001) return String(Math.round(frameRate));
  return `${Math.round(frameRate * 1001)}/1001`;
}

function representation(track: MpdTrack, period: MpdPeriod): string {
  const { video, audio } = track;
  let attributes = ` id="${track.kind}" codecs="${escaped(track.codecs)}" bandwidth="${track.peakBitrateBps}"`;
  if (video) attributes += ` width="${video.width}" height="${video.height}"`;
  if (video?.frameRate) attributes += ` frameRate="${frameRateText(video.frameRate)}"`;
  if (audio) attributes += ` audioSamplingRate="${audio.sampleRate}"`;
  const template =
    `timescale="${TIMESCALE}" presentationTimeOffset="${period.mediaStartTicks}"` +
    ` initialization="${escaped(track.initUri)}" media="${escaped(track.mediaUri)}"`;
  return (
    `<Representation${attributes}>\n<SegmentTemplate ${template}>\n` +
    `<SegmentTimeline>${timeline(period.mediaStartTicks, period.durationsTicks)}</SegmentTimeline>\n` +
    "</SegmentTemplate>\n</Representation>\n"
  );
}

/** A manifest of periods that follow one another without holes. */
export function staticMpd(periods: readonly MpdPeriod[]): string {
  const totalTicks = sum(periods.map((period) => sum(period.durationsTicks)));
  const longestTicks = periods.reduce(
    (most, { durationsTicks }) => durationsTicks.reduce((a, b) => Math.max(a, b), most),
    0,
  );
  const parts = [
    '<?xml version="1.0" encoding="utf-8"?>\n',
    '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" type="static"',
    ` mediaPresentationDuration="${xmlDuration(totalTicks)}" maxSegmentDuration="${xmlDuration(longestTicks)}"`,
    ` minBufferTime="${xmlDuration(longestTicks)}">\n`,
  ];
  for (const period of periods) {
    const duration = xmlDuration(sum(period.durationsTicks));
    parts.push(
      `<Period id="${escaped(period.id)}" start="${xmlDuration(period.startTicks)}" duration="${duration}">\n`,
    );
    for (const [index, track] of period.tracks.entries()) {
      const kind = `id="${index + 1}" contentType="${track.kind}" mimeType="${track.kind}/mp4"`;
      parts.push(
        `<AdaptationSet ${kind} segmentAlignment="true">\n${representation(track, period)}</AdaptationSet>\n`,
      );
    }
    parts.push("</Period>\n");
  }
  parts.push("</MPD>\n");
  return parts.join("");
}
