import { Elysia } from "elysia";
import { coverageRoutes } from "./coverage-routes.ts";
import { DashAnswers } from "./dash-answers.ts";
import { dashRoutes } from "./dash-routes.ts";
import type { PlaybackDeps } from "./deps.ts";
import { mediaRoutes } from "./media-routes.ts";
import { partRoutes } from "./part-routes.ts";
import { PlaylistAnswers } from "./playlist-answers.ts";
import { playlistRoutes } from "./playlist-routes.ts";
import { pvrRoutes } from "./pvr-routes.ts";
import { recordingRoutes } from "./recording-routes.ts";

export type { PlaybackDeps } from "./deps.ts";

/** Everything that plays recorded footage: playlists, manifests, and the bytes that they name. */
export function playback(deps: PlaybackDeps) {
  const answers = new PlaylistAnswers(deps);
  const dash = new DashAnswers(deps);
  return new Elysia({ name: "playback" })
    .use(mediaRoutes(deps))
    .use(recordingRoutes(deps))
    .use(partRoutes(deps))
    .use(playlistRoutes(deps, answers, dash))
    .use(dashRoutes(deps, dash))
    .use(coverageRoutes(deps))
    .use(pvrRoutes(deps, answers, dash));
}
