import type { Footage, FootageChannel } from "../archive/footage.ts";
import type { Clips } from "../clips/clip.ts";
import type { ChannelConfig, Config } from "../config/config.ts";
import { isByFiles } from "../config/source-kinds.ts";
import type { StateDatabase } from "../db/state/state-database.ts";
import type { Jobs } from "../jobs/job-kind.ts";
import type { Clock } from "../platform/clock.ts";
import { addDays, daySpanMs, localDateOf, type LocalDate } from "../platform/zone.ts";
import { workKey } from "./timelapse-request.ts";

export type MissingDaysDeps = {
  footage: Footage;
  clips: Clips;
  jobs: Jobs;
  clock: Clock;
  state: Pick<StateDatabase, "meta" | "setMeta">;
  current: () => Config;
};

/** What is recorded at midnight is written by then. */
const SETTLED_MS = 120_000;
/** Clients send what they have from before midnight for up to twelve hours. */
const FILES_SETTLED_MS = 13 * 3_600_000;
/** Days looked back for, at most: an archive of years is not done on the first day. */
const MOST_DAYS = 400;

const metaKey = (channel: string): string => `timelapse.until.${channel}`;

/** The newest date whose day is over and settled. */
function newestDate({ source, zone }: ChannelConfig, nowMs: number): LocalDate {
  const settledMs = isByFiles(source.kind) ? FILES_SETTLED_MS : SETTLED_MS;
  return addDays(localDateOf(nowMs - settledMs, zone), -1);
}

/** The date of a channel's oldest footage of a span of days, these included. */
function oldestDate(
  footage: Footage,
  { id, zone }: FootageChannel,
  [first, last]: readonly [LocalDate, LocalDate],
): LocalDate | undefined {
  const [oldest] = footage.recordings(id, daySpanMs(first, zone).startMs, daySpanMs(last, zone).endMs);
  const date = oldest && localDateOf(oldest.startMs, zone);
  return date !== undefined && date < first ? first : date;
}

/**
 * Adds jobs for days that are over and have footage and no timelapse: the last one, and those that were missed. How far
 * that has come is written down for each channel, so that a film that was deleted is not made again.
 */
export function addMissingDays(deps: MissingDaysDeps): void {
  for (const channel of deps.current().channels.values()) {
    if (channel.timelapse) addDaysOf(deps, channel);
  }
}

function addDaysOf({ footage, clips, jobs, clock, state }: MissingDaysDeps, channel: ChannelConfig): void {
  const shown = footage.channel(channel.id);
  const newestMs = footage.newest(channel.id, 1).at(-1)?.endMs;
  if (!shown || newestMs === undefined) return;
  const last = newestDate(channel, clock.nowMs());
  const stored = state.meta(metaKey(channel.id));
  // One behind all footage was written while the clock was wrong.
  const until = stored !== undefined && stored <= localDateOf(newestMs, shown.zone) ? stored : undefined;
  const earliest = addDays(last, -MOST_DAYS);
  const first = until === undefined ? oldestDate(footage, shown, [earliest, last]) : addDays(until, 1);
  if (first === undefined || first > last) return;
  const done = new Set(
    clips
      .list("timelapse", channel.id)
      .filter(({ isWholeDay }) => isWholeDay)
      .map(({ localTime }) => localTime),
  );
  let newest: LocalDate | undefined;
  // The newest first: it is the one that somebody waits for.
  for (let date = last; date >= first && date >= earliest; date = addDays(date, -1)) {
    const { startMs, endMs } = daySpanMs(date, shown.zone);
    if (footage.recordings(channel.id, startMs, endMs).length === 0) continue;
    newest ??= date;
    if (done.has(date)) continue;
    const payload = { channel: channel.id, date };
    jobs.add({ kind: "timelapse", channel: channel.id, payload, workKey: workKey(payload), who: "" });
  }
  if (newest !== undefined) state.setMeta(metaKey(channel.id), newest);
}
