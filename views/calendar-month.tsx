import type { CalendarDay, CalendarMonth } from "../src/status/calendar.ts";
import { countWords, dateWords, durationWords, monthWords, sizeWords } from "../src/status/words.ts";
import { ShareBar } from "./date-list.tsx";

const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

type Props = {
  month: CalendarMonth;
  /** How many channels the days are sums of. */
  channelCount: number;
  dayPath: (date: string) => string;
};

/** A month as a calendar of weeks; on a phone a list of the days that have something. */
export function CalendarMonthGrid({ month, channelCount, dayPath }: Props) {
  const first = Temporal.PlainDate.from(`${month.month}-01`);
  const known = new Map(month.days.map((day) => [day.date, day]));
  const dates = Array.from({ length: first.daysInMonth }, (_, index) => first.add({ days: index }));
  const heading = `month-${month.month}`;
  return (
    <section class="month" aria-labelledby={heading}>
      <h2 id={heading}>
        {monthWords(month.month)} <span class="quiet">{monthTotal(month)}</span>
      </h2>
      <div class="weekdays" aria-hidden="true">
        {WEEKDAYS.map((name) => (
          <span key={name}>{name}</span>
        ))}
      </div>
      <ol class="days">
        {dates.map((date) => {
          const day = known.get(date.toString());
          const place = date.day === 1 ? ` weekday-${date.dayOfWeek}` : "";
          return (
            <li key={date.day} class={`day${place}${day ? "" : " none"}`}>
              {day ? (
                <DayCell day={day} channelCount={channelCount} path={dayPath(day.date)} />
              ) : (
                <span class="day-number">{date.day}</span>
              )}
            </li>
          );
        })}
      </ol>
    </section>
  );
}

const monthTotal = ({ days }: CalendarMonth): string => {
  const recordedMs = days.reduce((sum, day) => sum + day.recordedMs, 0);
  const sizeBytes = days.reduce((sum, day) => sum + day.sizeBytes, 0);
  return `${durationWords(recordedMs)}, ${sizeWords(sizeBytes)}`;
};

/** A day: its length, size and gaps, and a bar of how much of it there is. */
function DayCell({ day, channelCount, path }: { day: CalendarDay; channelCount: number; path: string }) {
  const gaps = day.gaps === 0 ? "no gaps" : `${countWords(day.gaps, "gap")}, ${durationWords(day.gapMs)}`;
  const of = channelCount > 1 ? ` of ${countWords(day.channels, "channel")}` : "";
  const words = `${dateWords(Date.parse(day.date), "UTC")}: ${durationWords(day.recordedMs)}${of}, ${sizeWords(day.sizeBytes)}, ${gaps}`;
  return (
    <a href={path} title={words}>
      <span class="day-number" aria-hidden="true">
        {Number(day.date.slice(8))}
      </span>
      <span class="day-date">{dateWords(Date.parse(day.date), "UTC")}</span>
      <ShareBar day={day} />
      <span class="day-length">{day.recordedMs === 0 ? "Nothing" : durationWords(day.recordedMs)}</span>
      <span class="day-size">{sizeWords(day.sizeBytes)}</span>
      <span class="day-gaps">{day.gaps === 0 ? "" : countWords(day.gaps, "gap")}</span>
    </a>
  );
}
