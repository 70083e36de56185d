import type { FootageChannel } from "../src/archive/footage.ts";
import type { StorageAway } from "../src/archive/roots/root.ts";
import type { Calendar } from "../src/status/calendar.ts";
import { CalendarMonthGrid } from "./calendar-month.tsx";
import { DateList, type DateListProps } from "./date-list.tsx";
import { Layout } from "./layout.tsx";
import type { Site } from "./site.ts";
import { StorageAwayNotice } from "./storage-away.tsx";

export type DatesPageProps = {
  site: Site;
  channels: readonly FootageChannel[];
  /** The one whose calendar it is; without it the calendar is of all. */
  chosen?: FootageChannel | undefined;
  /** One of the two ways to look at the dates. */
  calendar?: Calendar;
  list?: DateLists;
  /** Why there may be footage that is not known now. */
  away?: StorageAway | undefined;
};

/** Lists of months, newest first, and the month before the last one that has footage. */
export type DateLists = { lists: readonly DateListProps[]; earlier: string | undefined };

/** `/dates`: the days of which there is footage, by month, newest first: as a calendar, or as a list with addresses. */
export function DatesPage({ site, channels, chosen, calendar, list, away }: DatesPageProps) {
  const zone = chosen?.zone ?? site.zone;
  const { earlier } = calendar ?? list ?? { earlier: undefined };
  const months = calendar?.months ?? list?.lists ?? [];
  const query = [
    ...(chosen && channels.length > 1 ? [`channel=${chosen.id}`] : []),
    ...(list ? ["view=list"] : []),
  ];
  return (
    <Layout
      title={chosen ? `Dates, ${chosen.name}` : "Dates"}
      site={{ ...site, zone }}
      here="dates"
      scripts={{ modules: list ? [site.assets.bar] : [] }}
    >
      <div class="head">
        <h1>Dates</h1>
        <ViewChoice chosen={channels.length > 1 ? chosen : undefined} isList={list !== undefined} />
      </div>
      <ChannelChoice
        channels={channels}
        chosen={chosen}
        path="/dates"
        all="All channels"
        {...(list ? { query: "view=list" } : {})}
      />
      {months.length === 0 && away && <StorageAwayNotice away={away} zone={zone} />}
      {months.length === 0 && !away && (
        <p class="notice">
          There is no footage yet. Each day that is recorded gets its place here, with its length, size and
          gaps.
        </p>
      )}
      {list?.lists.map((month) => (
        <DateList key={month.month} {...month} />
      ))}
      {calendar?.months.map((month) => (
        <CalendarMonthGrid
          key={month.month}
          month={month}
          channelCount={chosen ? 1 : channels.length}
          dayPath={chosen ? (date) => `/${chosen.id}/${date}` : (date) => `/dates/${date}`}
        />
      ))}
      {earlier !== undefined && (
        <p>
          <a rel="next" href={`/dates?${[...query, `before=${encodeURIComponent(earlier)}`].join("&")}`}>
            Earlier months
          </a>
        </p>
      )}
    </Layout>
  );
}

/** The calendar, or the list with all addresses. */
function ViewChoice({ chosen, isList }: { chosen: FootageChannel | undefined; isList: boolean }) {
  const channel = chosen ? [`channel=${chosen.id}`] : [];
  const path = (query: readonly string[]) => (query.length === 0 ? "/dates" : `/dates?${query.join("&")}`);
  return isList ? (
    <a class="view-choice" href={path(channel)}>
      Calendar
    </a>
  ) : (
    <a class="view-choice" href={path([...channel, "view=list"])}>
      List with playlists
    </a>
  );
}

type ChoiceProps = {
  channels: readonly FootageChannel[];
  chosen: FootageChannel | undefined;
  /** The page whose `?channel=` is chosen. */
  path: string;
  /** What no choice is called. */
  all: string;
  /** What the addresses say besides. */
  query?: string;
};

/** Links to the same page of each channel. */
export function ChannelChoice({ channels, chosen, path, all, query }: ChoiceProps) {
  if (channels.length < 2) return null;
  const more = (sign: string) => (query === undefined ? "" : `${sign}${query}`);
  const mark = (isHere: boolean) => (isHere ? ({ "aria-current": "true" } as const) : {});
  return (
    <nav class="choice" aria-label="Channels">
      <ul>
        <li>
          <a href={`${path}${more("?")}`} {...mark(chosen === undefined)}>
            {all}
          </a>
        </li>
        {channels.map((channel) => (
          <li key={channel.id}>
            <a href={`${path}?channel=${channel.id}${more("&")}`} {...mark(channel.id === chosen?.id)}>
              {channel.name}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
