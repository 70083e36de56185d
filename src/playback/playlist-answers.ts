import type { FootageChannel } from "../archive/footage.ts";
import type { LiveEdge } from "../archive/live/live-edge.ts";
import { PLAYLIST_TYPE } from "../media/m3u8.ts";
import { badParameter } from "../platform/errors.ts";
import { channelPrefix } from "./addresses.ts";
import { baseAddress, type PlaybackDeps } from "./deps.ts";
import { EntryTexts } from "./entry-texts.ts";
import { KeptAnswers, type ListAnswer } from "./kept-answers.ts";
import { listText, plainText } from "./list-text.ts";
import type { List } from "./lists.ts";
import { livePartsOf, withParts } from "./live-parts.ts";
import {
  mediaPlaylistPieces,
  neededTargetDuration,
  skippableCount,
  type MediaPlaylistOptions,
} from "./media-playlist.ts";
import { TargetDurations } from "./target-durations.ts";
import { answerText } from "./text-answer.ts";
import { onlyTimeline, timelineParameter } from "./timelines.ts";

export { textAnswer } from "./text-answer.ts";

/** Whether a playlist is for VLC, by its User-Agent or by `?player=vlc`. Throws `bad-request`. */
export function isForVlc(request: Request, query: URLSearchParams): boolean {
  const player = query.get("player");
  if (player === null || player === "") return (request.headers.get("user-agent") ?? "").includes("VLC/");
  if (player !== "vlc" && player !== "other")
    throw badParameter("player", player.slice(0, 40), "vlc or other");
  return player === "vlc";
}

/** Whether a parameter is 1; 0 or nothing is no. Throws `bad-request`. */
export function flagParameter(query: URLSearchParams, name: string): boolean {
  const given = query.get(name);
  if (given === null || given === "" || given === "0") return false;
  if (given !== "1") throw badParameter(name, given.slice(0, 40), "1 or 0");
  return true;
}

/** Whether `?download=1` asks for a file that opens a player. Throws `bad-request`. */
export const wantsDownload = (query: URLSearchParams): boolean => flagParameter(query, "download");

/**
 * Whether `?parts=1` asks for the parts of a live list. Only who asks gets them: a player that goes over to low latency
 * by itself as soon as it sees a part may stand still for a moment where it joins.
 */
export const wantsParts = (query: URLSearchParams): boolean => flagParameter(query, "parts");

/**
 * Whether `_HLS_skip` asks for the changes alone (draft-pantos-hls-rfc8216bis 6.2.5.1); `v2` may leave out date ranges
 * as well, of which there are none. Throws `bad-request`.
 */
export function wantsDelta(query: URLSearchParams): boolean {
  const given = query.get("_HLS_skip");
  if (given === null || given === "") return false;
  if (given !== "YES" && given !== "v2") throw badParameter("_HLS_skip", given.slice(0, 40), "YES or v2");
  return true;
}

/** A two-line M3U with the absolute address of what was asked for, as a file that opens VLC. */
export function downloadAnswer(request: Request, name: string, publicUrl: string | undefined): Response {
  const url = new URL(request.url);
  url.searchParams.delete("download");
  const address = `${baseAddress(request, publicUrl)}${url.pathname}${url.search}`;
  const file = name.replaceAll(/[^A-Za-z0-9_.-]/g, "_");
  const headers = new Headers({
    "content-type": "audio/x-mpegurl",
    "content-disposition": `attachment; filename="${file}.m3u"`,
    "cache-control": "no-store",
  });
  return new Response(`#EXTM3U\n${address}\n`, { headers });
}

/** How many target durations a list reaches back from its end where it leaves out the rest; six at least. */
const SKIP_BOUNDARY = 6;
const TICKS_PER_SECOND = 90_000;

type Asked = { whole: List; isVlc: boolean; edge: LiveEdge | undefined };

/** Turns lists into HLS answers. Holds what lists have in common from one request to the next. */
export class PlaylistAnswers {
  readonly #deps: PlaybackDeps;
  readonly #targets: TargetDurations;
  readonly #texts = new EntryTexts();
  readonly #kept: KeptAnswers;

  constructor(deps: PlaybackDeps) {
    this.#deps = deps;
    this.#targets = new TargetDurations(deps.segmentTargetMs, deps.targetDurations);
    this.#kept = new KeptAnswers(deps);
  }

  /** The HLS playlist of a list, or with `?download=1` a file with its address; `list` is made only if needed. */
  hls(request: Request, channel: FootageChannel, list: () => List): Response {
    const url = new URL(request.url);
    const query = url.searchParams;
    const isVlc = isForVlc(request, query);
    if (wantsDownload(query)) return downloadAnswer(request, channel.id, this.#deps.publicUrl);
    const edge = this.#deps.live?.liveEdge(channel.id);
    const make = () => this.#made(url, channel, { isVlc, edge, whole: list() });
    const key = `${isVlc} ${url.pathname}${url.search}`;
    const { body, isGrowing } = this.#kept.of({ channel, edge, key }, make);
    return answerText(request, body, PLAYLIST_TYPE, isGrowing);
  }

  #made(url: URL, channel: FootageChannel, asked: Asked): ListAnswer {
    const query = url.searchParams;
    const { isVlc, whole } = asked;
    const timeline = timelineParameter(query);
    const isDelta = wantsDelta(query);
    const shown = timeline === undefined ? whole : onlyTimeline(whole, timeline);
    const { stretches, kind, isEnded, startOffsetSeconds, numbers } = shown;
    const neededSeconds = neededTargetDuration(stretches);
    const isSteady = isEnded && numbers === undefined;
    const ownSeconds = isSteady ? neededSeconds : this.#targets.grow(channel.id, neededSeconds);
    // What one client asks for is not kept for all others.
    const targetSeconds = Math.max(ownSeconds, shown.leastTargetSeconds ?? 0);
    const offersDelta = shown.offersDelta === true && !isEnded && !isVlc;
    const boundarySeconds = SKIP_BOUNDARY * targetSeconds;
    const prefix = channelPrefix(url.pathname, channel.id);
    const mayHaveParts = shown.isLive === true && !isEnded && !isVlc && timeline === undefined;
    const isOurs = stretches.at(-1)?.run.format === "nightjar";
    const hasParts = wantsParts(query) && mayHaveParts && isOurs;
    const edge = hasParts ? asked.edge : undefined;
    const parts = edge && livePartsOf(edge, stretches, { prefix, targetDurationSeconds: targetSeconds });
    const options: MediaPlaylistOptions = {
      kind,
      isEnded,
      isVlc,
      prefix,
      targetDurationSeconds: targetSeconds,
      ...(numbers ? { numbers } : {}),
      isEveryDated: shown.isLive === true,
      ...(parts ? { serverControl: parts.serverControl } : {}),
      ...(startOffsetSeconds === undefined ? {} : { startOffsetSeconds }),
      ...(offersDelta ? { serverControl: { canSkipUntilSeconds: boundarySeconds } } : {}),
      ...(offersDelta && isDelta
        ? { skippedSegments: skippableCount(stretches, boundarySeconds * TICKS_PER_SECOND) }
        : {}),
    };
    const pieces = mediaPlaylistPieces(stretches, options, this.#texts);
    const text = listText(pieces);
    return { body: parts ? plainText(withParts(text.text(), parts)) : text, isGrowing: !isEnded };
  }
}
