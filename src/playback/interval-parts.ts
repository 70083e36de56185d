import type { FootageChannel } from "../archive/footage.ts";
import { NightjarError } from "../platform/errors.ts";
import { segmentEndMs, type Stretch } from "./stretch.ts";
import { spanText } from "./lists.ts";
import type { Interval } from "./time-parameters.ts";

/** Spans that an answer names; a camera that reconnects with new settings all day would have hundreds. */
const MOST_SPANS = 20;

/**
 * Whether all stretches can be played with one init: they are of one format and its bytes are the same, whatever came
 * between.
 */
export function haveOneInit(stretches: readonly Stretch[]): boolean {
  const runs = new Map(stretches.map(({ run }) => [run.id, run]));
  const [first, ...others] = runs.values();
  return (
    first === undefined ||
    others.every(
      ({ format, init, audioCodec }) =>
        format === first.format && audioCodec === first.audioCodec && Buffer.compare(init, first.init) === 0,
    )
  );
}

/** What an interval can be had as. */
export type FileEnding = "mp4" | "ts";

/** Neighbours with equal inits, together. */
function groupsOf(stretches: readonly Stretch[]): Stretch[][] {
  const groups: Stretch[][] = [];
  for (const stretch of stretches) {
    const last = groups.at(-1);
    if (last?.[0] && haveOneInit([last[0], stretch])) last.push(stretch);
    else groups.push([stretch]);
  }
  return groups;
}

const wholeSeconds = (ms: number): number => Math.floor(ms / 1000);

type Part = {
  startMs: number;
  endMs: number;
  fromSeconds: number;
  toSeconds: number;
  isTs: boolean;
};

/** What each group covers, and an interval in whole seconds that holds nothing of its neighbours. */
function partsOf(groups: readonly Stretch[][], asked: Interval): Part[] {
  const spans = groups.map((group) => ({
    startMs: Math.min(...group.map(({ first }) => first.startMs)),
    endMs: Math.max(...group.map(({ last, run }) => segmentEndMs(last, run))),
    isTs: group[0]?.run.format === "ts",
  }));
  return spans.map(({ startMs, endMs, isTs }, index) => {
    const before = spans[index - 1];
    const after = spans[index + 1];
    // An interval takes in the segment that is playing at its start, which must not be one of the group before.
    const from = before ? Math.max(startMs, Math.ceil(before.endMs / 1000) * 1000) : asked.fromMs;
    const to = after ? Math.min(Math.ceil(endMs / 1000) * 1000, after.startMs) : asked.toMs;
    return { startMs, endMs, isTs, fromSeconds: wholeSeconds(from), toSeconds: wholeSeconds(to) };
  });
}

/**
 * Says that an interval is no single file, and which parts of it are. `isWhole` tells whether an interval has one init.
 */
export function differentInits(
  channel: FootageChannel,
  stretches: readonly Stretch[],
  asked: Interval,
  ending: FileEnding,
  isWhole: (interval: Interval) => boolean,
): NightjarError {
  const parts = partsOf(groupsOf(stretches), asked);
  const lines = parts.slice(0, MOST_SPANS).map(({ startMs, endMs, fromSeconds, toSeconds, isTs }) => {
    const span = spanText({ startMs, endMs }, channel.zone);
    const isThere =
      toSeconds > fromSeconds && isWhole({ fromMs: fromSeconds * 1000, toMs: toSeconds * 1000 });
    return isThere
      ? `${span}: /${channel.id}/archive-${fromSeconds}-${toSeconds - fromSeconds}.${isTs ? ending : "mp4"}`
      : `${span}: too short for a file of its own`;
  });
  if (parts.length > lines.length) lines.push(`and ${parts.length - lines.length} more`);
  return new NightjarError(
    "conflict",
    `The camera's settings changed in this interval, so one ${ending.toUpperCase()} can't hold it. These parts can be had:`,
    { details: lines },
  );
}
