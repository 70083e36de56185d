import type { Footage, FootageChannel } from "../archive/footage.ts";
import { noFfmpeg } from "../export/encoder.ts";
import type { Job, Jobs } from "../jobs/job-kind.ts";
import type { Clock } from "../platform/clock.ts";
import { NightjarError, notFound } from "../platform/errors.ts";
import { findTool } from "../platform/process.ts";
import { daySpanMs } from "../platform/zone.ts";
import { readRequest, type TimelapseFields } from "./read-request.ts";
import { workKey } from "./timelapse-request.ts";

export type AddDeps = { footage: Footage; jobs: Jobs; clock: Clock };

/** More than this many wait for nobody, but for a program that asks in a loop; days that are made up for don't count. */
const MOST_WAITING = 40;

/**
 * Adds the job for a timelapse that somebody asks for. Throws `bad-request`, `not-found` when nothing was recorded then,
 * `too-many-requests`, `unavailable` without ffmpeg.
 */
export function addTimelapse(
  { footage, jobs, clock }: AddDeps,
  channel: FootageChannel,
  fields: TimelapseFields,
  who: string,
): Job {
  const payload = readRequest(channel, fields, clock.nowMs());
  const { startMs, endMs } = "date" in payload ? daySpanMs(payload.date, channel.zone) : payload;
  if (footage.recordings(channel.id, startMs, endMs).length === 0)
    throw notFound(`Nothing of ${channel.name} was recorded then`);
  if (findTool("ffmpeg") === undefined) throw noFfmpeg();
  const waiting = jobs.list({ kind: "timelapse", states: ["queued"], limit: 1000 });
  if (waiting.filter((job) => job.who !== "").length >= MOST_WAITING)
    throw new NightjarError("too-many-requests", `${MOST_WAITING} timelapses are waiting already`, {
      retryAfterSeconds: 60,
    });
  return jobs.add({ kind: "timelapse", channel: channel.id, payload, workKey: workKey(payload), who });
}
