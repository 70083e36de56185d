import { barOf, barSummary } from "../src/status/bar.ts";
import type { DayCoverage, Span } from "../src/status/coverage.ts";

type Props = {
  day: DayCoverage;
  /** Page of the channel; a moment in it is `?at=` in Unix seconds. */
  channelPath: string;
  /** The day in words; stands below the bar while nothing is pointed at. */
  words: string;
};

const place = (day: DayCoverage) => {
  const lengthMs = day.endMs - day.startMs;
  const percent = (ms: number) => `${((ms / lengthMs) * 100).toFixed(3)}%`;
  return {
    at: (ms: number) => percent(ms - day.startMs),
    box: (span: Span) => ({
      x: percent(span.startMs - day.startMs),
      width: percent(span.endMs - span.startMs),
    }),
  };
};

/**
 * A day as a bar: recorded, gaps hatched with their reasons, the future empty. Drawn from the index; positions
 * are attributes in percent, so that it needs no style of its own and no picture of fixed width.
 */
export function CoverageBar({ day, channelPath, words }: Props) {
  const bar = barOf(day);
  const { at, box } = place(day);
  return (
    <div
      class="bar"
      data-bar
      data-start={day.startMs}
      data-end={day.endMs}
      data-now={day.nowMs}
      data-zone={day.zone}
      data-href={channelPath}
      data-summary={words}
    >
      <svg class="bar-picture" role="group" aria-label={barSummary(day)} width="100%" height="28">
        <rect class="bar-ground" width="100%" height="28" />
        {day.nowMs > day.startMs && day.nowMs < day.endMs && (
          <rect class="bar-past" width={at(day.nowMs)} height="28" />
        )}
        {bar.recorded.map((span) => (
          <rect
            key={span.startMs}
            class="bar-recorded"
            {...box(span)}
            height="28"
            data-recorded={`${span.startMs} ${span.endMs}`}
          />
        ))}
        {bar.gaps.map((gap) => (
          <a
            key={gap.startMs}
            href={`${channelPath}?at=${Math.floor(gap.startMs / 1000) - 5}`}
            aria-label={gap.words}
            data-gap={`${gap.startMs} ${gap.endMs}`}
          >
            <title>{gap.words}</title>
            <rect class="bar-gap" {...box(gap)} height="28" fill="url(#hatch)" />
          </a>
        ))}
        {day.nowMs < day.endMs && (
          <line class="bar-now" x1={at(day.nowMs)} x2={at(day.nowMs)} y1="0" y2="28" />
        )}
        <line
          class="bar-playhead"
          data-playhead
          hx-morph-skip
          x1="0"
          x2="0"
          y1="0"
          y2="28"
          visibility="hidden"
        />
      </svg>
      <svg class="bar-hours" aria-hidden="true" width="100%" height="16">
        {bar.hours.map((hour) => (
          <text key={hour.label} x={at(hour.atMs)} y="12">
            {hour.label}
          </text>
        ))}
        <text x="100%" y="12" text-anchor="end">
          24:00
        </text>
      </svg>
      <p class="bar-words" data-words>
        {words}
      </p>
    </div>
  );
}
