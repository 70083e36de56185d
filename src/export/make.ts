import { clipKind } from "./clip-kind.ts";
import type { ClipMakerDeps } from "./make-clip.ts";
import { exportRoutes, type ExportRoutesDeps } from "./routes.ts";

/** Registers clips with the queue, and answers their routes. */
export function makeExport(deps: ExportRoutesDeps & ClipMakerDeps): ReturnType<typeof exportRoutes> {
  deps.jobs.register(clipKind(deps));
  return exportRoutes(deps);
}
