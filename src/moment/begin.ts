import type { Footage, FootageChannel } from "../archive/footage.ts";
import { nothingYet } from "../archive/nothing-yet.ts";
import { noFfmpeg } from "../export/encoder.ts";
import type { Job, Jobs } from "../jobs/job-kind.ts";
import type { Clock } from "../platform/clock.ts";
import { NightjarError } from "../platform/errors.ts";
import { findTool } from "../platform/process.ts";
import { lengthAndDelay } from "./moment-request.ts";

export type BeginMomentDeps = { footage: Footage; clock: Clock; jobs: Jobs };

/** More than this many are waited for by nobody, but asked for by a program in a loop. */
const MOST_WAITING = 60;

/**
 * Has a moment made, from now on. Throws `bad-request` for a length or delay out of range, `not-found` before anything was
 * recorded, `too-many-requests`, and `unavailable` without ffmpeg or
 * storage.
 */
export function beginMoment(
  { footage, clock, jobs }: BeginMomentDeps,
  channel: FootageChannel,
  { length, delay, who }: { length: string | undefined; delay: string | undefined; who: string },
): Job {
  const asked = lengthAndDelay(length, delay);
  if (findTool("ffmpeg") === undefined) throw noFfmpeg();
  if (footage.newest(channel.id, 1).length === 0) throw nothingYet(footage, channel);
  const waiting = jobs.list({ kind: "moment", states: ["queued", "running"], limit: MOST_WAITING });
  if (waiting.length >= MOST_WAITING)
    throw new NightjarError("too-many-requests", `${waiting.length} moments are being made already`, {
      retryAfterSeconds: 10,
    });
  const payload = { channel: channel.id, askedMs: clock.nowMs(), ...asked };
  return jobs.add({ kind: "moment", channel: channel.id, payload, who });
}
