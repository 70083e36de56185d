import { Elysia } from "elysia";
import { Fragment, h } from "preact";
import { ChannelNow, ChannelState, DayBar } from "../../views/channel-now.tsx";
import { ChannelPage } from "../../views/channel-page.tsx";
import type { ShownDay } from "../../views/shown-day.ts";
import { identityOf } from "../access/identity.ts";
import { access, roles } from "../access/policy.ts";
import type { FootageChannel } from "../archive/footage.ts";
import { lockMarks } from "./lock-marks.ts";
import { notFound } from "../platform/errors.ts";
import { localDateOf, type LocalDate } from "../platform/zone.ts";
import { dateOfDay } from "../playback/days.ts";
import { channelOf } from "../playback/deps.ts";
import { parseTime } from "../playback/time-parameters.ts";
import { dayGapWords, gapWords, type ChannelStatus } from "../status/channel-status.ts";
import type { DayCoverage } from "../status/coverage.ts";
import { dateWords } from "../status/words.ts";
import { convertedFiles } from "./converted-files.ts";
import type { PagesDeps } from "./deps.ts";
import { htmlFragment, htmlPage, wantsFragment } from "./html.ts";

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** Another page of ours, by a path. */
const goTo = (path: string): Response =>
  new Response(null, { status: 303, headers: { location: path, "cache-control": "no-store" } });

/** Files come late: what is older than this is not what happens now. */
const LATE_MS = 15 * 60_000;
/** So much of the newest footage is shown then. */
const LAST_MS = 60_000;

/** Where to begin with footage that arrived late, ms UTC, so that it is not taken for live pictures. */
function beginLate(
  { arrivals, newestMs }: ChannelStatus,
  { nowMs, startMs, spans }: DayCoverage,
): number | undefined {
  if (!arrivals || newestMs === undefined || nowMs - newestMs < LATE_MS || newestMs <= startMs)
    return undefined;
  const wantedMs = Math.max(startMs, newestMs - LAST_MS);
  // Where there is less, with the first of it.
  return Math.max(wantedMs, spans.find(({ endMs }) => endMs > wantedMs)?.startMs ?? 0);
}

/** A channel now and today, and each day before. */
export function channelPages({ status, footage, site, locksOf, timelapses }: PagesDeps) {
  const shownDay = async (channel: FootageChannel, date: LocalDate, isToday: boolean): Promise<ShownDay> => {
    const day = status.day(channel, date);
    const films = isToday ? [] : await convertedFiles(footage, channel.id, day);
    return {
      day,
      films: films.map(({ name }) => `/${channel.id}/${date}/${name}`),
      isToday,
      title: dateWords(day.startMs, channel.zone),
      words: isToday ? gapWords(day) : dayGapWords(day),
      locks: lockMarks(locksOf?.(channel.id) ?? [], day),
      path: `/${channel.id}/${date}`,
      timelapse: timelapses?.(channel.id).get(date),
      ...status.daysBeside(channel, date),
    };
  };

  const page = async (request: Request, id: string, date: LocalDate | undefined): Promise<Response> => {
    const channel = channelOf(footage, id);
    const nowMs = status.nowMs();
    const today = localDateOf(nowMs, channel.zone);
    const at = new URL(request.url).searchParams.get("at") ?? "";
    const atMs = at === "" ? undefined : parseTime("at", at, channel.zone);
    // A moment's own day shows it, whichever page was asked for.
    const wanted = atMs === undefined ? (date ?? today) : localDateOf(Math.min(atMs, nowMs), channel.zone);
    if (atMs !== undefined && wanted !== (date ?? today))
      return goTo(`/${channel.id}/${wanted}?at=${Math.floor(atMs / 1000)}`);
    const shown = await shownDay(channel, wanted, wanted === today);
    const channelStatus = status.channel(channel);
    if (wantsFragment(request)) {
      const now = h(ChannelNow, { channel: channelStatus, shown });
      const state = h(ChannelState, { channel: channelStatus, isAlong: true });
      return htmlFragment(h(Fragment, null, now, state, h(DayBar, { shown, isAlong: true })));
    }
    const isNow = date === undefined && atMs === undefined && !channel.isRetired;
    const lateMs = isNow ? beginLate(channelStatus, shown.day) : undefined;
    const isLive = isNow && lateMs === undefined;
    const identity = identityOf(request);
    const props = {
      mayChange: identity !== undefined && roles.indexOf(identity.role) >= roles.indexOf("operator"),
      channel: channelStatus,
      shown,
      isLive,
      atMs: atMs ?? lateMs,
      hasStills: status.hasFfmpeg(),
      away: footage.storageAway?.(),
    };
    return htmlPage(h(ChannelPage, { site: site(request), ...props }));
  };

  return new Elysia({ name: "channel-pages" })
    .get(
      "/:channel",
      ({ params, request }) => page(request, params.channel, undefined),
      access("viewer", { hide: true }),
    )
    .get(
      "/:channel/:date",
      ({ params, request }) => {
        if (!DATE.test(params.date)) throw notFound("There is nothing at this address");
        const channel = channelOf(footage, params.channel);
        const { date } = dateOfDay(params.date, channel.zone, status.nowMs());
        return page(request, params.channel, date);
      },
      access("viewer", { hide: true }),
    );
}
