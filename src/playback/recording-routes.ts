import { Elysia } from "elysia";
import { access } from "../access/policy.ts";
import type { FootageChannel } from "../archive/footage.ts";
import { badParameter } from "../platform/errors.ts";
import { isoOf } from "../platform/zone.ts";
import { channelOf, type PlaybackDeps } from "./deps.ts";
import { recordingAddress, recordingBytes, recordingFile, recordingNamed } from "./recording-files.ts";
import { intervalQuery } from "./query-docs.ts";
import { MAX_INTERVAL_MS, parseTime, zoneParameter } from "./time-parameters.ts";

const viewer = (summary: string, tag: string, query: Readonly<Record<string, string>> = {}) =>
  access("viewer", { summary, tags: [tag], query });

const DAY_MS = 24 * 3_600_000;
/** Recordings of one page of the list. */
const PAGE_LENGTH = 200;
const MOST_SKIPPED = 1_000_000;

/** `[fromMs, toMs)`: a day back from now unless told otherwise. Throws `bad-request`. */
function askedInterval(query: URLSearchParams, channelZone: string, nowMs: number) {
  const zone = zoneParameter(query, channelZone);
  const [from, to] = [query.get("from"), query.get("to")];
  const toMs = to ? parseTime("to", to, zone) : nowMs;
  const fromMs = from ? parseTime("from", from, zone) : toMs - DAY_MS;
  if (fromMs >= toMs) throw badParameter("from", from ?? "", "a time before the end of the interval");
  if (toMs - fromMs > MAX_INTERVAL_MS)
    throw badParameter("from", from ?? "", `an interval of ${MAX_INTERVAL_MS / DAY_MS} days at most`);
  return { fromMs, toMs };
}

function askedSkip(query: URLSearchParams): number {
  const text = query.get("skip");
  if (text === null || text === "") return 0;
  const skip = /^\d{1,7}$/.test(text) ? Number(text) : Infinity;
  if (skip <= MOST_SKIPPED) return skip;
  throw badParameter("skip", text.slice(0, 20), "a number of recordings");
}

/** Recordings of an interval in order, a page at a time, with the address of the next page where there is one. */
function recordingList(deps: PlaybackDeps, channel: FootageChannel, query: URLSearchParams) {
  const { fromMs, toMs } = askedInterval(query, channel.zone, deps.clock.nowMs());
  const skip = askedSkip(query);
  const all = deps.footage.recordings(channel.id, fromMs, toMs);
  const recordings = all.slice(skip, skip + PAGE_LENGTH).map((recording) => ({
    id: recording.id,
    start: isoOf(recording.startMs, channel.zone),
    end: isoOf(recording.endMs, channel.zone),
    startMs: recording.startMs,
    endMs: recording.endMs,
    sizeBytes: recordingBytes(recording),
    isOpen: recording.state === "open",
    address: recordingAddress(deps.footage, channel, recording),
  }));
  const isLast = all.length <= skip + PAGE_LENGTH;
  const next = `/api/channels/${channel.id}/recordings?from=${fromMs}&to=${toMs}&skip=${skip + PAGE_LENGTH}`;
  return { recordings, next: isLast ? null : next };
}

/** The files in which footage lies, as they are. */
export function recordingRoutes(deps: PlaybackDeps) {
  const { footage } = deps;
  return new Elysia({ name: "recordings" })
    .get(
      "/:channel/recording/:name",
      ({ params, request }) => {
        const channel = channelOf(footage, params.channel);
        return recordingFile(request, footage, channel, recordingNamed(footage, channel, params.name));
      },
      viewer("A recording's file as it is: <recording>.mp4 or .ts", "media"),
    )
    .get(
      "/api/channels/:channel/recordings",
      ({ params, request }) => {
        const query = new URL(request.url).searchParams;
        const list = recordingList(deps, channelOf(footage, params.channel), query);
        return Response.json(list, { headers: { "cache-control": "no-store" } });
      },
      viewer("Recordings of an interval and the addresses of their files", "api", {
        ...intervalQuery,
        from: "Begin; a day before the end without it",
        skip: "Recordings to leave out at the front: the answer names the next page",
      }),
    );
}
