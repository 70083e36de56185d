import type { LiveEdge } from "../archive/live/live-edge.ts";
import type { FootageChannel } from "../archive/footage.ts";
import { badParameter } from "../platform/errors.ts";
import type { PlaybackDeps } from "./deps.ts";
import type { List } from "./lists.ts";
import { whenLive, type LiveWait } from "./live-wait.ts";
import { neededTargetDuration } from "./media-playlist.ts";
import { mediaSequenceOf } from "./stretch.ts";

/** What an answer shall wait for: a segment by its media sequence number, or one of its parts. */
export type WantedUpdate = { mediaSequence: number; part?: number };

/** Segments that may be asked for before they are there, counted from the newest listed one. */
const SEGMENTS_AHEAD = 2;

function numberParameter(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw badParameter(name, text.slice(0, 40), "a whole number");
  return Number(text);
}

/** `_HLS_msn` and `_HLS_part` (draft-pantos-hls-rfc8216bis 6.2.5.2). Throws `bad-request`. */
export function wantedUpdate(query: URLSearchParams): WantedUpdate | undefined {
  const mediaSequence = numberParameter(query, "_HLS_msn");
  const part = numberParameter(query, "_HLS_part");
  if (mediaSequence === undefined) {
    if (part === undefined) return undefined;
    throw badParameter("_HLS_part", String(part), "an _HLS_msn beside it");
  }
  return { mediaSequence, ...(part === undefined ? {} : { part }) };
}

/**
 * Refuses what no list will have soon (6.2.5.2). Players count parts on from the segments before, so as many may be
 * asked for as come while an answer waits.
 * @param lastListed number of the newest segment in the list as it is
 */
function checkNear(
  { mediaSequence, part }: WantedUpdate,
  lastListed: number,
  edge: LiveEdge | undefined,
  limitMs: number,
): void {
  const farthest = lastListed + SEGMENTS_AHEAD;
  if (mediaSequence > farthest) {
    const wanted = `at most ${farthest}, as the list ends with ${lastListed}`;
    throw badParameter("_HLS_msn", String(mediaSequence), wanted);
  }
  if (!edge || part === undefined || mediaSequence <= lastListed) return;
  const known = edge.next?.mediaSequence === mediaSequence ? edge.next.parts.length : 0;
  const most = known + Math.ceil((limitMs * 90) / edge.partTargetTicks);
  if (part > most) throw badParameter("_HLS_part", String(part), `at most ${most}`);
}

/** Whether a list made now has what is wanted. */
function isThere(
  { mediaSequence, part }: WantedUpdate,
  lastListed: number,
  edge: LiveEdge | undefined,
): boolean {
  const whole = Math.max(lastListed, edge?.stored.at(-1)?.mediaSequence ?? 0);
  const { next, stored = [] } = edge ?? {};
  const partsOfNext = next?.mediaSequence === whole + 1 ? next.parts.length : 0;
  if (whole > mediaSequence) return true;
  if (part === undefined) return whole >= mediaSequence;
  if (whole < mediaSequence) return mediaSequence === whole + 1 && part < partsOfNext;
  const told = stored.find((segment) => segment.mediaSequence === mediaSequence);
  // A number behind the last part of a segment means the first part of the next one.
  return told === undefined || part < told.parts.length || partsOfNext > 0;
}

/**
 * Waits until a list has what its reader wants: as long as `limitMs`, but not beyond the end of a run. Throws
 * `bad-request` for what is too far ahead.
 */
export async function untilUpdated(wait: LiveWait, wanted: WantedUpdate, lastListed: number): Promise<void> {
  const edgeNow = () => wait.live.liveEdge(wait.channel);
  const before = edgeNow();
  checkNear(wanted, lastListed, before, wait.limitMs);
  const hadRun = before?.next?.run;
  await whenLive(wait, () => {
    const edge = edgeNow();
    const hasEnded =
      hadRun !== undefined && edge?.next?.run !== hadRun && edge?.stored.at(-1)?.run === hadRun;
    return isThere(wanted, lastListed, edge) || hasEnded ? true : undefined;
  });
}

/** A list that is asked for again and again waits for at most so many target durations (6.2.5.2). */
const TARGETS_TO_WAIT = 3;

/**
 * Holds a request for a live list back until the list has what it asks for by `_HLS_msn` and `_HLS_part`. When that
 * does not come in time the list is answered as it is: an error would end the playback of a camera that comes back.
 */
export async function holdReload(
  { live, clock, segmentTargetMs }: PlaybackDeps,
  request: Request,
  channel: FootageChannel,
  listNow: () => List,
): Promise<void> {
  const wanted = wantedUpdate(new URL(request.url).searchParams);
  if (!wanted || !live) return;
  const { stretches, isEnded } = listNow();
  const newest = stretches.at(-1);
  if (isEnded || !newest) return;
  const targetMs = Math.max(segmentTargetMs, neededTargetDuration(stretches) * 1000);
  const { signal } = request;
  const wait = { live, clock, channel: channel.id, signal, limitMs: TARGETS_TO_WAIT * targetMs };
  await untilUpdated(wait, wanted, mediaSequenceOf(newest.recording, newest.last));
}
