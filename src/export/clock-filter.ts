/** A span of media time in which local time is so far from UTC. */
export type OffsetSpan = { fromSeconds: number; toSeconds: number; offsetSeconds: number };

const offsetSecondsAt = (ms: number, zone: string): number =>
  Temporal.Instant.fromEpochMilliseconds(Math.floor(ms)).toZonedDateTimeISO(zone).offsetNanoseconds / 1e9;

/** When the clocks of a zone are set next after an instant, ms UTC; `undefined` where they never are. */
const nextChangeMs = (ms: number, zone: string): number | undefined =>
  Temporal.Instant.fromEpochMilliseconds(Math.floor(ms))
    .toZonedDateTimeISO(zone)
    .getTimeZoneTransition("next")?.epochMilliseconds;

/** The spans of media, whose time 0 is at the wall time `zeroMs`, up to `endMs` (ms UTC), by a zone's offsets. */
export function offsetSpans(zeroMs: number, endMs: number, zone: string): OffsetSpan[] {
  const spans: OffsetSpan[] = [];
  let atMs = zeroMs;
  while (atMs < endMs) {
    const untilMs = Math.min(nextChangeMs(atMs, zone) ?? endMs, endMs);
    spans.push({
      fromSeconds: (atMs - zeroMs) / 1000,
      toSeconds: (untilMs - zeroMs) / 1000,
      offsetSeconds: offsetSecondsAt(atMs, zone),
    });
    atMs = untilMs;
  }
  return spans;
}

/** A path as a value of an ffmpeg filter: quoted for the filter, and for the graph that it stands in. */
const filterValue = (text: string): string =>
  text.replace(/[\\':]/g, String.raw`\$&`).replace(/[\\'[\],;]/g, String.raw`\$&`);

/**
 * Filters that write the wall time of each picture into it, `2026-11-20 14:03:27`; `zeroMs` is the wall time of the
 * picture that is shown at 0. Where the clocks are set in between, one filter for each side of that.
 */
export function clockFilters(
  zeroMs: number,
  endMs: number,
  { zone, font }: { zone: string; font: string },
): string[] {
  const spans = offsetSpans(zeroMs, endMs, zone);
  return spans.map(({ fromSeconds, toSeconds, offsetSeconds }, index) => {
    const base = (zeroMs / 1000 + offsetSeconds).toFixed(3);
    const text = String.raw`text='%{pts\:gmtime\:${base}}'`;
    const look =
      "fontsize=max(14\\,h/20):fontcolor=white:box=1:boxcolor=black@0.6:boxborderw=6:x=h/60+6:y=h-text_h-h/60-6";
    const isOnly = spans.length === 1;
    const from = index === 0 ? "-1e9" : fromSeconds.toFixed(3);
    const to = index === spans.length - 1 ? "1e9" : toSeconds.toFixed(3);
    const when = isOnly ? "" : `:enable='gte(t,${from})*lt(t,${to})'`;
    return `drawtext=fontfile=${filterValue(font)}:${text}:${look}${when}`;
  });
}
