import { Elysia } from "elysia";
import { h } from "preact";
import { LockList, LocksPage, type LockListProps } from "../../../views/spans/locks-page.tsx";
import { SpanFactsPart, SpanMistake, type SpanFactsProps } from "../../../views/spans/span-facts.tsx";
import { SpanPage } from "../../../views/spans/span-page.tsx";
import { readForm } from "../../access/form.ts";
import { identityOf } from "../../access/identity.ts";
import { access, roles } from "../../access/policy.ts";
import type { FootageChannel } from "../../archive/footage.ts";
import type { Locks } from "../../archive/keep/locks.ts";
import type { LockRow } from "../../db/index/rows.ts";
import { clipCodecs } from "../../export/clip-request.ts";
import { beginClip, spanOf, type ExportRoutesDeps } from "../../export/routes.ts";
import { spanFacts } from "../../export/span-facts.ts";
import { whoAsks } from "../../jobs/who-asks.ts";
import { shownLocks } from "../../locks/shown-locks.ts";
import { badParameter, errorText, NightjarError, notFound } from "../../platform/errors.ts";
import { findTool } from "../../platform/process.ts";
import { fieldTime } from "../../platform/zone.ts";
import { channelOf } from "../../playback/deps.ts";
import { MAX_INTERVAL_MS } from "../../playback/time-parameters.ts";
import { htmlFragment, htmlPage, wantsFragment } from "../html.ts";
import type { SiteOf } from "../site.ts";

export type SpanPagesDeps = ExportRoutesDeps & {
  site: SiteOf;
  locks: Pick<Locks, "distinct" | "lock" | "releaseOne">;
  locksOf: (channel: string) => readonly LockRow[];
};

const MAX_WHY = 500;

/** Said while two times are being chosen that can't be looked at. */
const NO_PART = `“To” has to be a time after “From”, at most ${MAX_INTERVAL_MS / 86_400_000} days after it.`;

const mayChange = (request: Request): boolean => {
  const identity = identityOf(request);
  return identity !== undefined && roles.indexOf(identity.role) >= roles.indexOf("operator");
};

const seeOther = (location: string): Response =>
  new Response(null, { status: 303, headers: { location, "cache-control": "no-store" } });

/** Parts of footage: what they hold, clips of them, locks; and the list of all locks. */
export function spanPages(deps: SpanPagesDeps) {
  const { site, footage, clock, locks, locksOf } = deps;

  const answer = (
    request: Request,
    channel: FootageChannel,
    span: { startMs: number; endMs: number },
    said?: SpanFactsProps["said"],
  ): Response => {
    const props = {
      channel,
      facts: spanFacts(footage, channel, span),
      mayChange: mayChange(request),
      hasFfmpeg: findTool("ffmpeg") !== undefined,
      said,
    };
    if (wantsFragment(request)) return htmlFragment(h(SpanFactsPart, props));
    const [from, to] = [fieldTime(span.startMs, channel.zone), fieldTime(span.endMs, channel.zone)];
    const form = { channel, from, to };
    const page = h(SpanPage, { site: site(request), name: channel.name, form, ...props });
    return htmlPage(page, said?.isTrouble ? 409 : 200);
  };
  /** The span of a form or a query, of at most as many days as are looked at together. */
  const asked = (channel: FootageChannel, fields: URLSearchParams) =>
    spanOf(channel.zone, fields.get("from") ?? "", fields.get("to") ?? "", MAX_INTERVAL_MS);
  /** Does what was asked for; what can't be done is said with the span that is still shown. */
  const change = async (
    request: Request,
    id: string,
    work: (
      channel: FootageChannel,
      span: { startMs: number; endMs: number },
      form: URLSearchParams,
    ) => Promise<SpanFactsProps["said"]>,
  ): Promise<Response> => {
    const channel = channelOf(footage, id);
    const form = await readForm(request);
    const span = asked(channel, form);
    try {
      return answer(request, channel, span, await work(channel, span, form));
    } catch (error) {
      if (!(error instanceof NightjarError) || error.kind === "internal") throw error;
      const words = [error.message, ...error.details].join(". ");
      return answer(request, channel, span, { words: `${words}.`, isTrouble: true });
    }
  };
  const lockList = (request: Request, mistake?: string): LockListProps => ({
    channels: footage.channels().flatMap((channel) => {
      const found = shownLocks(locksOf(channel.id)).map((lock) => ({
        ...lock,
        sizeBytes: spanFacts(footage, channel, lock).sizeBytes,
      }));
      return found.length > 0 ? [{ channel, locks: found }] : [];
    }),
    mayRelease: mayChange(request),
    mistake,
  });

  return new Elysia({ name: "span-pages" })
    .get(
      "/-/spans/:channel",
      ({ request, params }) => {
        const channel = channelOf(footage, params.channel);
        try {
          return answer(request, channel, asked(channel, new URL(request.url).searchParams));
        } catch (error) {
          if (!(error instanceof NightjarError) || error.kind !== "bad-request") throw error;
          if (!wantsFragment(request)) throw error;
          return htmlFragment(h(SpanMistake, { words: NO_PART }));
        }
      },
      access("viewer", { hide: true }),
    )
    .post(
      "/-/spans/:channel/clip",
      ({ request, params }) =>
        change(request, params.channel, async (channel, span, form) => {
          const codec = clipCodecs.find((known) => known === form.get("codec"));
          if (!codec) throw badParameter("codec", form.get("codec") ?? "", clipCodecs.join(", "));
          const height = form.get("height") ?? "";
          const size = height === "" ? {} : { heightPixels: Number(height) };
          const wanted = { ...span, codec, hasClock: form.get("clock") === "1", ...size };
          const job = beginClip(deps, channel, wanted, whoAsks(request));
          const link = { path: "/jobs", words: "How far it is" };
          return Promise.resolve({ words: `${job.title} is being made.`, isTrouble: false, link });
        }),
      { parse: "none", ...access("operator", { hide: true }) },
    )
    .post(
      "/-/spans/:channel/lock",
      ({ request, params }) =>
        change(request, params.channel, async (channel, span, form) => {
          const why = (form.get("why") ?? "").trim();
          if (why.length > MAX_WHY)
            throw badParameter("why", why.slice(0, 40), `at most ${MAX_WHY} characters`);
          const who = identityOf(request)?.name ?? "";
          const recordings = await locks.lock(
            channel.id,
            locks.distinct(channel.id, { ...span, who, why, sinceMs: clock.nowMs() }),
          );
          if (recordings.length === 0) throw notFound("Nothing is kept of this time");
          return { words: "It is locked.", isTrouble: false, link: { path: "/-/locks", words: "All locks" } };
        }),
      { parse: "none", ...access("operator", { hide: true }) },
    )
    .get(
      "/-/locks",
      ({ request }) => htmlPage(h(LocksPage, { site: site(request), ...lockList(request) })),
      access("viewer", { hide: true }),
    )
    .post(
      "/-/locks/release",
      async ({ request }) => {
        const form = await readForm(request);
        const channel = channelOf(footage, form.get("channel") ?? "");
        let mistake: string | undefined;
        try {
          await locks.releaseOne(channel.id, form.get("lock") ?? "");
        } catch (error) {
          if (!(error instanceof NightjarError) || !["conflict", "not-found"].includes(error.kind))
            throw error;
          mistake = `${errorText(error)}.`;
        }
        if (wantsFragment(request)) return htmlFragment(h(LockList, lockList(request, mistake)));
        if (mistake === undefined) return seeOther("/-/locks");
        return htmlPage(h(LocksPage, { site: site(request), ...lockList(request, mistake) }), 409);
      },
      { parse: "none", ...access("operator", { hide: true }) },
    );
}
