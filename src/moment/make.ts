import { momentKind } from "./moment-kind.ts";
import type { MomentMakerDeps } from "./moment-maker.ts";
import { MomentNames } from "./moment-names.ts";
import { momentRoutes, type MomentRoutesDeps } from "./routes.ts";
import { MomentSlots } from "./moment-slots.ts";

/** Registers moments with the queue, and answers their routes. */
export function makeMoments(
  deps: MomentRoutesDeps & Omit<MomentMakerDeps, "names" | "slots">,
): ReturnType<typeof momentRoutes> {
  const { clips, clock, jobs } = deps;
  jobs.register(momentKind({ ...deps, names: new MomentNames(clips), slots: new MomentSlots(clock) }));
  return momentRoutes(deps);
}
