import { endWords } from "../media/reasons.ts";
import type { ChannelStatus } from "./channel-status.ts";

/** A channel as `/api/channels` lists it. Times in ms UTC. */
export function channelSummary(channel: ChannelStatus) {
  const { id, name, zone, kind, condition, headline, dayWords, picture, advice, hasFootage } = channel;
  const { arrivals, newestMs } = channel;
  return {
    id,
    name,
    timezone: zone,
    source: kind ?? null,
    state: condition,
    words: headline,
    today: dayWords,
    picture: picture ?? null,
    advice,
    hasFootage,
    newestMs: newestMs ?? null,
    ...(arrivals
      ? {
          arrivals: {
            lastMs: arrivals.lastArrivalMs ?? null,
            lateFiles: arrivals.lateFiles,
            quarantinedFiles: arrivals.quarantinedFiles,
            unreadableFiles: arrivals.unreadableFiles,
          },
        }
      : {}),
    live: `/${id}/live.m3u8`,
  };
}

/** One channel with its local day: what is recorded, and each gap with its reason. */
export function channelDetails(channel: ChannelStatus) {
  const { today } = channel;
  return {
    ...channelSummary(channel),
    day: {
      date: today.date,
      startMs: today.startMs,
      endMs: today.endMs,
      nowMs: today.nowMs,
      recorded: today.spans,
      gaps: today.gaps.map((gap) => ({ ...gap, words: endWords(gap) })),
    },
  };
}
