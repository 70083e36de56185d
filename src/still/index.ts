import { Elysia } from "elysia";
import { access } from "../access/policy.ts";
import type { Footage, FootageChannel } from "../archive/footage.ts";
import type { Clock } from "../platform/clock.ts";
import { badParameter } from "../platform/errors.ts";
import { fileTimeOf, isoOf, localDateOf } from "../platform/zone.ts";
import { channelOf } from "../playback/deps.ts";
import { parseTime, zoneParameter } from "../playback/time-parameters.ts";
import { newestPicture, pictureAt, pictureName, readPicture, type PicturePlace } from "./picture-place.ts";
import { Stills, type StillsOptions } from "./stills.ts";

export type StillDeps = { footage: Footage; clock: Clock } & StillsOptions;

const MIN_WIDTH = 16;
const MAX_WIDTH = 3840;
/** Whoever asks for the newest picture shares it with those who asked so shortly before. */
const FRESH_MS = 3000;
/** Channels times widths that are shared at a time. */
const MAX_SHARED = 256;

/** The width asked for, in pixels; `undefined` for the picture's own. Throws `bad-request`. */
function widthParameter(query: URLSearchParams): number | undefined {
  const given = query.get("width");
  if (given === null || given === "") return undefined;
  const width = /^\d{1,5}$/.test(given) ? Number(given) : 0;
  if (width >= MIN_WIDTH && width <= MAX_WIDTH) return width;
  throw badParameter(
    "width",
    given.slice(0, 40),
    `a whole number of pixels from ${MIN_WIDTH} to ${MAX_WIDTH}`,
  );
}

const knows = (request: Request, tag: string): boolean =>
  (request.headers.get("if-none-match") ?? "")
    .split(",")
    .some((item) => ["*", tag].includes(item.trim().replace(/^W\//, "")));

function headersOf(channel: FootageChannel, { shownMs }: PicturePlace, tag: string): Headers {
  const name = `${channel.id}_${localDateOf(shownMs, channel.zone)}_${fileTimeOf(shownMs, channel.zone)}.jpg`;
  return new Headers({
    "content-type": "image/jpeg",
    "cache-control": "no-cache",
    etag: tag,
    "last-modified": new Date(shownMs).toUTCString(),
    "x-picture-time": isoOf(shownMs, channel.zone),
    "content-disposition": `inline; filename="${name}"`,
  });
}

/** Pictures out of recorded key frames. The camera is never asked for one. */
export function stillRoutes({ footage, clock, ...options }: StillDeps) {
  const stills = new Stills(options);
  const shared = new Map<string, { place: PicturePlace; untilMs: number }>();

  const newest = async (channel: FootageChannel, width: number | undefined): Promise<PicturePlace> => {
    const key = `${channel.id} ${width ?? ""}`;
    const known = shared.get(key);
    if (known && clock.monotonicMs() < known.untilMs) return known.place;
    const place = await newestPicture(footage, channel);
    shared.delete(key);
    shared.set(key, { place, untilMs: clock.monotonicMs() + FRESH_MS });
    for (const [oldest] of shared) if (shared.size > MAX_SHARED) shared.delete(oldest);
    return place;
  };

  return new Elysia({ name: "still" }).get(
    "/:channel/frame",
    async ({ params, request }) => {
      const channel = channelOf(footage, params.channel);
      const query = new URL(request.url).searchParams;
      const asked = widthParameter(query);
      const at = query.get("at");
      const place =
        at === null || at === ""
          ? await newest(channel, asked)
          : await pictureAt(footage, channel, parseTime("at", at, zoneParameter(query, channel.zone)));
      // Never larger than the camera's own picture.
      const widthPixels = asked === undefined || asked >= place.run.width ? undefined : asked;
      const key = `${pictureName(place)}-${widthPixels ?? "full"}`;
      const headers = headersOf(channel, place, `"${key}"`);
      if (knows(request, `"${key}"`)) return new Response(null, { status: 304, headers });
      const read = () => readPicture(footage, place);
      const jpeg = await stills.still({ key, read, widthPixels, signal: request.signal });
      headers.set("content-length", String(jpeg.length));
      return new Response(jpeg, { headers });
    },
    access("viewer", {
      summary: "A recorded picture as JPEG: the newest, or the one of a time",
      tags: ["stills"],
      query: {
        at: "Any recorded time: D/M/YYYYTHH:MM:SS, ISO 8601, or Unix time in seconds or milliseconds; by default the newest picture",
        tz: "Time zone of a time without an offset, by default the channel's",
        width: `Width in pixels, from ${MIN_WIDTH} to ${MAX_WIDTH}, by default and at most the camera's`,
      },
    }),
  );
}
