import { Elysia } from "elysia";
import { z } from "zod";
import { access } from "../access/policy.ts";
import { badParameter } from "../platform/errors.ts";
import { holdReload } from "./blocking-reload.ts";
import type { DashAnswers } from "./dash-answers.ts";
import { channelOf, type PlaybackDeps } from "./deps.ts";
import { IntervalFiles } from "./interval-files.ts";
import type { Lists } from "./lists.ts";
import { masterAnswer } from "./master.ts";
import type { PlaylistAnswers } from "./playlist-answers.ts";
import { hlsQuery, liveHlsQuery, longHlsQuery } from "./query-docs.ts";
import { addressInterval } from "./time-parameters.ts";

const viewer = (summary: string, query: Readonly<Record<string, string>> = {}) =>
  access("viewer", { summary, tags: ["playback"], query });

const LIVE = "Live, HLS; with ?parts=1 low-latency HLS";

/** Elysia's types don't see a parameter that follows other text in its part of the path. */
const withTail = { params: z.object({ channel: z.string(), tail: z.string() }) };

/** Live, day and interval playlists below a channel's own address. */
export function playlistRoutes(
  deps: PlaybackDeps,
  lists: Lists,
  answers: PlaylistAnswers,
  dash: DashAnswers,
) {
  const { footage, clock } = deps;
  const files = new IntervalFiles(deps, lists);

  const live = async (request: Request, id: string) => {
    const channel = channelOf(footage, id);
    await holdReload(deps, request, channel, () => lists.live(channel));
    return answers.hls(request, channel, () => lists.live(channel));
  };

  /** `<from>-<duration|now>.m3u8`, `.mpd`, `.mp4` or `.ts`. */
  const interval = (request: Request, id: string, text: string) => {
    const channel = channelOf(footage, id);
    const [, times, type] = /^(.*)\.(m3u8|mpd|mp4|ts)$/.exec(text) ?? [];
    if (times === undefined)
      throw badParameter("interval", text.slice(0, 60), "<from>-<duration or now>.m3u8, .mpd, .mp4 or .ts");
    if (type === "mp4" || type === "ts") return files.answer(request, channel, times, type);
    const asked = addressInterval(times, clock.nowMs());
    const list = () => lists.interval(channel, asked);
    return type === "mpd" ? dash.dash(request, channel, times, list) : answers.hls(request, channel, list);
  };

  /** `<from>.m3u8`: from then on, played later than it happens. */
  const timeshift = (
    request: Request,
    id: string,
    name: string,
    text: string,
    fromOf: (seconds: number) => number,
  ) => {
    const channel = channelOf(footage, id);
    const [, seconds] = /^(\d{1,12})\.m3u8$/.exec(text) ?? [];
    if (seconds === undefined) throw badParameter(name, text.slice(0, 60), "<whole seconds>.m3u8");
    const asked = addressInterval(`${fromOf(Number(seconds))}-now`, clock.nowMs());
    return answers.hls(request, channel, () => lists.interval(channel, asked));
  };

  return new Elysia({ name: "playlists" })
    .get(
      "/:channel/live.m3u8",
      ({ params, request }) => live(request, params.channel),
      viewer(LIVE, liveHlsQuery),
    )
    .get(
      "/:channel/index.m3u8",
      ({ params, request }) => live(request, params.channel),
      viewer(LIVE, liveHlsQuery),
    )
    .get(
      "/:channel/master.m3u8",
      ({ params, request }) => masterAnswer(deps, lists, request, channelOf(footage, params.channel)),
      viewer("Live with its variants, HLS", hlsQuery),
    )
    .get(
      "/:channel/stream/:day/playlist.m3u8",
      ({ params, request }) => {
        const channel = channelOf(footage, params.channel);
        const list = () => (params.day === "today" ? lists.today(channel) : lists.day(channel, params.day));
        return answers.hls(request, channel, list);
      },
      viewer("A day, HLS: today, 0 (the latest Monday) to 6, or a date", longHlsQuery),
    )
    .get("/:channel/archive-:tail", ({ params, request }) => interval(request, params.channel, params.tail), {
      ...withTail,
      ...viewer(
        "An interval in Unix seconds, HLS, DASH, MP4 or MPEG-TS: archive-<from>-<duration|now>.m3u8|.mpd|.mp4|.ts",
        longHlsQuery,
      ),
    })
    .get("/:channel/index-:tail", ({ params, request }) => interval(request, params.channel, params.tail), {
      ...withTail,
      ...viewer("The same under another name", longHlsQuery),
    })
    .get(
      "/:channel/timeshift_abs-:tail",
      ({ params, request }) => timeshift(request, params.channel, "from", params.tail, (seconds) => seconds),
      { ...withTail, ...viewer("From a time on, HLS: timeshift_abs-<from>.m3u8", longHlsQuery) },
    )
    .get(
      "/:channel/timeshift_rel-:tail",
      ({ params, request }) =>
        timeshift(request, params.channel, "ago", params.tail, (ago) =>
          Math.max(0, Math.floor(clock.nowMs() / 1000) - Math.max(1, ago)),
        ),
      {
        ...withTail,
        ...viewer("From so many seconds ago on, HLS: timeshift_rel-<seconds>.m3u8", longHlsQuery),
      },
    );
}
