import type { FootageChannel } from "../archive/footage.ts";
import { PLAYLIST_TYPE } from "../media/m3u8.ts";
import { badParameter } from "../platform/errors.ts";
import { channelPrefix } from "./addresses.ts";
import { baseAddress, type PlaybackDeps } from "./deps.ts";
import { EntryTexts } from "./entry-texts.ts";
import type { List } from "./lists.ts";
import { mediaPlaylist, neededTargetDuration, type MediaPlaylistOptions } from "./media-playlist.ts";
import { TargetDurations } from "./target-durations.ts";

/** Whether a playlist is for VLC, by its User-Agent or by `?player=vlc`. Throws `bad-request`. */
export function isForVlc(request: Request, query: URLSearchParams): boolean {
  const player = query.get("player");
  if (player === null || player === "") return (request.headers.get("user-agent") ?? "").includes("VLC/");
  if (player !== "vlc" && player !== "other")
    throw badParameter("player", player.slice(0, 40), "vlc or other");
  return player === "vlc";
}

/** Whether `?download=1` asks for a file that opens a player. Throws `bad-request`. */
export function wantsDownload(query: URLSearchParams): boolean {
  const given = query.get("download");
  if (given === null || given === "" || given === "0") return false;
  if (given !== "1") throw badParameter("download", given.slice(0, 40), "1 or 0");
  return true;
}

const headersOf = (contentType: string, isGrowing: boolean): Headers =>
  new Headers({
    "content-type": contentType,
    // Even an old day changes when footage is deleted, so a copy is asked about each time.
    "cache-control": isGrowing ? "no-store" : "no-cache",
    vary: "User-Agent",
  });

/** A text that was made for this request; with an entity tag when it will hardly change. */
export function textAnswer(
  request: Request,
  text: string,
  contentType: string,
  isGrowing: boolean,
): Response {
  const headers = headersOf(contentType, isGrowing);
  if (isGrowing) return new Response(text, { headers });
  const tag = `"${Bun.hash(text).toString(36)}"`;
  headers.set("etag", tag);
  const known = request.headers.get("if-none-match")?.split(",") ?? [];
  if (known.some((each) => each.trim().replace(/^W\//, "") === tag))
    return new Response(null, { status: 304, headers });
  return new Response(text, { headers });
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

/** Turns lists into HLS answers. Holds what lists have in common from one request to the next. */
export class PlaylistAnswers {
  readonly #deps: PlaybackDeps;
  readonly #targets: TargetDurations;
  readonly #texts = new EntryTexts();

  constructor(deps: PlaybackDeps) {
    this.#deps = deps;
    this.#targets = new TargetDurations(deps.segmentTargetMs);
  }

  /** The HLS playlist of a list, or with `?download=1` a file with its address; `list` is made only if needed. */
  hls(request: Request, channel: FootageChannel, list: () => List): Response {
    const url = new URL(request.url);
    const isVlc = isForVlc(request, url.searchParams);
    if (wantsDownload(url.searchParams)) return downloadAnswer(request, channel.id, this.#deps.publicUrl);
    const { stretches, kind, isEnded, startOffsetSeconds } = list();
    const neededSeconds = neededTargetDuration(stretches);
    const options: MediaPlaylistOptions = {
      kind,
      isEnded,
      isVlc,
      prefix: channelPrefix(url.pathname, channel.id),
      targetDurationSeconds: isEnded ? neededSeconds : this.#targets.grow(channel.id, neededSeconds),
      ...(startOffsetSeconds === undefined ? {} : { startOffsetSeconds }),
    };
    return textAnswer(request, mediaPlaylist(stretches, options, this.#texts), PLAYLIST_TYPE, !isEnded);
  }
}
