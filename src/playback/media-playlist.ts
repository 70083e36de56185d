import {
  DISCONTINUITY_LINE,
  ENDLIST_LINE,
  mapLine,
  mediaPlaylistHead,
  roundedSeconds,
  type MediaPlaylistHead,
} from "../media/m3u8.ts";
import { initAddress } from "./addresses.ts";
import type { EntryShape, EntryTexts } from "./entry-texts.ts";
import { durationTicks90k, mediaSequenceOf, timelineCount, type Stretch } from "./sequence.ts";

/** `vod` never changes, `event` only grows, `sliding` also loses entries at its front. */
export type ListKind = "vod" | "event" | "sliding";

export type MediaPlaylistOptions = {
  kind: ListKind;
  /** Nothing will be added any more. Always so for `vod`. */
  isEnded: boolean;
  /** VLC reads one EXT-X-MAP, the first of the list, once; see `shapeOf`. */
  isVlc: boolean;
  /** The way from the list's folder to the channel's. */
  prefix: string;
  targetDurationSeconds: number;
  /** Where players shall begin, in seconds from the start of the list. */
  startOffsetSeconds?: number;
};

/** The smallest target duration that the segments allow (RFC 8216 4.3.3.1), in seconds; at least 1. */
export function neededTargetDuration(stretches: readonly Stretch[]): number {
  let longestTicks = 0;
  for (const stretch of stretches) {
    for (const segment of stretch.segments)
      longestTicks = Math.max(longestTicks, durationTicks90k(segment, stretch.run));
  }
  return Math.max(1, roundedSeconds(longestTicks));
}

/**
 * VLC 3 takes the first EXT-X-MAP of a list for all of it, and so decodes nonsense after a seek to footage with
 * another init. Without the tag, and with an init in every segment, it plays; needed when there is more than
 * one init, and in lists that grow, which may get another at any time.
 */
function usesMap(stretches: readonly Stretch[], options: MediaPlaylistOptions): boolean {
  return !options.isVlc || (options.kind === "vod" && timelineCount(stretches) === 1);
}

/**
 * A media playlist of the stretches, which must not be empty. Lists that can't lose entries are numbered from
 * 0, sliding ones by the stored numbers.
 */
export function mediaPlaylist(
  stretches: readonly Stretch[],
  options: MediaPlaylistOptions,
  texts: EntryTexts,
): string {
  const first = stretches[0];
  const firstSegment = first?.segments[0];
  if (!first || !firstSegment) throw new RangeError("a playlist needs at least one segment");
  const isSliding = options.kind === "sliding";
  const head: MediaPlaylistHead = {
    targetDurationSeconds: options.targetDurationSeconds,
    mediaSequence: isSliding ? mediaSequenceOf(first.recording, firstSegment) : 0,
    discontinuitySequence: isSliding ? first.recording.discontinuitySequence : 0,
  };
  if (options.kind === "vod") head.type = "VOD";
  if (options.kind === "event") head.type = "EVENT";
  if (options.startOffsetSeconds !== undefined) head.startOffsetSeconds = options.startOffsetSeconds;

  const hasMap = usesMap(stretches, options);
  const isEveryDated = stretches.some((stretch) => stretch.isDiscontinuity);
  const parts = [mediaPlaylistHead(head)];
  let mapTimeline: number | undefined;
  for (const stretch of stretches) {
    if (stretch.isDiscontinuity) parts.push(DISCONTINUITY_LINE);
    if (hasMap && mapTimeline !== stretch.run.timeline) {
      mapTimeline = stretch.run.timeline;
      parts.push(mapLine(options.prefix + initAddress(stretch.run.id, "mp4")));
    }
    const inits: EntryShape["inits"] = !hasMap ? "all" : stretch.isFirstOfInit ? "first" : "none";
    parts.push(texts.of(stretch, { prefix: options.prefix, isEveryDated, inits }));
  }
  if (options.isEnded) parts.push(ENDLIST_LINE);
  return parts.join("");
}
