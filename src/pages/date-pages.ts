import { Elysia } from "elysia";
import { h } from "preact";
import { DatePage, type ChannelDay } from "../../views/date-page.tsx";
import type { ListedDate, ListedDay } from "../../views/date-list.tsx";
import { DatesPage, type DateLists } from "../../views/dates-page.tsx";
import { access } from "../access/policy.ts";
import type { FootageChannel } from "../archive/footage.ts";
import { badParameter } from "../platform/errors.ts";
import { dayStartMs, daySpanMs, localDateOf, type LocalDate } from "../platform/zone.ts";
import { dateOfDay } from "../playback/days.ts";
import { monthOf } from "../status/calendar.ts";
import { dayGapWords } from "../status/channel-status.ts";
import { dateWords } from "../status/words.ts";
import { convertedFiles } from "./converted-files.ts";
import { channelChoice, type PagesDeps } from "./deps.ts";
import { htmlPage } from "./html.ts";

/** The month of `?before=`, `2026-08`, or `latest`. Throws `bad-request`. */
function monthParameter(query: URLSearchParams, latest: string): string {
  const given = query.get("before");
  if (given === null || given === "") return latest;
  if (!/^(19[7-9]\d|2[01]\d\d)-(0[1-9]|1[0-2])$/.test(given))
    throw badParameter("before", given.slice(0, 40), "a month such as 2026-11");
  return given;
}

/** Months on one page of the list, which says more of each day than the calendar. */
const LISTED_MONTHS = 2;

/** Days as dates, newest first, the channels of each in their order. */
function byDate(days: readonly ListedDay[]): ListedDate[] {
  const dates = new Map<LocalDate, ListedDay[]>();
  for (const listed of days) {
    const { date } = listed.day;
    dates.set(date, [...(dates.get(date) ?? []), listed]);
  }
  return [...dates].map(([date, each]) => ({ date, days: each })).sort((a, b) => (a.date < b.date ? 1 : -1));
}

/** The calendar of all channels or of one, and each day of all. */
export function datePages({ status, footage, history, site, timelapses }: PagesDeps) {
  /** The nearest dates with footage of any channel. */
  const datesBeside = (date: LocalDate): { before?: LocalDate; after?: LocalDate } => {
    const beside = footage.channels().map((channel) => status.daysBeside(channel, date));
    const before = beside
      .flatMap((each) => each.before ?? [])
      .sort()
      .at(-1);
    const after = beside.flatMap((each) => each.after ?? []).sort()[0];
    return { ...(before ? { before } : {}), ...(after ? { after } : {}) };
  };

  const channelDay = async (channel: FootageChannel, date: LocalDate): Promise<ChannelDay[]> => {
    const day = status.day(channel, date);
    if (day.spans.length === 0 && day.gaps.length === 0) return [];
    const sizeBytes = history
      .extents(channel.id, day.startMs, day.endMs)
      .filter(({ startMs }) => startMs >= day.startMs)
      .reduce((sum, extent) => sum + extent.sizeBytes, 0);
    const converted = await convertedFiles(footage, channel.id, day);
    const timelapse = timelapses?.(channel.id).get(date);
    return [{ channel, day, words: dayGapWords(day), sizeBytes, converted, timelapse }];
  };

  /** The dates of one or two months, newest first; a single channel's with their bars. */
  const dateList = async (
    channels: readonly FootageChannel[],
    chosen: FootageChannel | undefined,
    latest: string,
  ): Promise<DateLists> => {
    const { months, earlier } = status.months(chosen ? [chosen] : channels, latest, LISTED_MONTHS);
    const films = new Map(channels.map(({ id }) => [id, timelapses?.(id)]));
    const lists = months.map(async ({ month, days }) => {
      const listed = days.map(async ({ channel, day }) => ({
        channel,
        day,
        ...(chosen ? { coverage: status.day(channel, day.date) } : {}),
        converted: await convertedFiles(footage, channel.id, {
          date: day.date,
          ...daySpanMs(day.date, channel.zone),
        }),
        timelapse: films.get(channel.id)?.get(day.date),
      }));
      return { month, dates: byDate(await Promise.all(listed)) };
    });
    return { lists: await Promise.all(lists), earlier };
  };

  return new Elysia({ name: "date-pages" })
    .get(
      "/dates",
      async ({ request }) => {
        const query = new URL(request.url).searchParams;
        const { channels, chosen } = channelChoice(footage, query);
        const shown = site(request);
        const thisMonth = monthOf(localDateOf(status.nowMs(), chosen?.zone ?? shown.zone));
        const latest = monthParameter(query, thisMonth);
        const props = { site: shown, channels, chosen, away: footage.storageAway?.() };
        if (query.get("view") === "list")
          return htmlPage(h(DatesPage, { ...props, list: await dateList(channels, chosen, latest) }));
        const calendar = status.calendar(chosen ? [chosen] : channels, latest);
        return htmlPage(h(DatesPage, { ...props, calendar }));
      },
      access("viewer", { hide: true }),
    )
    .get(
      "/dates/:date",
      async ({ params, request }) => {
        const shown = site(request);
        const { date } = dateOfDay(params.date, shown.zone, status.nowMs());
        const days = (
          await Promise.all(footage.channels().map((channel) => channelDay(channel, date)))
        ).flat();
        const title = dateWords(dayStartMs(date, shown.zone), shown.zone);
        return htmlPage(h(DatePage, { site: shown, title, days, ...datesBeside(date) }));
      },
      access("viewer", { hide: true }),
    );
}
