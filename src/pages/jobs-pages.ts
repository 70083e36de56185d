import { Elysia } from "elysia";
import { h } from "preact";
import { JobsPage, JobsPart, type JobsPartProps } from "../../views/jobs/jobs-page.tsx";
import { identityOf } from "../access/identity.ts";
import { access, roles } from "../access/policy.ts";
import type { Footage } from "../archive/footage.ts";
import type { AgeingReport } from "../conversion/make.ts";
import type { Jobs } from "../jobs/job-kind.ts";
import { jobOf } from "../jobs/routes.ts";
import type { Schedules } from "../jobs/schedules.ts";
import { NightjarError } from "../platform/errors.ts";
import type { Clock } from "../platform/clock.ts";
import type { DailySpan } from "../platform/daily-span.ts";
import { htmlFragment, htmlPage, wantsFragment } from "./html.ts";
import type { SiteOf } from "./site.ts";

export type JobsPagesDeps = {
  site: SiteOf;
  jobs: Jobs;
  schedules: Pick<Schedules, "list">;
  clock: Clock;
  footage: Pick<Footage, "channel">;
  /** The time of day for heavy work. */
  window: () => DailySpan | undefined;
  /** Old days that are made smaller. */
  ageing?: () => AgeingReport;
};

/** Ended jobs that the page shows, and the most of those that wait; it says how many more there are. */
const ENDED = 50;
const WAITING = 200;
const ended = ["done", "failed", "cancelled"] as const;

const seeOther = (): Response =>
  new Response(null, { status: 303, headers: { location: "/jobs", "cache-control": "no-store" } });

/** `/jobs`: what waits, what runs, what has ended and how, and what is done by the clock. */
export function jobsPages({ site, jobs, schedules, clock, footage, window, ageing }: JobsPagesDeps) {
  const part = (request: Request, mistake?: string): JobsPartProps => {
    const identity = identityOf(request);
    return {
      zone: site(request).zone,
      nowMs: clock.nowMs(),
      running: jobs.list({ states: ["running"], isOldestFirst: true }),
      waiting: jobs.list({ states: ["queued"], isOldestFirst: true, limit: WAITING }),
      waitingCount: jobs.count({ states: ["queued"] }),
      ended: jobs.list({ states: ended, limit: ENDED }),
      endedCount: jobs.count({ states: ended }),
      mayChange: identity !== undefined && roles.indexOf(identity.role) >= roles.indexOf("operator"),
      channelName: (id) => footage.channel(id)?.name ?? id,
      window: window(),
      schedules: schedules.list(),
      ageing: ageing?.(),
      mistake,
    };
  };
  /** Changes a job; one that ended or began meanwhile is no error page, but said above the list. */
  const change = async (request: Request, work: () => unknown): Promise<Response> => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof NightjarError) || error.kind !== "conflict") throw error;
      const mistake = `${error.message}.`;
      if (wantsFragment(request)) return htmlFragment(h(JobsPart, part(request, mistake)));
      return htmlPage(h(JobsPage, { site: site(request), ...part(request, mistake) }), 409);
    }
    return wantsFragment(request) ? htmlFragment(h(JobsPart, part(request))) : seeOther();
  };
  return new Elysia({ name: "jobs-pages" })
    .get(
      "/jobs",
      ({ request }) =>
        wantsFragment(request)
          ? htmlFragment(h(JobsPart, part(request)))
          : htmlPage(h(JobsPage, { site: site(request), ...part(request) })),
      access("viewer", { hide: true }),
    )
    .post(
      "/-/jobs/:job/cancel",
      ({ params, request }) => change(request, () => jobs.cancel(jobOf(jobs, params.job).id)),
      { parse: "none", ...access("operator", { hide: true }) },
    )
    .post(
      "/-/jobs/:job/retry",
      ({ params, request }) => change(request, () => jobs.retry(jobOf(jobs, params.job).id)),
      { parse: "none", ...access("operator", { hide: true }) },
    );
}
