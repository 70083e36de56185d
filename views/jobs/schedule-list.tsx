import type { ShownSchedule } from "../../src/jobs/schedules.ts";
import { sinceWords } from "../../src/status/words.ts";

type ScheduleListProps = { schedules: readonly ShownSchedule[]; zone: string; nowMs: number };

/** What is done by the clock, and when next. */
export function ScheduleList({ schedules, zone, nowMs }: ScheduleListProps) {
  return (
    <ul class="schedule-list">
      {schedules.map(({ name, what, nextMs, error }) => (
        <li key={name}>
          {what}
          {nextMs !== undefined && <span class="quiet">, next {sinceWords(nextMs, nowMs, zone)}</span>}
          {error !== undefined && <span class="trouble"> (the last time it failed: {error})</span>}
        </li>
      ))}
    </ul>
  );
}
