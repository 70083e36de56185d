import { Elysia } from "elysia";
import type { PlaybackDeps } from "./deps.ts";
import { mediaRoutes } from "./media-routes.ts";
import { PlaylistAnswers } from "./playlist-answers.ts";
import { playlistRoutes } from "./playlist-routes.ts";
import { pvrRoutes } from "./pvr-routes.ts";

export type { PlaybackDeps } from "./deps.ts";

/** Everything that plays recorded footage: playlists, manifests, and the bytes that they name. */
export function playback(deps: PlaybackDeps) {
  const answers = new PlaylistAnswers(deps);
  return new Elysia({ name: "playback" })
    .use(mediaRoutes(deps))
    .use(playlistRoutes(deps, answers))
    .use(pvrRoutes(deps, answers));
}
