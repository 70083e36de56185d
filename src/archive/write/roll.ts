import { createHash } from "node:crypto";
import type { KeepLimits } from "../../db/state/state-database.ts";
import { daySpanMs, localDateOf, nextLocalHourMs } from "../../platform/zone.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Channels change their files within this time after the full hour. */
const STAGGER_MS = 5 * 60_000;

/** A recording is not continued beyond either. */
export type FileLimits = { maxMs: number; maxBytes: number };

/** What the user wants a recording to be at most; where both are absent, the archive decides. */
export type WantedFileMax = { readonly durationMs?: number; readonly bytes?: number };

/**
 * The size of a recording: what the user wants, or the smallest of an hour, 1/24 of what the channel keeps, and
 * 1/16 of the storage divided by the number of channels, so that the oldest one can always make room.
 */
export function fileLimits(
  keep: KeepLimits,
  storageBytes: number,
  channelCount: number,
  wanted: WantedFileMax = {},
): FileLimits {
  if (wanted.durationMs !== undefined || wanted.bytes !== undefined)
    return { maxMs: Math.min(HOUR_MS, wanted.durationMs ?? HOUR_MS), maxBytes: wanted.bytes ?? Infinity };
  const keepMs = Math.min(
    keep.maxAgeMs ?? Infinity,
    keep.days === undefined ? Infinity : (keep.days + 1) * DAY_MS,
  );
  return {
    maxMs: Math.min(HOUR_MS, keepMs / 24),
    maxBytes: Math.min((keep.maxBytes ?? Infinity) / 24, storageBytes / 16 / Math.max(1, channelCount)),
  };
}

/** How long after the full hour a channel changes its files: always the same, and spread over the channels. */
export const staggerMs = (channel: string): number =>
  createHash("sha256").update(channel).digest().readUInt32BE(0) % STAGGER_MS;

/**
 * When a recording that begins at `startMs` ends at the latest: at the full hour of local time, staggered by
 * channel, but at local midnight exactly. A change right after the start is left out.
 */
export function nextChangeMs(startMs: number, channel: string, zone: string): number {
  const midnightMs = daySpanMs(localDateOf(startMs, zone), zone).endMs;
  const stagger = staggerMs(channel);
  const earliestMs = startMs + STAGGER_MS - stagger;
  return Math.min(midnightMs, nextLocalHourMs(earliestMs, zone) + stagger);
}
