import type { FootageChannel } from "../archive/footage.ts";
import { isoOf } from "../platform/zone.ts";
import { wantsDownload } from "./playlist-answers.ts";

/** `front-door_2026-11-20_14-03-00`: what a file of a channel's footage that begins at `startMs` (UTC) is called. */
export const fileNameOf = (channel: FootageChannel, startMs: number): string =>
  `${channel.id}_${isoOf(startMs, channel.zone).slice(0, 19).replace("T", "_").replaceAll(":", "-")}`;

const TYPES = { mp4: "video/mp4", ts: "video/mp2t" } as const;

/**
 * Headers of a file of a channel. Browsers play it where it is; with `?download=1` they save it. Throws `bad-request`.
 */
export function mediaHeaders(
  request: Request,
  channel: FootageChannel,
  startMs: number,
  ending: keyof typeof TYPES,
): Headers {
  const way = wantsDownload(new URL(request.url).searchParams) ? "attachment" : "inline";
  return new Headers({
    "content-type": TYPES[ending],
    "content-disposition": `${way}; filename="${fileNameOf(channel, startMs)}.${ending}"`,
    // Even an old interval changes when footage of it is deleted, so a copy is asked about each time.
    "cache-control": "no-cache",
  });
}

/** The same of an MP4. */
export const mp4Headers = (request: Request, channel: FootageChannel, startMs: number): Headers =>
  mediaHeaders(request, channel, startMs, "mp4");
