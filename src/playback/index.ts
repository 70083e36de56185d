import { Elysia } from "elysia";
import { coverageRoutes } from "./coverage-routes.ts";
import { DashAnswers } from "./dash-answers.ts";
import { dashRoutes } from "./dash-routes.ts";
import { dateRoutes } from "./date-routes.ts";
import type { PlaybackDeps } from "./deps.ts";
import { Lists } from "./lists.ts";
import { mediaRoutes } from "./media-routes.ts";
import { partRoutes } from "./part-routes.ts";
import { PlaylistAnswers } from "./playlist-answers.ts";
import { playlistRoutes } from "./playlist-routes.ts";
import { pvrRoutes } from "./pvr-routes.ts";
import { recordingRoutes } from "./recording-routes.ts";

export type { PlaybackDeps } from "./deps.ts";

/** Everything that plays recorded footage: playlists, manifests, and the bytes that they name. */
export function playback(deps: PlaybackDeps) {
  const lists = new Lists(deps);
  const answers = new PlaylistAnswers(deps);
  const dash = new DashAnswers(deps);
  return new Elysia({ name: "playback" })
    .use(mediaRoutes(deps))
    .use(recordingRoutes(deps))
    .use(partRoutes(deps))
    .use(playlistRoutes(deps, lists, answers, dash))
    .use(dateRoutes(deps, lists, answers))
    .use(dashRoutes(deps, lists, dash))
    .use(coverageRoutes(deps, lists))
    .use(pvrRoutes(deps, lists, answers, dash));
}
