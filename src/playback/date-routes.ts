import { Elysia } from "elysia";
import { z } from "zod";
import { access } from "../access/policy.ts";
import type { FootageChannel } from "../archive/footage.ts";
import { nothingYet } from "../archive/nothing-yet.ts";
import { badParameter, notFound } from "../platform/errors.ts";
import { localDateOf, type LocalDate } from "../platform/zone.ts";
import { nearestSpans } from "./coverage.ts";
import { dateOfDay } from "./days.ts";
import { channelOf, datesChannelOf, type PlaybackDeps } from "./deps.ts";
import type { List, Lists } from "./lists.ts";
import { downloadAnswer, flagParameter, wantsDownload, type PlaylistAnswers } from "./playlist-answers.ts";
import { longHlsQuery } from "./query-docs.ts";
import { rawFile, rawFileNamed } from "./raw-files.ts";

const viewer = (summary: string, query: Readonly<Record<string, string>> = {}) =>
  access("viewer", { summary, tags: ["playback"], query });
const media = (summary: string) => access("viewer", { summary, tags: ["media"] });

/** Of cameras and shares that know no case. */
const otherCase = access("viewer", { hide: true, tags: ["media"] });

const DAY_MS = 24 * 3_600_000;
const MOST_TARGET_SECONDS = 3600;

/** Elysia's types don't see a parameter that follows other text in its part of the path. */
const withTail = { params: z.object({ channel: z.string(), tail: z.string() }) };
const withFilm = { params: z.object({ channel: z.string(), film: z.string() }) };
const withDateAndFilm = { params: z.object({ channel: z.string(), date: z.string(), film: z.string() }) };
const withDateAndTail = { params: z.object({ channel: z.string(), date: z.string(), tail: z.string() }) };

/** The least target duration that is asked for, in seconds. Throws `bad-request`. */
function targetParameter(query: URLSearchParams): number | undefined {
  const given = query.get("target-duration");
  if (given === null || given === "") return undefined;
  const seconds = /^\d{1,5}$/.test(given) ? Number(given) : 0;
  if (seconds >= 1 && seconds <= MOST_TARGET_SECONDS) return seconds;
  throw badParameter("target-duration", given.slice(0, 40), `whole seconds from 1 to ${MOST_TARGET_SECONDS}`);
}

/** A date of a query. Throws `bad-request`. */
function dateParameter(query: URLSearchParams): LocalDate | undefined {
  const given = query.get("date");
  if (given === null || given === "") return undefined;
  try {
    if (/^\d{4}-\d{2}-\d{2}$/.test(given))
      return Temporal.PlainDate.from(given, { overflow: "reject" }).toString();
  } catch {
    // Falls through to the refusal: no such day.
  }
  throw badParameter("date", given.slice(0, 40), "a date such as 2026-11-20");
}

/**
 * A part of an address that has to be a date, padded or not, as where files are sent to. Throws `not-found`, as there
 * is nothing else at such an address.
 */
function dateOfAddress(text: string): LocalDate {
  const [, year, month, day] = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text)?.map(Number) ?? [];
  try {
    if (year !== undefined && month !== undefined && day !== undefined)
      return Temporal.PlainDate.from({ year, month, day }, { overflow: "reject" }).toString();
  } catch {
    // Falls through: no such day.
  }
  throw notFound("There is nothing at this address", [
    "Addresses of dates look like /2026-11-20/playlist.m3u8",
  ]);
}

/** Playlists of dates and the files of dates, as date folders with uploads had them; for all channels. */
export function dateRoutes(deps: PlaybackDeps, lists: Lists, answers: PlaylistAnswers) {
  const { footage, clock } = deps;

  /** The newest date with footage. Throws `not-found` before there is any. */
  const newestDate = (channel: FootageChannel): LocalDate => {
    const fromMs = clock.nowMs() + DAY_MS;
    const { before } = nearestSpans(footage, channel.id, { fromMs, toMs: fromMs + 1 });
    const endMs = before?.endMs ?? footage.newest(channel.id, 1).at(-1)?.endMs;
    if (endMs === undefined) throw nothingYet(footage, channel);
    return localDateOf(endMs - 1, channel.zone);
  };

  const dayList = (request: Request, channel: FootageChannel, date: LocalDate): Response =>
    answers.hls(request, channel, () => lists.day(channel, date));

  const php = (request: Request): Response => {
    const url = new URL(request.url);
    const query = url.searchParams;
    const name = query.get("channel");
    const channel = name ? channelOf(footage, name) : datesChannelOf(deps);
    const date = dateParameter(query);
    const isLive = flagParameter(query, "live");
    const leastTargetSeconds = targetParameter(query);
    if (wantsDownload(query)) return downloadAnswer(request, channel.id, deps.publicUrl);
    if (date === undefined) {
      query.set("date", newestDate(channel));
      // Relative to the address itself, behind whatever proxy.
      const headers = { location: `?${query.toString()}`, "cache-control": "no-store" };
      return new Response(null, { status: 302, headers });
    }
    dateOfDay(date, channel.zone, clock.nowMs());
    return answers.hls(request, channel, (): List => {
      const list = isLive ? lists.since(channel, date) : lists.day(channel, date);
      return leastTargetSeconds === undefined ? list : { ...list, leastTargetSeconds };
    });
  };

  const file = (request: Request, channel: FootageChannel, date: string, name: string) =>
    rawFile(request, footage, channel, rawFileNamed(footage, channel, dateOfAddress(date), name));

  const parameters = {
    date: "YYYY-MM-DD; without it, the answer leads to the newest one",
    live: "1: on through the following days, open at the end",
    channel: "A channel's id; by default the channel that dates without one mean",
    "target-duration": "The least EXT-X-TARGETDURATION, in seconds",
    ...longHlsQuery,
  };

  return new Elysia({ name: "dates" })
    .get("/playlist.php", ({ request }) => php(request), viewer("A date, HLS", parameters))
    .get("/playlist", ({ request }) => php(request), viewer("The same under another name", parameters))
    .get(
      "/live/playlist.m3u8",
      ({ request }) => {
        const channel = datesChannelOf(deps);
        return answers.hls(request, channel, () => lists.since(channel, newestDate(channel)));
      },
      viewer("The newest date of the default channel, and on, HLS", longHlsQuery),
    )
    .get(
      "/:channel/playlist.m3u8",
      ({ params, request }) => dayList(request, datesChannelOf(deps), dateOfAddress(params.channel)),
      viewer("A date of the default channel, HLS: /<date>/playlist.m3u8", longHlsQuery),
    )
    .get(
      "/:channel/:date/playlist.m3u8",
      ({ params, request }) => {
        const channel = channelOf(footage, params.channel);
        return dayList(request, channel, dateOfAddress(params.date));
      },
      viewer("A date, HLS", longHlsQuery),
    )
    .get(
      "/:channel/video_:tail",
      ({ params, request }) => file(request, datesChannelOf(deps), params.channel, `video_${params.tail}`),
      { ...withTail, ...media("A file of the default channel as it is: /<date>/video_<HHMMSS>.ts or .mp4") },
    )
    .get(
      "/:channel/:date/video_:tail",
      ({ params, request }) =>
        file(request, channelOf(footage, params.channel), params.date, `video_${params.tail}`),
      { ...withDateAndTail, ...media("A file as it is: video_<HHMMSS>.ts or .mp4") },
    )
    .get(
      "/:channel/VIDEO_:tail",
      ({ params, request }) => file(request, datesChannelOf(deps), params.channel, `video_${params.tail}`),
      { ...withTail, ...otherCase },
    )
    .get(
      "/:channel/:date/VIDEO_:tail",
      ({ params, request }) =>
        file(request, channelOf(footage, params.channel), params.date, `video_${params.tail}`),
      { ...withDateAndTail, ...otherCase },
    )
    .get(
      "/:channel/video.mp4",
      ({ params, request }) => file(request, datesChannelOf(deps), params.channel, "video.mp4"),
      media("A converted date of the default channel: /<date>/video.mp4"),
    )
    .get(
      "/:channel/:date/video.mp4",
      ({ params, request }) => file(request, channelOf(footage, params.channel), params.date, "video.mp4"),
      media("A converted date"),
    )
    .get(
      "/:channel/video-:film",
      ({ params, request }) => file(request, datesChannelOf(deps), params.channel, `video-${params.film}`),
      {
        ...withFilm,
        ...media("Further films of a converted date: /<date>/video-2.mp4, and their checksums"),
      },
    )
    .get(
      "/:channel/:date/video-:film",
      ({ params, request }) =>
        file(request, channelOf(footage, params.channel), params.date, `video-${params.film}`),
      { ...withDateAndFilm, ...media("Further films of a converted date: video-2.mp4, and their checksums") },
    )
    .get(
      "/:channel/video.mp4.sha512sum",
      ({ params, request }) => file(request, datesChannelOf(deps), params.channel, "video.mp4.sha512sum"),
      media("Its checksum: /<date>/video.mp4.sha512sum"),
    )
    .get(
      "/:channel/:date/video.mp4.sha512sum",
      ({ params, request }) =>
        file(request, channelOf(footage, params.channel), params.date, "video.mp4.sha512sum"),
      media("Its checksum, in the format of sha512sum"),
    );
}
