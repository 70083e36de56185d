import { Elysia } from "elysia";
import { isForeign } from "../access/origin.ts";
import { access } from "../access/policy.ts";
import { wantsHeadOnly } from "../access/head-requests.ts";
import { clipFile } from "../clips/clip-file.ts";
import type { Clip, Clips } from "../clips/clip.ts";
import { filmNumber } from "../clips/film-link.ts";
import type { Job } from "../jobs/job-kind.ts";
import { jobJson } from "../jobs/routes.ts";
import { whoAsks } from "../jobs/who-asks.ts";
import { badParameter, NightjarError, notFound } from "../platform/errors.ts";
import { channelOf } from "../playback/deps.ts";
import { beginMoment, type BeginMomentDeps } from "./begin.ts";
import { lengthAndDelay } from "./moment-request.ts";

export type MomentRoutesDeps = BeginMomentDeps & {
  clips: Clips;
  publicUrl?: string | undefined;
};

/** How long an old client is left waiting for its GIF; it gets the job then. */
const MOST_WAIT_MS = 120_000;

const fresh = { "cache-control": "no-store" };

/** `/2026/6/18/17/45/24`, padded or not, as the local time that names a moment. Throws `bad-request`. */
function localTimeOf(numbers: readonly string[]): string {
  const given = numbers.join("/").slice(0, 60);
  const wanted = () =>
    badParameter("time", given, "year/month/day/hour/minute/second, such as 2026/6/18/17/45/24");
  if (!numbers.every((text) => /^\d{1,4}$/.test(text))) throw wanted();
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = numbers.map(Number);
  try {
    const fields = { year, month, day, hour, minute, second };
    return Temporal.PlainDateTime.from(fields, { overflow: "reject" }).toString({ smallestUnit: "second" });
  } catch {
    throw wanted();
  }
}

/** `[Y, M, D, h, m, s]` of a local time. */
const numbersOf = (localTime: string): number[] => (localTime.match(/\d+/g) ?? []).map(Number);

/** A job for programs: where it is found, and what it makes. */
const jobAnswer = (request: Request, job: Job): Response =>
  Response.json(
    { job: jobJson(job, request) },
    { status: 202, headers: { ...fresh, location: `/api/jobs/${job.id}`, "retry-after": "1" } },
  );

/** Whether JSON is asked for by name; browsers and old clients take anything. */
const wantsJson = (request: Request): boolean =>
  (request.headers.get("accept") ?? "").split(",").some((type) => type.trim().startsWith("application/json"));

/** Moments at the addresses of the camera tool. */
export function momentRoutes(deps: MomentRoutesDeps) {
  const { footage, clips, jobs, publicUrl } = deps;

  const generate = async (
    request: Request,
    params: { channel: string; length?: string; delay?: string },
  ): Promise<Response> => {
    const channel = channelOf(footage, params.channel);
    lengthAndDelay(params.length, params.delay);
    // Old clients ask by GET, which browsers also send for pictures in pages of others.
    if (isForeign(request, publicUrl))
      throw new NightjarError("forbidden", "A page of another site may not change anything here");
    if (wantsHeadOnly(request))
      return new Response(null, { headers: { ...fresh, "content-type": "image/gif" } });
    const job = beginMoment(deps, channel, {
      length: params.length,
      delay: params.delay,
      who: whoAsks(request),
    });
    if (wantsJson(request)) return jobAnswer(request, job);
    const limit = AbortSignal.any([request.signal, AbortSignal.timeout(MOST_WAIT_MS)]);
    const ended = await jobs.ended(job.id, limit);
    if (ended.state === "queued" || ended.state === "running") return jobAnswer(request, ended);
    const clip = clipOf(ended);
    if (!clip)
      throw new NightjarError("unprocessable", ended.error ?? "The moment was not made", {
        details: [`More about it: /api/jobs/${job.id}`],
      });
    const answer = await clipFile(request, clips, clip, "gif");
    answer.headers.set("cache-control", "no-store");
    answer.headers.set("content-location", momentAddress(clip));
    const missingMs = missingOf(ended);
    if (missingMs > 0) answer.headers.set("x-missing-seconds", (missingMs / 1000).toFixed(1));
    return answer;
  };

  const clipOf = ({ state, result }: Job): Clip | undefined => {
    const id = state === "done" ? filmNumber(result) : undefined;
    return id === undefined ? undefined : clips.get(id);
  };

  const detail = {
    summary:
      "Make a moment of <length> s (4 to 20, by default 5) that ends after <delay> s (0 to 10, by default 0)",
    description:
      "Answers with the GIF when it is done; with `Accept: application/json` at once with 202 and the job. `POST` is the better way: `GET` is there for old clients.",
    tags: ["moments"],
  };
  const rights = { parse: "none", ...access("operator", detail) } as const;
  return new Elysia({ name: "moments" })
    .get("/:channel/moment/generate", ({ request, params }) => generate(request, params), rights)
    .get("/:channel/moment/generate/:length", ({ request, params }) => generate(request, params), rights)
    .get(
      "/:channel/moment/generate/:length/:delay",
      ({ request, params }) => generate(request, params),
      rights,
    )
    .post("/:channel/moment/generate", ({ request, params }) => generate(request, params), rights)
    .post("/:channel/moment/generate/:length", ({ request, params }) => generate(request, params), rights)
    .post(
      "/:channel/moment/generate/:length/:delay",
      ({ request, params }) => generate(request, params),
      rights,
    )
    .get(
      "/:channel/moment/gif",
      ({ request, params }) => {
        const channel = channelOf(footage, params.channel);
        const newest = clips
          .list("moment", channel.id)
          .filter(({ hasGif }) => hasGif)
          .toSorted((a, b) => b.createdMs - a.createdMs)[0];
        if (!newest) throw notFound(`There is no moment of ${channel.id} yet`);
        return clipFile(request, clips, newest, "gif");
      },
      access("viewer", { summary: "The newest moment as GIF", tags: ["moments", "media"] }),
    )
    .get(
      "/:channel/moment/list",
      ({ params }) => {
        const channel = channelOf(footage, params.channel);
        const times = clips.list("moment", channel.id).map(({ localTime }) => localTime);
        return Response.json([...new Set(times)].sort().map(numbersOf), { headers: fresh });
      },
      access("viewer", {
        summary: "Times of all moments: [[year, month, day, hour, minute, second], …]",
        tags: ["moments"],
      }),
    )
    .get(
      "/:channel/moment/list/:year/:month/:dayOfMonth/:hour/:minute/:second",
      ({ request, params }) => {
        const channel = channelOf(footage, params.channel);
        const { year, month, dayOfMonth, hour, minute } = params;
        const [, second = params.second, file] = /^(\d+)\.(mp4|gif)$/.exec(params.second) ?? [];
        const localTime = localTimeOf([year, month, dayOfMonth, hour, minute, second]);
        const clip = clips.list("moment", channel.id).find((each) => each.localTime === localTime);
        if (!clip) throw notFound(`There is no moment of ${channel.id} at ${localTime.replace("T", " ")}`);
        return clipFile(request, clips, clip, file === "gif" ? "gif" : "mp4");
      },
      access("viewer", {
        summary: "A moment as MP4, by a time of the list, padded or not; with .gif behind it as GIF",
        tags: ["moments", "media"],
      }),
    );
}

/** By how much a moment that was made is shorter than asked for, ms. */
export const missingOf = ({ result }: Job): number => {
  const missing: unknown =
    typeof result === "object" && result !== null ? Reflect.get(result, "missingMs") : 0;
  return typeof missing === "number" ? missing : 0;
};

/** The address of a moment by its time. */
export const momentAddress = ({ channel, localTime }: Clip): string =>
  `/${channel}/moment/list/${numbersOf(localTime).join("/")}`;
