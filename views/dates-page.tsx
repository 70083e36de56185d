import type { FootageChannel } from "../src/archive/footage.ts";
import type { Calendar } from "../src/status/calendar.ts";
import { CalendarMonthGrid } from "./calendar-month.tsx";
import { Layout } from "./layout.tsx";
import type { Site } from "./site.ts";

export type DatesPageProps = {
  site: Site;
  channels: readonly FootageChannel[];
  /** The one whose calendar it is; without it the calendar is of all. */
  chosen?: FootageChannel | undefined;
  calendar: Calendar;
};

/** `/dates`: the days of which there is footage, by month, newest first. */
export function DatesPage({ site, channels, chosen, calendar }: DatesPageProps) {
  const zone = chosen?.zone ?? site.zone;
  return (
    <Layout title={chosen ? `Dates, ${chosen.name}` : "Dates"} site={{ ...site, zone }} here="dates">
      <h1>Dates</h1>
      <ChannelChoice channels={channels} chosen={chosen} path="/dates" all="All channels" />
      {calendar.months.length === 0 && (
        <p class="notice">
          There is no footage yet. Each day that is recorded gets its place here, with its length, size and
          gaps.
        </p>
      )}
      {calendar.months.map((month) => (
        <CalendarMonthGrid
          key={month.month}
          month={month}
          channelCount={chosen ? 1 : channels.length}
          dayPath={chosen ? (date) => `/${chosen.id}/${date}` : (date) => `/dates/${date}`}
        />
      ))}
      {calendar.earlier !== undefined && (
        <p>
          <a
            rel="next"
            href={`/dates?${chosen ? `channel=${chosen.id}&` : ""}before=${encodeURIComponent(calendar.earlier)}`}
          >
            Earlier months
          </a>
        </p>
      )}
    </Layout>
  );
}

type ChoiceProps = {
  channels: readonly FootageChannel[];
  chosen: FootageChannel | undefined;
  /** The page whose `?channel=` is chosen. */
  path: string;
  /** What no choice is called. */
  all: string;
};

/** Links to the same page of each channel. */
export function ChannelChoice({ channels, chosen, path, all }: ChoiceProps) {
  if (channels.length < 2) return null;
  const mark = (isHere: boolean) => (isHere ? ({ "aria-current": "true" } as const) : {});
  return (
    <nav class="choice" aria-label="Channels">
      <ul>
        <li>
          <a href={path} {...mark(chosen === undefined)}>
            {all}
          </a>
        </li>
        {channels.map((channel) => (
          <li key={channel.id}>
            <a href={`${path}?channel=${channel.id}`} {...mark(channel.id === chosen?.id)}>
              {channel.name}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
