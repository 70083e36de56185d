import { Elysia } from "elysia";
import { h } from "preact";
import type { IntervalFormProps } from "../../views/interval-form.tsx";
import { PlaylistsPage } from "../../views/playlists-page.tsx";
import { identityOf, ticketFor } from "../access/identity.ts";
import { access } from "../access/policy.ts";
import type { FootageChannel } from "../archive/footage.ts";
import { isByFfmpeg } from "../config/source-kinds.ts";
import { badParameter, NightjarError } from "../platform/errors.ts";
import { daySpanMs, isoOf, localDateOf } from "../platform/zone.ts";
import { originOf } from "../playback/deps.ts";
import { MAX_INTERVAL_MS, parseTime, type Interval } from "../playback/time-parameters.ts";
import type { ChannelStatus } from "../status/channel-status.ts";
import {
  channelAddresses,
  commonAddresses,
  intervalAddresses,
  liveAddresses,
  type AddressBase,
  type AddressedChannel,
} from "./addresses.ts";
import { channelChoice, type PagesDeps } from "./deps.ts";
import { htmlPage } from "./html.ts";
import { qrSvg } from "./qr.ts";

const MAX_QR_CHARACTERS = 500;

/** `2026-11-20T14:03:27` in the zone, as date-time fields hold it. */
const fieldTime = (ms: number, zone: string): string => isoOf(ms, zone).slice(0, 19);

function intervalOf(from: string, to: string, zone: string): Interval {
  const interval = { fromMs: parseTime("from", from, zone), toMs: parseTime("to", to, zone) };
  if (interval.toMs <= interval.fromMs) throw badParameter("to", to, "a time after from");
  if (interval.toMs - interval.fromMs > MAX_INTERVAL_MS)
    throw badParameter("to", to, "an interval of 7 days at most");
  return interval;
}

/** All of a local date, `2026-11-20`. Throws `bad-request`. */
function dayOf(date: string, zone: string): Interval {
  const startMs = parseTime("day", date, zone);
  const day = daySpanMs(localDateOf(startMs, zone), zone);
  return { fromMs: day.startMs, toMs: day.endMs };
}

/** The local date that an interval is all of. */
function wholeDay({ fromMs, toMs }: Interval, zone: string): string | undefined {
  const date = localDateOf(fromMs, zone);
  const day = daySpanMs(date, zone);
  return day.startMs === fromMs && Math.abs(day.endMs - toMs) <= 1000 ? date : undefined;
}

const addressedChannel = ({ id, kind, format }: ChannelStatus): AddressedChannel => ({
  id,
  hasParts: kind === undefined || isByFfmpeg(kind),
  isTs: format === "ts",
});

/** `/playlists`, and the QR codes of its addresses. */
export function playlistPages({ status, footage, site, publicUrl }: PagesDeps) {
  /** What the form shows: its addresses, or what is wrong with what was sent. Throws nothing. */
  const form = (
    query: URLSearchParams,
    channel: FootageChannel,
    addressed: AddressedChannel,
    base: AddressBase,
  ): { form: IntervalFormProps; isRefused: boolean } => {
    const { id, zone } = channel;
    const nowMs = Math.floor(status.nowMs() / 1000) * 1000;
    const given = { from: query.get("from") ?? "", to: query.get("to") ?? "" };
    const day = query.get("day") ?? "";
    const common = { channel: id, zone, withTickets: base.ticket !== "" };
    if (given.from === "" && given.to === "" && day === "") {
      const today = daySpanMs(localDateOf(nowMs, zone), zone);
      const [from, to] = [today.startMs, nowMs].map((ms) => fieldTime(ms, zone)) as [string, string];
      return { form: { ...common, from, to }, isRefused: false };
    }
    try {
      if (day !== "") {
        const span = dayOf(day, zone);
        const [from, to] = [span.fromMs, span.toMs].map((ms) => fieldTime(ms, zone)) as [string, string];
        const addresses = intervalAddresses(base, addressed, span, wholeDay(span, zone));
        return { form: { ...common, from, to, addresses }, isRefused: false };
      }
      const interval = intervalOf(given.from, given.to, zone);
      const addresses = intervalAddresses(base, addressed, interval, wholeDay(interval, zone));
      return { form: { ...common, ...given, addresses }, isRefused: false };
    } catch (error) {
      if (!(error instanceof NightjarError)) throw error;
      return { form: { ...common, ...given, mistake: error.message }, isRefused: true };
    }
  };

  return new Elysia({ name: "playlist-pages" })
    .get(
      "/playlists",
      ({ request }) => {
        const query = new URL(request.url).searchParams;
        const { channels, only, chosen } = channelChoice(footage, query);
        const ticket = query.get("tickets") === "1" ? ticketFor(identityOf(request)) : "";
        const base = { origin: originOf(request, publicUrl), ticket };
        const addressed = chosen && addressedChannel(status.channel(chosen));
        const made = chosen && addressed && form(query, chosen, addressed, base);
        const groups = addressed
          ? [...channelAddresses(base, addressed), ...(only ? [commonAddresses(base)] : [])]
          : [commonAddresses(base), liveAddresses(base, channels)];
        const page = h(PlaylistsPage, {
          site: site(request),
          channels,
          chosen,
          groups: channels.length > 0 ? groups : [],
          interval: made?.form,
          hasTickets: ticket !== "",
        });
        return htmlPage(page, made?.isRefused ? 422 : 200);
      },
      access("viewer", { hide: true }),
    )
    .get(
      "/-/qr.svg",
      ({ request }) => {
        const path = new URL(request.url).searchParams.get("path") ?? "";
        if (!/^\/[^/\\]/.test(path) || path.length > MAX_QR_CHARACTERS)
          throw badParameter(
            "path",
            path.slice(0, 60),
            `a path of ours, ${MAX_QR_CHARACTERS} characters at most`,
          );
        return new Response(qrSvg(originOf(request, publicUrl) + path), {
          headers: { "content-type": "image/svg+xml", "cache-control": "private, max-age=3600" },
        });
      },
      access("viewer", { hide: true }),
    );
}
