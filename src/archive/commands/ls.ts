import { NightjarError } from "../../platform/errors.ts";
import { diskFiles } from "../../platform/files.ts";
import { isoOf } from "../../platform/zone.ts";
import { endWords } from "../../media/reasons.ts";
import { listFootage, openRecordings, type ListedChannel, type ListedDay } from "../inspect/listing.ts";
import { sizeText } from "../keep/size-text.ts";
import {
  heirOfChannels,
  rootsThere,
  unknownChannel,
  withIndex,
  zoneOfChannels,
  type CommandContext,
} from "./context.ts";

/** Gaps of a day that are shown one by one; `--json` has all. */
const MAX_GAPS = 20;
/** So many days in a row without footage are one line. */
const LEAST_ALIKE = 3;

const timeOf = (ms: number, zone: string): string => isoOf(ms, zone).slice(11, 19);

/** A length of time for people: `23 h 59 min`, `4 min 5 s`, `0.8 s`. */
export function lengthText(ms: number): string {
  if (ms < 10_000) return `${Math.round(ms / 100) / 10} s`;
  const seconds = Math.round(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

function dayLines(day: ListedDay, zone: string): string[] {
  const locked = day.lockedRecordings > 0 ? `, ${day.lockedRecordings} locked` : "";
  const end = (ms: number): string => (timeOf(ms, zone) === "00:00:00" ? "24:00:00" : timeOf(ms, zone));
  const gaps = day.gaps.slice(0, MAX_GAPS).map((gap) => {
    const length = lengthText(gap.endMs - gap.startMs);
    return `      gap ${timeOf(gap.startMs, zone)}-${end(gap.endMs)}  ${length}: ${endWords(gap)}`;
  });
  return [
    `  ${day.date}  ${lengthText(day.coveredMs)}, ${sizeText(day.sizeBytes)}${locked}`,
    ...day.spans.map((span) => `    ${timeOf(span.startMs, zone)}-${end(span.endMs)}`),
    ...gaps,
    ...(day.gaps.length > MAX_GAPS ? [`      and ${day.gaps.length - MAX_GAPS} more gaps`] : []),
  ];
}

/** Why there is nothing at all of a day; `undefined` of days with footage, or with more than one reason. */
function whyEmpty({ spans, gaps }: ListedDay): string | undefined {
  const [gap] = gaps;
  if (spans.length > 0 || gaps.length !== 1 || !gap) return undefined;
  return endWords(gap);
}

/** Days without any footage for one and the same reason are one line. */
function daysLines(days: readonly ListedDay[], zone: string): string[] {
  const groups: { why: string | undefined; days: ListedDay[] }[] = [];
  for (const day of days) {
    const why = whyEmpty(day);
    const last = groups.at(-1);
    if (last && why !== undefined && last.why === why) last.days.push(day);
    else groups.push({ why, days: [day] });
  }
  return groups.flatMap(({ why, days: alike }) => {
    const [first, last] = [alike[0], alike.at(-1)];
    if (alike.length < LEAST_ALIKE || !first || !last) return alike.flatMap((day) => dayLines(day, zone));
    return [`  ${first.date} to ${last.date}  ${alike.length} days without footage: ${why}`];
  });
}

function channelLines(channel: ListedChannel): string[] {
  const { id, zone, recordings, sizeBytes, startMs, endMs } = channel;
  return [
    `${id}  ${recordings} recordings, ${sizeText(sizeBytes)}, ${isoOf(startMs, zone)} to ${isoOf(endMs, zone)} (${zone})`,
    ...daysLines(channel.days, zone),
  ];
}

/** `nightjar ls [CHANNEL] [DATE] [--json]`: what is there, what is being written included. Ends with 0, for an unknown channel with 1. */
export async function runLs(context: CommandContext): Promise<number> {
  const { args, config, stdout } = context;
  const [channel, date] = args.arguments;
  if (date !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(date))
    throw new NightjarError("bad-request", `found the date ${JSON.stringify(date)}; wanted YYYY-MM-DD`);
  const filter = { ...(channel === undefined ? {} : { channel }), ...(date === undefined ? {} : { date }) };
  const files = diskFiles();
  return await withIndex(context, async (index, state) => {
    const unknown = channel === undefined ? undefined : unknownChannel({ config, index, state }, channel);
    if (unknown) throw unknown;
    const there = await rootsThere(files, config.storage.path, [...index.roots(), ...(state?.roots() ?? [])]);
    const open = await openRecordings(files, index, (id) => there.get(id));
    const listed = listFootage(index, open, zoneOfChannels(config, state), filter, heirOfChannels(config));
    if (args.options["json"] !== undefined) {
      stdout(JSON.stringify({ channels: [...listed] }));
      return 0;
    }
    let isEmpty = true;
    for (const one of listed) {
      isEmpty = false;
      for (const line of channelLines(one)) stdout(line);
    }
    if (!isEmpty) return 0;
    stdout(channel === undefined ? "Nothing was recorded yet." : `There is no footage of ${channel}.`);
    const indexed = new Set(index.roots().map(({ id }) => id));
    for (const { id, path } of state?.roots() ?? []) {
      const isUnread = !indexed.has(id) && !there.has(id);
      if (isUnread) stdout(`The storage at ${path} is not there; what lies on it is not known now.`);
    }
    return 0;
  });
}
