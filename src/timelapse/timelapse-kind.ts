import { filmNumber, isFilmDeleted } from "../clips/film-link.ts";
import type { JobKind } from "../jobs/job-kind.ts";
import { makeTimelapse, type TimelapseDeps, type TimelapseResult } from "./make-timelapse.ts";
import { requestTitle, timelapseRequest, type TimelapseRequest } from "./timelapse-request.ts";

/**
 * Timelapses as jobs, one after the other. Light ones: a day is done in less than a minute, by a process that everything
 * else goes before.
 */
export const timelapseKind = (deps: TimelapseDeps): JobKind<TimelapseRequest, TimelapseResult> => ({
  name: "timelapse",
  payload: timelapseRequest,
  isHeavy: false,
  atOnce: 1,
  title: (request) => requestTitle(request, deps.footage.channel(request.channel)?.zone ?? "UTC"),
  link({ channel }, result) {
    const film = filmNumber(result);
    return `/timelapses?channel=${channel}${film === undefined ? "" : `#timelapse-${film}`}`;
  },
  isDeleted: (result) => isFilmDeleted(deps.clips, result),
  run: (request, job) => makeTimelapse(deps, request, job),
});
