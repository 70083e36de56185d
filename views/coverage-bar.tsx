import { barOf, barSummary } from "../src/status/bar.ts";
import type { DayCoverage, Span } from "../src/status/coverage.ts";

/** A locked span of a bar. */
export type LockMark = Span & { words: string };

type Props = {
  day: DayCoverage;
  /** Page of the channel's day; a moment in it is `?at=` in Unix seconds. */
  dayPath: string;
  /** The day in words; stands below the bar while nothing is pointed at. */
  words: string;
  /** What of it is locked. */
  locks?: readonly LockMark[] | undefined;
  /** It is the picture of a slider, which says by itself what it is. */
  isScrub?: boolean;
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
export function CoverageBar({ day, dayPath, words, locks = [], isScrub = false }: Props) {
  const { at } = place(day);
  const { hours } = barOf(day);
  const spoken = isScrub
    ? ({ "aria-hidden": "true" } as const)
    : ({ role: "img", "aria-label": barSummary(day) } as const);
  return (
    <div
      class="bar"
      data-bar
      data-start={day.startMs}
      data-end={day.endMs}
      data-now={day.nowMs}
      data-zone={day.zone}
      data-href={dayPath}
      data-summary={words}
    >
      <svg class="bar-picture" {...spoken} width="100%" height="28">
        <svg class="bar-window" data-window x="0" width="100%" height="28">
          <BarMarks day={day} locks={locks} />
        </svg>
      </svg>
      <svg class="bar-hours" aria-hidden="true" width="100%" height="16">
        <svg class="bar-window" data-window x="0" width="100%" height="16">
          {hours.map((hour) => (
            <text key={hour.label} x={at(hour.atMs)} y="12">
              {hour.label}
            </text>
          ))}
          <text x="100%" y="12" text-anchor="end">
            24:00
          </text>
        </svg>
      </svg>
      <p class="bar-words" data-words>
        {words}
      </p>
    </div>
  );
}

function BarMarks({ day, locks }: { day: DayCoverage; locks: readonly LockMark[] }) {
  const { recorded, gaps } = barOf(day);
  const { at, box } = place(day);
  const isNow = day.nowMs > day.startMs && day.nowMs < day.endMs;
  return (
    <>
      <rect class="bar-past" width={isNow ? at(day.nowMs) : "100%"} height="28" />
      {recorded.map((span) => (
        <rect
          key={span.startMs}
          class="bar-recorded"
          {...box(span)}
          height="28"
          data-recorded={`${span.startMs} ${span.endMs}`}
        />
      ))}
      {gaps.map((gap) => (
        <rect
          key={gap.startMs}
          class="bar-gap"
          {...box(gap)}
          height="28"
          fill="url(#hatch)"
          data-gap={`${gap.startMs} ${gap.endMs}`}
          data-gap-words={gap.words}
        >
          <title>{gap.words}</title>
        </rect>
      ))}
      {locks.map((lock) => (
        <rect
          key={`lock ${lock.startMs}`}
          class="bar-lock"
          {...box(lock)}
          height="5"
          data-lock={`${lock.startMs} ${lock.endMs}`}
          data-lock-words={lock.words}
        >
          <title>{lock.words}</title>
        </rect>
      ))}
      {isNow && <line class="bar-now" x1={at(day.nowMs)} x2={at(day.nowMs)} y1="0" y2="28" />}
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
    </>
  );
}
