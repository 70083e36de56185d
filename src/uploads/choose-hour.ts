import { extname, isAbsolute, join } from "node:path";
import type { KnownFile } from "../archive/files/file-footage.ts";
import type { MediaFacts } from "../media/media-facts.ts";
import { factsOf } from "./existing.ts";
import { byArrival, byMediaClock, type ClockAnchor } from "./second-hour.ts";
import type { Meaning, Meanings } from "./wall-times.ts";

/** Two files of the same side are taken this far apart, so that they show how the source's clock runs, in ms. */
const APART_MS = 300_000;

type Certain = { path: string; startMs: number };

/** The nearest file of a list and the nearest that lies well behind it. */
function pairOf(nearestFirst: readonly Certain[]): Certain[] {
  const [nearest] = nearestFirst;
  if (!nearest) return [];
  const other = nearestFirst.find(({ startMs }) => Math.abs(startMs - nearest.startMs) >= APART_MS);
  return other ? [nearest, other] : [nearest];
}

/** Up to four MPEG-TS files around the repeated hour whose times are beyond doubt. */
function certainFiles(
  folder: string,
  known: ReadonlyMap<string, KnownFile>,
  two: readonly [number, number],
): Certain[] {
  const hourMs = two[1] - two[0];
  const files = [...known]
    .filter(([name]) => extname(name) === ".ts")
    .map(([name, { startMs }]) => ({ path: isAbsolute(name) ? name : join(folder, name), startMs }))
    .sort((a, b) => a.startMs - b.startMs);
  const before = files.filter(({ startMs }) => startMs < two[0] - hourMs).reverse();
  const after = files.filter(({ startMs }) => startMs >= two[1] + hourMs);
  return [...pairOf(before), ...pairOf(after)];
}

export type HourQuestion = {
  folder: string;
  known: ReadonlyMap<string, KnownFile>;
  facts: MediaFacts;
  /** When it came, or was written last, ms UTC. */
  arrivedMs: number;
  /** Whether another file has the first hour's name. */
  isFirstTaken: boolean;
};

/** Which of its meanings a file has: the only one, or by the source's clock, or by when it came. */
export async function chooseMeaning(meanings: Meanings, question: HourQuestion): Promise<Meaning> {
  const [first, second] = meanings;
  if (!second) return first;
  const { folder, known, facts, arrivedMs, isFirstTaken } = question;
  const two = [first.startMs, second.startMs] as const;
  const anchors: ClockAnchor[] = [];
  const isTs = facts.parameters.format === "ts";
  for (const { path, startMs } of isTs ? certainFiles(folder, known, two) : []) {
    const found = await factsOf({ path }, "ts").catch(() => undefined);
    if (found) anchors.push({ startMs, sourceTicks: found.sourceTicks, isTs: true });
  }
  const durationMs = facts.durationTicks / 90;
  const startMs =
    byMediaClock(two, { sourceTicks: facts.sourceTicks, isTs }, anchors) ??
    byArrival(two, { arrivedMs, durationMs, isFirstTaken });
  return startMs === first.startMs ? first : second;
}
