import { Elysia } from "elysia";
import { access } from "../access/policy.ts";
import type { FootageChannel } from "../archive/footage.ts";
import { recordedSeconds } from "./coverage.ts";
import { channelOf, type PlaybackDeps } from "./deps.ts";
import type { Lists } from "./lists.ts";
import { intervalQuery } from "./query-docs.ts";
import { recordedStatusInterval, timelinesInterval } from "./time-parameters.ts";
import { timelineEntries, type TimelineEntry } from "./timelines.ts";

const viewer = (summary: string, query: Readonly<Record<string, string>> = {}) =>
  access("viewer", { summary, tags: ["playback"], query });

const json = (body: unknown): Response => Response.json(body, { headers: { "cache-control": "no-store" } });

const seconds = (ms: number): number => Math.floor(ms / 1000);

/** What there is to play: spans as Flussonic's clients read them, and timelines for players that need them apart. */
export function coverageRoutes(deps: PlaybackDeps, lists: Lists) {
  const { footage, clock } = deps;

  const status = (request: Request, channel: FootageChannel): Response => {
    const interval = recordedStatusInterval(new URL(request.url).searchParams, clock.nowMs());
    const ranges = recordedSeconds(footage, channel.id, interval).map(({ startMs, endMs }) => ({
      from: seconds(startMs),
      duration: Math.max(1, seconds(endMs) - seconds(startMs)),
    }));
    return json([{ stream: channel.id, ranges }]);
  };

  const timelines = (request: Request, channel: FootageChannel): TimelineEntry[] => {
    const query = new URL(request.url).searchParams;
    const day = query.get("day");
    if (day !== null && day !== "") {
      const list = day === "today" ? lists.today(channel) : lists.day(channel, day);
      return timelineEntries(
        list.stretches,
        channel,
        (timeline) => `/${channel.id}/stream/${day}/playlist.m3u8?timeline=${timeline}`,
      );
    }
    const nowMs = clock.nowMs();
    const interval = timelinesInterval(query, channel.zone, nowMs);
    const [from, to] = [seconds(interval.fromMs), Math.ceil(interval.toMs / 1000)];
    const { stretches } = lists.interval(channel, { ...interval, isOpen: interval.toMs > nowMs });
    return timelineEntries(
      stretches,
      channel,
      (timeline) => `/${channel.id}/archive-${from}-${to - from}.m3u8?timeline=${timeline}`,
    );
  };

  return new Elysia({ name: "coverage" })
    .get(
      "/:channel/recording_status.json",
      ({ params, request }) => status(request, channelOf(footage, params.channel)),
      viewer("Recorded spans in Unix seconds, as Flussonic tells them", {
        from: "Begin in Unix seconds; all that is there without it",
        to: "End, the same, or now",
      }),
    )
    .get(
      "/api/channels/:channel/timelines",
      ({ params, request }) => json(timelines(request, channelOf(footage, params.channel))),
      viewer("Timelines of an interval or a day, each with codecs, span and playlist", {
        day: "today, 0 (the latest Monday) to 6, or a date; in place of from",
        ...intervalQuery,
      }),
    );
}
