import { Elysia } from "elysia";
import { h } from "preact";
import type { ShownTimelapse } from "../../../views/timelapses/timelapse-card.tsx";
import { paces, type TimelapseFormProps } from "../../../views/timelapses/timelapse-form.tsx";
import {
  TimelapsesPage,
  TimelapsesPart,
  type TimelapsesPartProps,
} from "../../../views/timelapses/timelapses-page.tsx";
import { readForm } from "../../access/form.ts";
import { identityOf } from "../../access/identity.ts";
import { access, roles } from "../../access/policy.ts";
import type { FootageChannel } from "../../archive/footage.ts";
import type { Clip, Clips } from "../../clips/clip.ts";
import { clipAddress } from "../../clips/routes.ts";
import type { KeepConfig } from "../../config/config.ts";
import { whoAsks } from "../../jobs/who-asks.ts";
import { badParameter, NightjarError, notFound } from "../../platform/errors.ts";
import { dayStartMs, isoOf, localDateOf } from "../../platform/zone.ts";
import { channelOf } from "../../playback/deps.ts";
import { addTimelapse, type AddDeps } from "../../timelapse/add-timelapse.ts";
import { dayAddress } from "../../timelapse/routes.ts";
import { channelChoice } from "../deps.ts";
import { keepSentence } from "../films/keep-sentence.ts";
import { htmlFragment, htmlPage, wantsFragment } from "../html.ts";
import type { SiteOf } from "../site.ts";

export type TimelapsePagesDeps = AddDeps & {
  site: SiteOf;
  clips: Clips;
  /** How long timelapses of a channel stay, and without one where none has limits of its own. */
  keep: (channel: string | undefined) => KeepConfig;
};

/** Films of one page. */
const ON_A_PAGE = 24;
/** A job that failed is told of for so long. */
const FAILED_MS = 600_000;
/** Jobs that are shown waiting; of the others their number is told. */
const SHOWN_WAITING = 3;

const mayChange = (request: Request): boolean => {
  const identity = identityOf(request);
  return identity !== undefined && roles.indexOf(identity.role) >= roles.indexOf("operator");
};

function skipOf(query: URLSearchParams): number {
  const skip = query.get("skip") ?? "0";
  if (/^\d{1,6}$/.test(skip)) return Number(skip);
  throw badParameter("skip", skip.slice(0, 20), "a number of films");
}

/** `/timelapses`: looked at, downloaded, deleted, and made on request. */
export function timelapsePages(deps: TimelapsePagesDeps) {
  const { site, footage, clips, jobs, clock, keep } = deps;

  const shown = (clip: Clip): ShownTimelapse => {
    const channel = footage.channel(clip.channel);
    const address = clip.id === undefined ? dayAddress(clip) : clipAddress(clip.id, "mp4");
    const poster = clip.id === undefined ? `${address}/poster.jpg` : clipAddress(clip.id, "jpg");
    const isThere = clips.path(clip, "mp4") !== undefined;
    return {
      clip,
      channelName: channel?.name ?? clip.channel,
      zone: channel?.zone ?? "UTC",
      ...(isThere ? { mp4: address, poster } : {}),
    };
  };

  const partOf = (
    request: Request,
    query: URLSearchParams,
    mistake?: string,
  ): TimelapsesPartProps & { chosen: FootageChannel | undefined } => {
    const { chosen } = channelChoice(footage, query);
    const channel = (query.get("channel") ?? "") === "" ? undefined : chosen?.id;
    const skip = skipOf(query);
    const all = clips.list("timelapse", channel);
    const of = (at: number) =>
      `/timelapses?${new URLSearchParams({ ...(channel ? { channel } : {}), skip: String(at) })}`;
    const left = all.length - skip - ON_A_PAGE;
    const ofChannel = { kind: "timelapse", ...(channel ? { channel } : {}) } as const;
    const nowMs = clock.nowMs();
    const [newest] = jobs.list({ ...ofChannel, states: ["done", "failed"], limit: 1 });
    const isFailed = newest?.state === "failed" && nowMs - (newest.endedMs ?? 0) < FAILED_MS;
    return {
      chosen,
      films: all.slice(skip, skip + ON_A_PAGE).map(shown),
      channel,
      address: of(skip),
      running: jobs.list({ ...ofChannel, states: ["running"] }),
      waiting: jobs.list({ ...ofChannel, states: ["queued"], isOldestFirst: true, limit: SHOWN_WAITING }),
      waitingCount: jobs.count({ ...ofChannel, states: ["queued"] }),
      failed: isFailed ? newest : undefined,
      zone: chosen?.zone ?? site(request).zone,
      nowMs,
      mayChange: mayChange(request),
      more: left > 0 ? { count: left, address: of(skip + ON_A_PAGE) } : undefined,
      mistake,
    };
  };

  const formOf = (part: ReturnType<typeof partOf>, given?: URLSearchParams) => {
    const channels = footage.channels();
    if (!part.mayChange || channels.length === 0) return undefined;
    const { zone, nowMs, channel } = part;
    const local = (ms: number) => isoOf(ms, zone).slice(0, 16);
    return {
      channels,
      channel,
      chosen: given?.get("of") ?? channel,
      zone,
      from: given?.get("from") ?? local(dayStartMs(localDateOf(nowMs, zone), zone)),
      to: given?.get("to") ?? local(nowMs),
      pace: given?.get("pace") ?? "",
    } satisfies TimelapseFormProps;
  };

  const answer = (
    request: Request,
    query: URLSearchParams,
    { mistake, given }: { mistake?: string | undefined; given?: URLSearchParams } = {},
  ): Response => {
    const part = partOf(request, query, mistake);
    if (wantsFragment(request)) return htmlFragment(h(TimelapsesPart, part));
    const props = {
      site: site(request),
      channels: footage.channels(),
      keepWords: keepSentence(keep(part.channel)),
      form: formOf(part, given),
      ...part,
    };
    return htmlPage(h(TimelapsesPage, props), mistake === undefined ? 200 : 400);
  };

  const seeOther = (channel: string): Response => {
    const query = channel === "" ? "" : `?channel=${encodeURIComponent(channel)}`;
    return new Response(null, {
      status: 303,
      headers: { location: `/timelapses${query}`, "cache-control": "no-store" },
    });
  };

  /** The page's own query, as a fragment's form does not carry it. */
  const queryOf = (channel: string): URLSearchParams =>
    new URLSearchParams(channel === "" ? {} : { channel });

  const make = async (request: Request): Promise<Response> => {
    const given = await readForm(request);
    const channel = channelOf(footage, given.get("of") ?? "");
    /** Whose films the page shows. */
    const shownOf = given.get("channel") ?? "";
    const chosen = paces.find(([value]) => value === given.get("pace"))?.[0] ?? "";
    const [key, value] = chosen.split(" ");
    const field = (name: string) => given.get(name)?.slice(0, 64) ?? "";
    const fields = {
      date: field("date"),
      from: field("from"),
      to: field("to"),
      ...(value ? { [key!]: value } : {}),
    };
    try {
      addTimelapse(deps, channel, fields, whoAsks(request));
    } catch (error) {
      if (!(error instanceof NightjarError)) throw error;
      return answer(request, queryOf(shownOf), {
        mistake: `${[error.message, ...error.details].join(". ")}.`,
        given,
      });
    }
    return wantsFragment(request) ? answer(request, queryOf(shownOf)) : seeOther(shownOf);
  };

  const remove = async (request: Request, id: string): Promise<Response> => {
    const channel = (await readForm(request)).get("channel") ?? "";
    const clip = /^[1-9]\d{0,14}$/.test(id) ? clips.get(Number(id)) : undefined;
    if (clip?.id === undefined || clip.kind !== "timelapse")
      throw notFound(`There is no timelapse ${JSON.stringify(id.slice(0, 20))}`);
    try {
      await clips.delete(clip.id);
    } catch (error) {
      if (!(error instanceof NightjarError) || error.kind !== "conflict") throw error;
      return answer(request, queryOf(channel), { mistake: `${error.message}.` });
    }
    return wantsFragment(request) ? answer(request, queryOf(channel)) : seeOther(channel);
  };

  return new Elysia({ name: "timelapse-pages" })
    .get(
      "/timelapses",
      ({ request }) => answer(request, new URL(request.url).searchParams),
      access("viewer", { hide: true }),
    )
    .post("/-/timelapses", ({ request }) => make(request), {
      parse: "none",
      ...access("operator", { hide: true }),
    })
    .post("/-/timelapses/:film/remove", ({ request, params }) => remove(request, params.film), {
      parse: "none",
      ...access("operator", { hide: true }),
    });
}
