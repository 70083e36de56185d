import { Elysia } from "elysia";
import { access } from "../access/policy.ts";
import type { FootageChannel } from "../archive/footage.ts";
import { channelList } from "../media/m3u8.ts";
import { badParameter, notFound } from "../platform/errors.ts";
import { metadataEntries } from "./coverage.ts";
import type { DashAnswers } from "./dash-answers.ts";
import { baseAddress, channelOf, defaultChannelOf, type PlaybackDeps } from "./deps.ts";
import type { Lists } from "./lists.ts";
import { downloadAnswer, textAnswer, wantsDownload, type PlaylistAnswers } from "./playlist-answers.ts";
import { hlsQuery, pvrQuery } from "./query-docs.ts";
import { intervalParameters, zoneParameter } from "./time-parameters.ts";

const viewer = (summary: string, query: Readonly<Record<string, string>> = {}) =>
  access("viewer", { summary, tags: ["playback"], query });

const namedQuery = { channel_name: "Id of a channel; the default channel without it" };
const gapsQuery = { gaps: "1: with the gaps and their reasons" };

function channelEntry(deps: PlaybackDeps, base: string, channel: FootageChannel) {
  const keepDays = deps.keepDays?.(channel.id);
  const days =
    keepDays === undefined ? [] : ([["catchup-days", String(Math.max(1, Math.ceil(keepDays)))]] as const);
  return {
    name: channel.name,
    // Players put `-<from>-<duration>` behind `index`, or replace it by `timeshift_abs-<from>`.
    uri: `${base}/${channel.id}/index.m3u8`,
    attributes: [
      ["tvg-id", channel.id],
      ["tvg-name", channel.name],
      ["catchup", "flussonic"],
      ...days,
      ["catchup-source", `${base}/${channel.id}/archive-{utc}-{duration}.m3u8`],
    ] as const,
  };
}

/** Spans are few where segments are many, so they are told of more than a list holds. */
const MAX_METADATA_DAYS = 31;

/** Addresses of HLS PVR and of IPTV players: intervals by date and time, what is there, a list of channels. */
export function pvrRoutes(deps: PlaybackDeps, lists: Lists, answers: PlaylistAnswers, dash: DashAnswers) {
  const { footage, clock } = deps;

  const zoneOf = (channel: FootageChannel): string => (deps.naiveTimes === "utc" ? "UTC" : channel.zone);

  const streamer = (request: Request, id: string, type: "m3u8" | "mpd" = "m3u8") => {
    const channel = channelOf(footage, id);
    const query = new URL(request.url).searchParams;
    if (wantsDownload(query)) return downloadAnswer(request, channel.id, deps.publicUrl);
    const interval = intervalParameters(query, zoneOf(channel), clock.nowMs());
    const list = () => lists.interval(channel, { ...interval, isOpen: false });
    return type === "mpd"
      ? dash.dash(request, channel, "interval", list)
      : answers.hls(request, channel, list);
  };

  const metadata = (request: Request, channel: FootageChannel) => {
    const query = new URL(request.url).searchParams;
    const nowMs = clock.nowMs();
    const interval = intervalParameters(query, zoneOf(channel), nowMs, MAX_METADATA_DAYS);
    const gaps = query.get("gaps") ?? "0";
    if (gaps !== "0" && gaps !== "1") throw badParameter("gaps", gaps.slice(0, 40), "1 or 0");
    const options = { zone: zoneParameter(query, zoneOf(channel)), hasGaps: gaps === "1", nowMs };
    const headers = { "cache-control": "no-store" };
    return Response.json(metadataEntries(footage, channel.id, interval, options), { headers });
  };

  /** The channel that `channel_name=` names. */
  const named = (request: Request): FootageChannel | undefined => {
    const name = new URL(request.url).searchParams.get("channel_name");
    return name === null || name === "" ? undefined : channelOf(footage, name);
  };

  return new Elysia({ name: "pvr" })
    .get(
      "/streamer/GetNPVRPlayList",
      ({ request }) => streamer(request, (named(request) ?? defaultChannelOf(deps)).id),
      viewer("An interval by date and time, HLS", { ...namedQuery, ...pvrQuery, ...hlsQuery }),
    )
    .get(
      "/streamer/:channel",
      ({ params, request }) => {
        const [, id, type] = /^(.+)\.(m3u8|mpd)$/.exec(params.channel) ?? [];
        if (id === undefined)
          throw notFound("There is nothing at this address", [
            "Playlists: /streamer/<channel>.m3u8?startTime= or .mpd",
          ]);
        return streamer(request, id, type === "mpd" ? "mpd" : "m3u8");
      },
      viewer("An interval by date and time, HLS or DASH: /streamer/<channel>.m3u8 or .mpd", {
        ...pvrQuery,
        ...hlsQuery,
      }),
    )
    .get(
      "/streamer/:channel/metadata",
      ({ params, request }) => metadata(request, channelOf(footage, params.channel)),
      viewer("Recorded spans of an interval", { ...pvrQuery, ...gapsQuery }),
    )
    .get(
      "/metadata",
      ({ request }) => metadata(request, named(request) ?? defaultChannelOf(deps)),
      viewer("Recorded spans of an interval, of the channel named by channel_name", {
        ...namedQuery,
        ...pvrQuery,
        ...gapsQuery,
      }),
    )
    .get(
      "/playlist.m3u",
      ({ request }) => {
        const base = baseAddress(request, deps.publicUrl);
        const text = channelList(footage.channels().map((channel) => channelEntry(deps, base, channel)));
        return textAnswer(request, text, "audio/x-mpegurl; charset=utf-8", true);
      },
      viewer("All channels as an M3U with catch-up"),
    );
}
