import { Elysia } from "elysia";
import { z } from "zod";
import { access } from "../access/policy.ts";
import type { FootageChannel } from "../archive/footage.ts";
import type { Clip, Clips } from "../clips/clip.ts";
import { clipFile } from "../clips/clip-file.ts";
import { clipPoster } from "../clips/clip-poster.ts";
import { whoAsks } from "../jobs/who-asks.ts";
import { badParameter, notFound } from "../platform/errors.ts";
import { channelOf } from "../playback/deps.ts";
import { addTimelapse, type AddDeps } from "./add-timelapse.ts";

export type TimelapseRoutesDeps = AddDeps & { clips: Clips };

const fresh = { "cache-control": "no-store" };
/** Dates that are named when there is none of the one asked for. */
const NAMED_DATES = 3;

const body = z.strictObject({
  date: z.string().max(40).optional(),
  from: z.string().max(64).optional(),
  to: z.string().max(64).optional(),
  length: z.string().max(40).optional(),
  speed: z.union([z.number(), z.string().max(40)]).optional(),
});

type DateParts = { year: string; month: string; dayOfMonth: string };

/** `2026/6/18`, padded or not, as a local date. Throws `bad-request`. */
function dateOf({ year, month, dayOfMonth }: DateParts): string {
  const given = [year, month, dayOfMonth];
  const wanted = () =>
    badParameter("date", given.join("/").slice(0, 40), "year/month/day, such as 2026/6/18 or 2026/06/18");
  if (!given.every((text) => /^\d{1,4}$/.test(text))) throw wanted();
  try {
    const fields = { year: Number(year), month: Number(month), day: Number(dayOfMonth) };
    return Temporal.PlainDate.from(fields, { overflow: "reject" }).toString();
  } catch {
    throw wanted();
  }
}

/** The timelapses of whole days of a channel, one a day, in order: one made here before one of another tool. */
export function wholeDays(clips: Clips, channel: string): Clip[] {
  const days = new Map<string, Clip>();
  for (const clip of clips.list("timelapse", channel)) {
    const known = days.get(clip.localTime);
    if (clip.isWholeDay && (!known || (known.isAdopted && !clip.isAdopted))) days.set(clip.localTime, clip);
  }
  return [...days.values()].sort((a, b) => (a.localTime < b.localTime ? -1 : 1));
}

function dayClip(clips: Clips, channel: FootageChannel, parts: DateParts): Clip {
  const date = dateOf(parts);
  const days = wholeDays(clips, channel.id);
  const found = days.find(({ localTime }) => localTime === date);
  if (found) return found;
  const near = days
    .map(({ localTime }) => localTime)
    .toSorted((a, b) => distance(a, date) - distance(b, date))
    .slice(0, NAMED_DATES);
  throw notFound(
    `There is no timelapse of ${channel.id} of ${date}`,
    near.length === 0 ? [] : [`There is one of ${near.join(", ")}`],
  );
}

const distance = (one: string, other: string): number => Math.abs(Date.parse(one) - Date.parse(other));

/** Address of the timelapse of a whole day. */
export const dayAddress = ({ channel, localTime }: Clip): string =>
  `/${channel}/timelapse/${localTime.replaceAll("-", "/")}`;

/** Addresses of all whole days of a channel, by their dates. */
export const dayAddresses = (clips: Clips, channel: string): ReadonlyMap<string, string> =>
  new Map(wholeDays(clips, channel).map((clip) => [clip.localTime, dayAddress(clip)]));

/** Timelapses at the addresses of the camera tool, and made on request. */
export const timelapseRoutes = ({ clips, ...deps }: TimelapseRoutesDeps) =>
  new Elysia({ name: "timelapses" })
    .get(
      "/:channel/timelapse",
      ({ params }) => {
        const days = wholeDays(clips, channelOf(deps.footage, params.channel).id);
        const dates = days.map(({ localTime }) => localTime.split("-").map(Number));
        return Response.json(dates, { headers: fresh });
      },
      access("viewer", { summary: "Dates with a timelapse: [[year, month, day], …]", tags: ["timelapses"] }),
    )
    .get(
      "/:channel/timelapse/:year/:month/:dayOfMonth",
      ({ params, request }) =>
        clipFile(request, clips, dayClip(clips, channelOf(deps.footage, params.channel), params), "mp4"),
      access("viewer", {
        summary: "The timelapse of a day as MP4; the date padded or not",
        tags: ["timelapses", "media"],
        query: { download: "1: to be saved" },
      }),
    )
    .get(
      "/:channel/timelapse/:year/:month/:dayOfMonth/poster.jpg",
      ({ params, request }) =>
        clipPoster(request, clips, dayClip(clips, channelOf(deps.footage, params.channel), params)),
      access("viewer", { summary: "A picture of that timelapse", tags: ["timelapses", "media"] }),
    )
    .post(
      "/api/channels/:channel/timelapses",
      ({ params, body: fields, request }) => {
        const channel = channelOf(deps.footage, params.channel);
        const given = { ...fields, ...(fields.speed === undefined ? {} : { speed: String(fields.speed) }) };
        const job = addTimelapse(
          deps,
          channel,
          given as Parameters<typeof addTimelapse>[2],
          whoAsks(request),
        );
        const { id, title, state } = job;
        const location = `/api/jobs/${id}`;
        return Response.json(
          { job: { id, title, state, address: location } },
          { status: 202, headers: { ...fresh, location, "retry-after": "2" } },
        );
      },
      {
        body,
        ...access("operator", {
          summary: "Make a timelapse: of a day that is over, of today so far, or of any interval",
          description:
            "`date`: a date, or `today`. Otherwise `from` and `to` (by default now) and, if wanted, `length` (such as `30s`) or `speed` (such as 600). Answers with 202 and the job.",
          tags: ["timelapses"],
        }),
      },
    );
