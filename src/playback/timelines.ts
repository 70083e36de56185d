import type { FootageChannel } from "../archive/footage.ts";
import { badParameter, notFound } from "../platform/errors.ts";
import { isoOf } from "../platform/zone.ts";
import type { List } from "./lists.ts";
import type { ListNumbers } from "./media-playlist.ts";
import { numberedTail } from "./sequence.ts";
import { segmentCount, segmentEndMs, withoutLeadingDiscontinuity, type Stretch } from "./stretch.ts";

/** The number of `?timeline=`, if there is one. Throws `bad-request`. */
export function timelineParameter(query: URLSearchParams): number | undefined {
  const given = query.get("timeline");
  if (given === null || given === "") return undefined;
  // Those of aged days lie below 0.
  if (!/^-?\d{1,9}$/.test(given))
    throw badParameter("timeline", given.slice(0, 40), "the number of a timeline, such as 3");
  return Number(given);
}

/**
 * What a list shows of one timeline: for players that can't follow a change of codecs or sound in one list. Only the
 * newest timeline still grows. Throws `not-found`.
 */
export function onlyTimeline(list: List, timeline: number): List {
  const stretches = list.stretches.filter(({ run }) => run.timeline === timeline);
  if (stretches.length === 0) {
    const known = [...new Set(list.stretches.map(({ run }) => run.timeline))].slice(0, 100);
    throw notFound(`There is nothing of timeline ${timeline} in this list`, [
      `Timelines: ${known.join(", ")}`,
    ]);
  }
  const isNewest = list.stretches.at(-1)?.run.timeline === timeline;
  if (!isNewest || list.isEnded)
    return { stretches: withoutLeadingDiscontinuity(stretches), kind: "vod", isEnded: true };
  if (list.numbers) return newestTimeline(list, list.numbers, timeline);
  const shown = list.kind === "sliding" ? numberedTail(stretches) : withoutLeadingDiscontinuity(stretches);
  return { ...list, stretches: shown };
}

/** The end of a list, back to where another timeline comes between: its segments have the numbers that they had. */
function newestTimeline(list: List, numbers: ListNumbers, timeline: number): List {
  const start = list.stretches.findLastIndex(({ run }) => run.timeline !== timeline) + 1;
  const front = list.stretches.slice(0, start);
  const shown = list.stretches.slice(start);
  const discontinuities = [...front, ...shown.slice(0, 1)].filter((each) => each.isDiscontinuity).length;
  return {
    ...list,
    stretches: withoutLeadingDiscontinuity(shown),
    numbers: {
      mediaSequence: numbers.mediaSequence + segmentCount(front),
      discontinuitySequence: numbers.discontinuitySequence + discontinuities,
    },
  };
}

/** A timeline within an interval: consecutive runs with equal inits. */
export type TimelineEntry = {
  timeline: number;
  /** Of its first and after its last picture in the interval, ISO 8601 with the zone's offset. */
  from: string;
  to: string;
  /** RFC 6381. */
  codecs: string[];
  width: number;
  height: number;
  hasSound: boolean;
  /** Its playlist, as a path. */
  list: string;
};

/** The timelines of a sequence, in order; `listOf` gives the address of one's playlist. */
export function timelineEntries(
  stretches: readonly Stretch[],
  channel: FootageChannel,
  listOf: (timeline: number) => string,
): TimelineEntry[] {
  const entries = new Map<number, TimelineEntry>();
  for (const { run, first, last } of stretches) {
    const known = entries.get(run.timeline);
    const to = isoOf(segmentEndMs(last, run), channel.zone);
    if (known) {
      known.to = to;
      continue;
    }
    const { timeline, videoCodec, audioCodec, width, height } = run;
    entries.set(timeline, {
      timeline,
      from: isoOf(first.startMs, channel.zone),
      to,
      codecs: audioCodec === null ? [videoCodec] : [videoCodec, audioCodec],
      width,
      height,
      hasSound: audioCodec !== null,
      list: listOf(timeline),
    });
  }
  return [...entries.values()];
}
