import { Elysia } from "elysia";
import { h } from "preact";
import { DatePage, type ChannelDay } from "../../views/date-page.tsx";
import { DatesPage } from "../../views/dates-page.tsx";
import { access } from "../access/policy.ts";
import type { FootageChannel } from "../archive/footage.ts";
import { badParameter } from "../platform/errors.ts";
import { dayStartMs, localDateOf, type LocalDate } from "../platform/zone.ts";
import { dateOfDay } from "../playback/days.ts";
import { monthOf } from "../status/calendar.ts";
import { dayGapWords } from "../status/channel-status.ts";
import { dateWords } from "../status/words.ts";
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

/** The calendar of all channels or of one, and each day of all. */
export function datePages({ status, footage, history, site }: PagesDeps) {
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

  const channelDay = (channel: FootageChannel, date: LocalDate): ChannelDay[] => {
    const day = status.day(channel, date);
    if (day.spans.length === 0 && day.gaps.length === 0) return [];
    const sizeBytes = history
      .extents(channel.id, day.startMs, day.endMs)
      .filter(({ startMs }) => startMs >= day.startMs)
      .reduce((sum, extent) => sum + extent.sizeBytes, 0);
    return [{ channel, day, words: dayGapWords(day), sizeBytes }];
  };

  return new Elysia({ name: "date-pages" })
    .get(
      "/dates",
      ({ request }) => {
        const query = new URL(request.url).searchParams;
        const { channels, chosen } = channelChoice(footage, query);
        const shown = site(request);
        const latest = monthOf(localDateOf(status.nowMs(), chosen?.zone ?? shown.zone));
        const calendar = status.calendar(chosen ? [chosen] : channels, monthParameter(query, latest));
        return htmlPage(h(DatesPage, { site: shown, channels, chosen, calendar }));
      },
      access("viewer", { hide: true }),
    )
    .get(
      "/dates/:date",
      ({ params, request }) => {
        const shown = site(request);
        const { date } = dateOfDay(params.date, shown.zone, status.nowMs());
        const days = footage.channels().flatMap((channel) => channelDay(channel, date));
        const title = dateWords(dayStartMs(date, shown.zone), shown.zone);
        return htmlPage(h(DatePage, { site: shown, title, days, ...datesBeside(date) }));
      },
      access("viewer", { hide: true }),
    );
}
