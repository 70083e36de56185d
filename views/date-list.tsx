import type { FootageChannel } from "../src/archive/footage.ts";
import type { CalendarDay } from "../src/status/calendar.ts";
import type { DayCoverage } from "../src/status/coverage.ts";
import { countWords, dateWords, durationWords, monthWords, sizeWords } from "../src/status/words.ts";
import { CoverageBar } from "./coverage-bar.tsx";
import { DayLinks, type ConvertedFile } from "./day-links.tsx";

/** A date of one channel. */
export type ListedDay = {
  channel: FootageChannel;
  day: CalendarDay;
  /** The day as a bar; absent where many channels are listed together. */
  coverage?: DayCoverage;
  converted: readonly ConvertedFile[];
  timelapse?: string | undefined;
};

/** A date with the channels that have something of it. */
export type ListedDate = { date: string; days: readonly ListedDay[] };

export type DateListProps = {
  month: string;
  /** Newest first. */
  dates: readonly ListedDate[];
};

/** The dates of a month, newest first, each with its length, size, coverage and addresses. */
export function DateList({ month, dates }: DateListProps) {
  const heading = `list-${month}`;
  return (
    <section class="month" aria-labelledby={heading}>
      <h2 id={heading}>{monthWords(month)}</h2>
      <ol class="date-list">
        {dates.map(({ date, days }) => (
          <li key={date}>
            <h3>{dateWords(Date.parse(date), "UTC")}</h3>
            {days.map((listed) => (
              <DateItem key={listed.channel.id} listed={listed} isAlone={listed.coverage !== undefined} />
            ))}
          </li>
        ))}
      </ol>
    </section>
  );
}

function amountWords({ recordedMs, possibleMs, sizeBytes, gaps, gapMs }: CalendarDay): string {
  if (recordedMs === 0) return "Nothing recorded";
  const share = possibleMs > 0 ? ` (${Math.floor((100 * recordedMs) / possibleMs)}%)` : "";
  const holes = gaps === 0 ? "no gaps" : `${countWords(gaps, "gap")}, ${durationWords(gapMs)}`;
  return `${durationWords(recordedMs)}${share}, ${sizeWords(sizeBytes)}, ${holes}`;
}

function DateItem({ listed, isAlone }: { listed: ListedDay; isAlone: boolean }) {
  const { channel, day, coverage, converted, timelapse } = listed;
  const path = `/${channel.id}/${day.date}`;
  const words = amountWords(day);
  return (
    <div class="date-item">
      {!isAlone && <h4>{channel.name}</h4>}
      {coverage ? (
        <CoverageBar day={coverage} dayPath={path} words={words} />
      ) : (
        <>
          <ShareBar day={day} />
          <p class="quiet">{words}</p>
        </>
      )}
      <DayLinks
        channel={channel}
        date={day.date}
        hasFootage={day.recordedMs > 0}
        converted={converted}
        timelapse={timelapse}
      />
    </div>
  );
}

/** How much of a day there is, as a bar of one length. */
export function ShareBar({ day }: { day: CalendarDay }) {
  const share = day.possibleMs > 0 ? Math.min(1, day.recordedMs / day.possibleMs) : 0;
  return (
    <svg class="day-bar" width="100%" height="6" aria-hidden="true">
      <rect class="bar-past" width="100%" height="6" />
      <rect class="bar-recorded" width={`${(share * 100).toFixed(1)}%`} height="6" />
    </svg>
  );
}
