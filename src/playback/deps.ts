import type { Footage, FootageChannel } from "../archive/footage.ts";
import type { Clock } from "../platform/clock.ts";
import { notFound } from "../platform/errors.ts";

/** What playback needs of the rest of the program. */
export type PlaybackDeps = {
  footage: Footage;
  clock: Clock;
  /** The length that segments are made to have, in ms. */
  segmentTargetMs: number;
  /** Address under which a proxy offers the server; put before addresses that leave a page. */
  publicUrl?: string | undefined;
  /** Whom old addresses mean that name no channel; otherwise the first. */
  defaultChannel?: string | undefined;
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

/** Where a request says that this server is reached, without a path. */
export const baseAddress = (request: Request, publicUrl: string | undefined): string => {
  const host = request.headers.get("host");
  return publicUrl?.replace(/\/+$/, "") ?? (host ? `http://${host}` : new URL(request.url).origin);
};
