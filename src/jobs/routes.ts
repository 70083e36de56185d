import { Elysia } from "elysia";
import { identityOf } from "../access/identity.ts";
import { access, roles } from "../access/policy.ts";
import { badParameter, notFound } from "../platform/errors.ts";
import { jobKinds, jobStates, type Job, type JobFilter, type Jobs, type JobState } from "./job-kind.ts";
import type { Schedules } from "./schedules.ts";

export type JobRoutesDeps = { jobs: Jobs; schedules: Pick<Schedules, "list"> };

const fresh = { "cache-control": "no-store" };
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;
/** Longest number of a job that is read as one. */
const ID = /^[1-9]\d{0,14}$/;

/** The job that an address names. Throws `not-found`. */
export function jobOf(jobs: Jobs, id: string): Job {
  const job = ID.test(id) ? jobs.get(Number(id)) : undefined;
  if (!job) {
    throw notFound(`There is no job ${JSON.stringify(id.slice(0, 40))}`, [
      "Jobs that ended some weeks ago are forgotten",
    ]);
  }
  return job;
}

/**
 * A job for programs. What it is to do is told by its title alone, and its result by the address that shows it: neither
 * is anybody's business in the form in which it is stored.
 */
export function jobJson(job: Job, request: Request) {
  const identity = identityOf(request);
  const maySeeWho = identity !== undefined && roles.indexOf(identity.role) >= roles.indexOf("operator");
  const { id, kind, title, state, progress, note, attempt, createdMs, notBeforeMs } = job;
  return {
    id,
    kind,
    channel: job.channel ?? null,
    title,
    state,
    progress,
    note,
    leftMs: job.leftMs ?? null,
    error: job.error ?? null,
    link: job.link ?? null,
    deleted: job.isDeleted ?? false,
    attempt,
    ...(maySeeWho ? { who: job.who } : {}),
    createdMs,
    notBeforeMs,
    startedMs: job.startedMs ?? null,
    endedMs: job.endedMs ?? null,
  };
}

function statesOf(text: string | undefined): JobState[] | undefined {
  if (text === undefined || text === "") return undefined;
  return text.split(",").map((name) => {
    const state = jobStates.find((known) => known === name);
    if (state === undefined) throw badParameter("state", text.slice(0, 80), `some of ${jobStates.join(",")}`);
    return state;
  });
}

function limitOf(text: string | undefined): number {
  if (text === undefined || text === "") return DEFAULT_LIMIT;
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MAX_LIMIT)
    throw badParameter("limit", text.slice(0, 40), `a whole number from 1 to ${MAX_LIMIT}`);
  return limit;
}

function beforeOf(text: string | undefined): { before?: number } {
  if (text === undefined || text === "") return {};
  if (ID.test(text)) return { before: Number(text) };
  throw badParameter("before", text.slice(0, 40), "the number of a job");
}

function filterOf(query: Record<string, string | undefined>): JobFilter {
  const { kind: wanted, channel } = query;
  const kind = jobKinds.find((known) => known === wanted);
  if (kind === undefined && wanted !== undefined && wanted !== "") {
    throw badParameter("kind", wanted.slice(0, 40), `one of ${jobKinds.join(", ")}`);
  }
  const states = statesOf(query["state"]);
  return {
    ...(kind === undefined ? {} : { kind }),
    ...(channel === undefined || channel === "" ? {} : { channel }),
    ...(states === undefined ? {} : { states }),
  };
}

const tags = ["jobs"];

/** `/api/jobs`: what waits, runs and has ended; cancelled and begun anew. */
export const jobRoutes = ({ jobs, schedules }: JobRoutesDeps) =>
  new Elysia({ name: "jobs" })
    .get(
      "/api/jobs",
      ({ query, request }) => {
        const filter = filterOf(query);
        const page = { ...beforeOf(query["before"]), limit: limitOf(query["limit"]) };
        const found = jobs.list({ ...filter, ...page }).map((job) => jobJson(job, request));
        return Response.json({ jobs: found, total: jobs.count(filter) }, { headers: fresh });
      },
      access("viewer", {
        summary: "Jobs, the newest first",
        description:
          "total counts all that are chosen by state, kind and channel, whatever before and limit say.",
        tags,
        query: {
          state: `Some of ${jobStates.join(",")}; by default all`,
          kind: `One of ${jobKinds.join(", ")}`,
          channel: "Id of a channel",
          before: "Only jobs with a smaller number: the last one of the page before",
          limit: `How many at most, 1 to ${MAX_LIMIT}; ${DEFAULT_LIMIT} by default`,
        },
      }),
    )
    .get(
      "/api/jobs/:job",
      ({ params, request }) => Response.json(jobJson(jobOf(jobs, params.job), request), { headers: fresh }),
      access("viewer", {
        summary: "One job: its state, how far it is, and the time left",
        description:
          "progress goes from 0 to 1; leftMs is null while it can't be told. link shows what came of it, and is null when that was deleted.",
        tags,
      }),
    )
    .post(
      "/api/jobs/:job/cancel",
      async ({ params, request }) => {
        const job = await jobs.cancel(jobOf(jobs, params.job).id);
        return Response.json(jobJson(job, request), { headers: fresh });
      },
      {
        parse: "none",
        ...access("operator", {
          summary: "Cancel a job that waits or runs",
          description: "Answers once it has ended, or after 10 s. 409 when it had ended before.",
          tags,
        }),
      },
    )
    .post(
      "/api/jobs/:job/retry",
      ({ params, request }) =>
        Response.json(jobJson(jobs.retry(jobOf(jobs, params.job).id), request), { headers: fresh }),
      {
        parse: "none",
        ...access("operator", {
          summary: "Begin a failed or cancelled job anew, with what it had done",
          description: "409 when it is neither, or when the same is being done by another job.",
          tags,
        }),
      },
    )
    .get(
      "/api/schedules",
      () => Response.json({ schedules: schedules.list() }, { headers: fresh }),
      access("viewer", { summary: "What is done by the clock, and when next", tags }),
    );
