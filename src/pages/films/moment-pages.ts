import { Elysia } from "elysia";
import { h } from "preact";
import { MomentState, MomentTrouble, type MomentStateProps } from "../../../views/films/moment-part.tsx";
import { readForm } from "../../access/form.ts";
import { access } from "../../access/policy.ts";
import type { FootageChannel } from "../../archive/footage.ts";
import type { Clips } from "../../clips/clip.ts";
import { filmNumber } from "../../clips/film-link.ts";
import { clipAddress } from "../../clips/routes.ts";
import type { Job } from "../../jobs/job-kind.ts";
import { jobOf } from "../../jobs/routes.ts";
import { whoAsks } from "../../jobs/who-asks.ts";
import { beginMoment, type BeginMomentDeps } from "../../moment/begin.ts";
import { missingOf } from "../../moment/routes.ts";
import { NightjarError, notFound } from "../../platform/errors.ts";
import { channelOf } from "../../playback/deps.ts";
import { htmlFragment, wantsFragment } from "../html.ts";

export type MomentPagesDeps = BeginMomentDeps & { clips: Clips };

/** The button “Moment” of a channel's page, and what becomes of it. */
export function momentPages(deps: MomentPagesDeps) {
  const { footage, jobs, clips } = deps;
  const stateOf = (channel: string, job: Job): MomentStateProps => {
    const id = job.state === "done" ? filmNumber(job.result) : undefined;
    if (id === undefined || !clips.get(id)) return { channel, job };
    const missingMs = missingOf(job);
    const missing =
      missingMs > 0 ? `${(missingMs / 1000).toFixed(1)} s of it were not recorded, and are left out.` : "";
    return { channel, job, film: { id, missing, mp4: clipAddress(id, "mp4"), gif: clipAddress(id, "gif") } };
  };
  /** A moment that was begun, for the page: what can't be done is said where its progress would be. */
  const begun = (channel: FootageChannel, asked: Parameters<typeof beginMoment>[2]): Response => {
    try {
      return htmlFragment(h(MomentState, stateOf(channel.id, beginMoment(deps, channel, asked))));
    } catch (error) {
      if (!(error instanceof NightjarError) || error.kind === "internal") throw error;
      return htmlFragment(h(MomentTrouble, { words: `${[error.message, ...error.details].join(". ")}.` }));
    }
  };
  return new Elysia({ name: "moment-pages" })
    .post(
      "/-/moments/:channel",
      async ({ request, params }) => {
        const channel = channelOf(footage, params.channel);
        const form = await readForm(request);
        const who = whoAsks(request);
        const [length, delay] = [form.get("length") ?? undefined, form.get("delay") ?? undefined];
        if (wantsFragment(request)) return begun(channel, { length, delay, who });
        beginMoment(deps, channel, { length, delay, who });
        return new Response(null, {
          status: 303,
          headers: { location: "/jobs", "cache-control": "no-store" },
        });
      },
      { parse: "none", ...access("operator", { hide: true }) },
    )
    .get(
      "/-/moments/:channel/:job",
      ({ params }) => {
        const job = jobOf(jobs, params.job);
        if (job.kind !== "moment" || job.channel !== params.channel)
          throw notFound("There is no such moment");
        return htmlFragment(h(MomentState, stateOf(params.channel, job)));
      },
      access("viewer", { hide: true }),
    );
}
