import { filmLink, isFilmDeleted } from "../clips/film-link.ts";
import type { JobKind } from "../jobs/job-kind.ts";
import { dateWords, timeWords } from "../status/words.ts";
import { makeMoment, type MomentMakerDeps, type MomentResult } from "./moment-maker.ts";
import { momentRequest, windowOf, type MomentRequest } from "./moment-request.ts";

/** As many may wait for their pictures at once as anybody asks for; how many are encoded at once is bounded elsewhere. */
const AT_ONCE = 20;

/** Moments as jobs: light, as somebody waits for each. */
export const momentKind = (deps: MomentMakerDeps): JobKind<MomentRequest, MomentResult> => ({
  name: "moment",
  payload: momentRequest,
  isHeavy: false,
  atOnce: AT_ONCE,
  title(request) {
    const zone = deps.footage.channel(request.channel)?.zone ?? "UTC";
    const { startMs } = windowOf(request);
    return `Moment of ${request.lengthSeconds} s, ${timeWords(startMs, zone)}, ${dateWords(startMs, zone)}`;
  },
  link: (_, result) => filmLink(result),
  isDeleted: (result) => isFilmDeleted(deps.clips, result),
  run: (request, job) => makeMoment(deps, request, job),
});
