import { identityOf, ticketFor } from "../access/identity.ts";
import { isSecure } from "../access/peer.ts";
import type { Footage, FootageChannel } from "../archive/footage.ts";
import type { LiveFootage } from "../archive/live/live-edge.ts";
import type { Clock } from "../platform/clock.ts";
import { notFound } from "../platform/errors.ts";
import type { ListedStore } from "./listed-numbers.ts";
import type { TargetDurationStore } from "./target-durations.ts";

/** What playback needs of the rest of the program. */
export type PlaybackDeps = {
  footage: Footage;
  /** The newest footage in parts; without it live lists have whole segments only. */
  live?: LiveFootage | undefined;
  clock: Clock;
  /** The length that segments are made to have, in ms. */
  segmentTargetMs: number;
  /** Changes whenever the footage of a channel does; without it no answer is used twice. */
  footageStamp?: ((channel: string) => string) | undefined;
  /** Keeps target durations of lists that grow; without it they are kept in memory. */
  targetDurations?: TargetDurationStore | undefined;
  /**
   * Of channels whose segments are files: the start (ms UTC) of the newest one before which nothing is waited for any
   * more; `undefined` for all others.
   */
  settledMs?: ((channel: string) => number | undefined) | undefined;
  /** How long it takes until the next of them is settled, in ms; `undefined` when none is waited for. */
  settlesInMs?: ((channel: string) => number | undefined) | undefined;
  /** Keeps the numbers that such segments get in lists; without it they end with the process. */
  listed?: ListedStore | undefined;
  /** Address under which a proxy offers the server; put before addresses that leave a page. */
  publicUrl?: string | undefined;
  /** Whom old addresses mean that name no channel; otherwise the first. */
  defaultChannel?: string | undefined;
  /** The first configured channel that files are sent to or found for; addresses of dates mean it. */
  firstFileChannel?: (() => string | undefined) | undefined;
  /** Zone of times without an offset at the addresses of HLS PVR; the channel's by default. */
  naiveTimes?: "channel" | "utc" | undefined;
  /** Days of footage that a channel keeps, where that is limited. */
  keepDays?: ((channel: string) => number | undefined) | undefined;
};

/** A channel by its id in an address. Throws `not-found`. */
export function channelOf(footage: Footage, id: string): FootageChannel {
  const channel = footage.channel(id);
  if (channel) return channel;
  const known = footage.channels().map((each) => each.id);
  const list =
    known.length > 0 ? [`Channels: ${known.slice(0, 20).join(", ")}${known.length > 20 ? ", …" : ""}`] : [];
  throw notFound(`There is no channel ${JSON.stringify(id.slice(0, 80))}`, list);
}

/** The channel that an address without one means. Throws `not-found`. */
export function defaultChannelOf({ footage, defaultChannel }: PlaybackDeps): FootageChannel {
  const id = defaultChannel ?? footage.channels().find((channel) => !channel.isRetired)?.id;
  if (id === undefined) throw notFound("No channel is configured yet");
  return channelOf(footage, id);
}

/** The channel that an address of a date without a channel means. Throws `not-found`. */
export function datesChannelOf(deps: PlaybackDeps): FootageChannel {
  const id = deps.defaultChannel ?? deps.firstFileChannel?.();
  return id === undefined ? defaultChannelOf(deps) : channelOf(deps.footage, id);
}

/** Where a request says that this server is reached, without a path. */
export const originOf = (request: Request, publicUrl: string | undefined): string => {
  const host = request.headers.get("host");
  return (
    publicUrl?.replace(/\/+$/, "") ??
    (host ? `${isSecure(request, publicUrl) ? "https" : "http"}://${host}` : new URL(request.url).origin)
  );
};

/** What stands before the path of an absolute address: with a ticket where people sign in, as players can't. */
export const baseAddress = (request: Request, publicUrl: string | undefined): string =>
  originOf(request, publicUrl) + ticketFor(identityOf(request));
