import { Elysia } from "elysia";
import { z } from "zod";
import { access } from "../access/policy.ts";
import type { Footage, FootageChannel } from "../archive/footage.ts";
import type { Jobs } from "../jobs/job-kind.ts";
import { jobJson } from "../jobs/routes.ts";
import { whoAsks } from "../jobs/who-asks.ts";
import { badParameter, notFound } from "../platform/errors.ts";
import type { Clock } from "../platform/clock.ts";
import { findTool } from "../platform/process.ts";
import { isoOf } from "../platform/zone.ts";
import { channelOf } from "../playback/deps.ts";
import { MAX_INTERVAL_MS, parseTime, zoneParameter } from "../playback/time-parameters.ts";
import { footageIn, type Window } from "./choose-footage.ts";
import { clipCodecs, clipRequest, type ClipRequest } from "./clip-request.ts";
import { noFfmpeg } from "./encoder.ts";
import { spanFacts } from "./span-facts.ts";

export type ExportRoutesDeps = { footage: Footage; clock: Clock; jobs: Jobs };

const fresh = { "cache-control": "no-store" };

const clipBody = z.strictObject({
  from: z.string().max(64),
  to: z.string().max(64),
  codec: z.enum(clipCodecs).default("h264"),
  height: clipRequest.shape.heightPixels,
  clock: z.boolean().default(false),
});

/** `[startMs, endMs)` of two times in a channel's zone. Throws `bad-request`. */
export function spanOf(zone: string, from: string, to: string, mostMs = Number.POSITIVE_INFINITY): Window {
  const startMs = parseTime("from", from, zone);
  const endMs = parseTime("to", to, zone);
  if (endMs <= startMs) throw badParameter("to", to.slice(0, 80), "a time after from");
  if (endMs - startMs > mostMs)
    throw badParameter("to", to.slice(0, 80), `at most ${mostMs / 86_400_000} days after from`);
  return { startMs, endMs };
}

/**
 * Has a clip made. Throws `bad-request` for what can't be one, and for a time that has not come yet; `not-found` when
 * nothing is kept of it; `unavailable` without ffmpeg.
 */
export function beginClip(
  { footage, clock, jobs }: ExportRoutesDeps,
  channel: FootageChannel,
  request: Omit<ClipRequest, "channel">,
  who: string,
) {
  if (findTool("ffmpeg") === undefined) throw noFfmpeg();
  if (request.endMs > clock.nowMs())
    throw badParameter("to", isoOf(request.endMs, channel.zone), "a time that is over");
  if (footageIn(footage, channel.id, request).length === 0)
    throw notFound(`Nothing is kept of ${channel.id} in this time`);
  return jobs.add({ kind: "clip", channel: channel.id, payload: { ...request, channel: channel.id }, who });
}

/** Spans of footage for programs: what they hold, and clips of them. */
export const exportRoutes = (deps: ExportRoutesDeps) =>
  new Elysia({ name: "export" })
    .get(
      "/api/channels/:channel/span",
      ({ params, request }) => {
        const channel = channelOf(deps.footage, params.channel);
        const query = new URL(request.url).searchParams;
        const zone = zoneParameter(query, channel.zone);
        const window = spanOf(zone, query.get("from") ?? "", query.get("to") ?? "", MAX_INTERVAL_MS);
        const { recordedMs, sizeBytes, holes, hasOneInit, downloads } = spanFacts(
          deps.footage,
          channel,
          window,
        );
        return Response.json(
          {
            recorded_seconds: recordedMs / 1000,
            size_bytes: sizeBytes,
            holes,
            one_file: hasOneInit,
            downloads,
          },
          { headers: fresh },
        );
      },
      access("viewer", {
        summary: "What a span of a channel holds: length, size, holes, and where it is downloaded",
        tags: ["clips"],
        query: { from: "Its begin, as at /<channel>/frame?at=", to: "Its end", tz: "Time zone of both" },
      }),
    )
    .post(
      "/api/channels/:channel/clips",
      ({ params, body, request }) => {
        const channel = channelOf(deps.footage, params.channel);
        const { from, to, codec, height, clock } = body;
        const span = spanOf(channel.zone, from, to);
        const wanted = {
          ...span,
          codec,
          hasClock: clock,
          ...(height === undefined ? {} : { heightPixels: height }),
        };
        const job = beginClip(deps, channel, wanted, whoAsks(request));
        return Response.json(
          { job: jobJson(job, request) },
          { status: 202, headers: { ...fresh, location: `/api/jobs/${job.id}` } },
        );
      },
      {
        body: clipBody,
        ...access("operator", {
          summary:
            "Have a clip made of a span of a channel, encoded anew and exact to one picture, or copied",
          description:
            "`codec`: `h264` (default), `h265` or `copy`; `height` in pixels; `clock`: whether the wall time is written into each picture. Answers 202 with the job.",
          tags: ["clips"],
        }),
      },
    );
