import {
  DISCONTINUITY_LINE,
  ENDLIST_LINE,
  mapLine,
  mediaPlaylistHead,
  roundedSeconds,
  type MediaPlaylistHead,
  type ServerControl,
} from "../media/m3u8.ts";
import { initAddress, segmentAddress } from "./addresses.ts";
import type { EntryShape, EntryTexts } from "./entry-texts.ts";
import { plainPiece, type ListPiece } from "./list-text.ts";
import { haveOneDecoder } from "./sequence.ts";
import { durationTicks90k, mediaSequenceOf, stretchFrom, timelineCount, type Stretch } from "./stretch.ts";

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
  /** What is offered to those who reload the list. */
  serverControl?: ServerControl;
  /** So many segments at the front are left out: a Playlist Delta Update. */
  skippedSegments?: number;
  /** Each segment tells its wall time: who records the list, another Nightjar for one, then has it exactly. */
  isEveryDated?: boolean;
  /** What a sliding list begins with, where the stored numbers do not count. */
  numbers?: ListNumbers;
};

/** Media sequence number and discontinuity sequence number of a list's first segment. */
export type ListNumbers = { mediaSequence: number; discontinuitySequence: number };

const storedNumbers = ({ recording, first }: Stretch): ListNumbers => ({
  mediaSequence: mediaSequenceOf(recording, first),
  discontinuitySequence: recording.discontinuitySequence,
});

/** The smallest target duration that the segments allow (RFC 8216 4.3.3.1), in seconds; at least 1. */
export const neededTargetDuration = (stretches: readonly Stretch[]): number =>
  Math.max(1, roundedSeconds(stretches.reduce((most, { longestTicks }) => Math.max(most, longestTicks), 0)));

/**
 * How many segments a Playlist Delta Update may leave out: those that end farther than the skip boundary from
 * the end of the list (draft-pantos-hls-rfc8216bis 6.2.5.1).
 */
export function skippableCount(stretches: readonly Stretch[], boundaryTicks: number): number {
  let ticks = 0;
  let kept = 0;
  for (const { segments, run } of stretches.toReversed()) {
    for (const segment of segments.toReversed()) {
      if (ticks > boundaryTicks) break;
      ticks += durationTicks90k(segment, run);
      kept += 1;
    }
    if (ticks > boundaryTicks) break;
  }
  return stretches.reduce((sum, { count }) => sum + count, 0) - kept;
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
 * Which segments carry their own init, so that VLC goes on behind a discontinuity. Where the front of a list
 * slides away, an address must not depend on what stood before it: players compare addresses by their numbers.
 */
function initsOf(stretch: Stretch, kind: ListKind, hasMap: boolean): EntryShape["inits"] {
  if (!hasMap) return "all";
  return stretch.isFirstOfInit && kind !== "sliding" ? "first" : "none";
}

/** Three packets of MPEG-TS, by which segments begin with their tables, and some with a description before these. */
const TS_TABLES_BYTES = 3 * 188;

/** The initialization section of a stretch. Of MPEG-TS it is what its first segment begins with. */
const mapOf = ({ run, recording, first }: Stretch, prefix: string): string =>
  run.format === "ts"
    ? mapLine(prefix + segmentAddress(recording.id, first.ordinal, "ts"), TS_TABLES_BYTES)
    : mapLine(prefix + initAddress(run.id, "mp4"));

/**
 * A media playlist of the stretches, which must not be empty, in pieces. Lists that can't lose entries are numbered
 * from 0, sliding ones by the stored numbers.
 */
export function mediaPlaylistPieces(
  stretches: readonly Stretch[],
  options: MediaPlaylistOptions,
  texts: EntryTexts,
): ListPiece[] {
  const { kind, prefix, startOffsetSeconds, serverControl, skippedSegments = 0 } = options;
  const first = stretches[0];
  if (!first) throw new RangeError("a playlist needs at least one segment");
  const { numbers = storedNumbers(first) } = options;
  const head: MediaPlaylistHead = {
    targetDurationSeconds: options.targetDurationSeconds,
    ...(kind === "sliding" ? numbers : { mediaSequence: 0, discontinuitySequence: 0 }),
    skippedSegments,
    ...(startOffsetSeconds === undefined ? {} : { startOffsetSeconds }),
    ...(serverControl === undefined ? {} : { serverControl }),
  };
  if (kind === "vod") head.type = "VOD";
  if (kind === "event") head.type = "EVENT";

  const hasMap = usesMap(stretches, options);
  const isEveryDated = options.isEveryDated === true || stretches.some((stretch) => stretch.isDiscontinuity);
  const pieces = [plainPiece(mediaPlaylistHead(head))];
  let mapFirst: Stretch | undefined;
  let isMapTold = false;
  // A map is valid until the next one (RFC 8216 4.3.2.5): behind MP4, MPEG-TS needs one of its own.
  let isUnderMap = false;
  let toSkip = skippedSegments;
  for (const whole of stretches) {
    if (!mapFirst || !haveOneDecoder(mapFirst.run, whole.run)) {
      mapFirst = whole;
      const isTs = whole.run.format === "ts";
      isMapTold = isTs && !isUnderMap;
      isUnderMap ||= !isTs;
    }
    if (toSkip >= whole.count) {
      toSkip -= whole.count;
      continue;
    }
    const stretch = stretchFrom(whole, toSkip);
    toSkip = 0;
    if (stretch.isDiscontinuity) pieces.push(plainPiece(DISCONTINUITY_LINE));
    // A delta update tells the init that the whole list told for the same segment, not that of its own first one.
    if (hasMap && !isMapTold) pieces.push(plainPiece(mapOf(mapFirst, prefix)));
    isMapTold = true;
    pieces.push(texts.of(stretch, { prefix, isEveryDated, inits: initsOf(stretch, kind, hasMap) }));
  }
  if (options.isEnded) pieces.push(plainPiece(ENDLIST_LINE));
  return pieces;
}

/** The same in one. */
export const mediaPlaylist = (
  stretches: readonly Stretch[],
  options: MediaPlaylistOptions,
  texts: EntryTexts,
): string =>
  mediaPlaylistPieces(stretches, options, texts)
    .map((piece) => piece.text())
    .join("");
