import type { JobKind } from "../jobs/job-kind.ts";
import { filmLink, isFilmDeleted } from "../clips/film-link.ts";
import { spanWords } from "../status/words.ts";
import { clipRequest, type ClipRequest } from "./clip-request.ts";
import { makeClip, type ClipMakerDeps, type ClipResult } from "./make-clip.ts";

/** Clips as jobs: somebody waits for each, so they begin by day too, but one at a time and with what others leave. */
export const clipKind = (deps: ClipMakerDeps): JobKind<ClipRequest, ClipResult> => ({
  name: "clip",
  payload: clipRequest,
  isHeavy: false,
  atOnce: 1,
  title({ channel, startMs, endMs }) {
    const zone = deps.footage.channel(channel)?.zone ?? "UTC";
    return `Clip from ${spanWords({ startMs, endMs }, zone)}`;
  },
  link: (_, result) => filmLink(result),
  isDeleted: (result) => isFilmDeleted(deps.clips, result),
  run: (request, job) => makeClip(deps, request, job),
});
