import type { JobKind } from "../jobs/job-kind.ts";
import { filmLink, isFilmDeleted } from "../clips/film-link.ts";
import { isoOf } from "../platform/zone.ts";
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
    const text = (ms: number) => isoOf(ms, zone).slice(0, 19).replace("T", " ");
    const [from, to] = [text(startMs), text(endMs)];
    return `Clip from ${from} to ${from.slice(0, 10) === to.slice(0, 10) ? to.slice(11) : to}`;
  },
  link: (_, result) => filmLink(result),
  isDeleted: (result) => isFilmDeleted(deps.clips, result),
  run: (request, job) => makeClip(deps, request, job),
});
