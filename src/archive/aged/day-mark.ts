import { join } from "node:path";
import { z } from "zod";
import type { IndexDatabase } from "../../db/index/index-database.ts";
import type { RecordingRow } from "../../db/index/rows.ts";
import type { Files } from "../../platform/files.ts";
import type { FolderDay, Kept } from "./aged-day.ts";

/** The file in a day's folder that says what was decided about the day. */
export const DAY_MARK = ".nightjar-day.json";
const MAX_BYTES = 4 << 20;

const markSchema = z.object({
  keptAsIs: z.object({
    why: z.string(),
    /** How many segments each of the recordings had, by its id: with more of either, the day is looked at again. */
    recordings: z.record(z.string(), z.int()),
    /** The settings that led to it, as text: by others the day is looked at again. Absent where none matter. */
    settings: z.string().optional(),
  }),
});
export type DayMark = z.infer<typeof markSchema>;
const mirrorSchema = z.record(z.string(), markSchema);
type Mirror = z.infer<typeof mirrorSchema>;

type Meta = Pick<IndexDatabase, "meta" | "setMeta">;
type Counted = Pick<RecordingRow, "id" | "segmentCount">;

const KEY = "day-marks";
const keyOf = ({ root, channel, date }: FolderDay): string => `${root} ${channel}/${date}`;

const mirrorOf = (index: Meta): Mirror => mirrorSchema.parse(JSON.parse(index.meta(KEY) ?? "{}"));

/** What the index knows of the marks: the same as their files say. */
export function dayMarks(index: Meta): (day: FolderDay) => DayMark | undefined {
  const all = mirrorOf(index);
  return (day) => all[keyOf(day)];
}

/** Tells the index of marks, by their days, in the place of all that it knew of one root. In a transaction. */
export function replaceDayMarks(index: Meta, root: string, marks: readonly [FolderDay, DayMark][]): void {
  const others = Object.entries(mirrorOf(index)).filter(([key]) => !key.startsWith(`${root} `));
  const known = marks.map(([day, mark]): [string, DayMark] => [keyOf(day), mark]);
  index.setMeta(KEY, JSON.stringify(Object.fromEntries([...others, ...known])));
}

/** Writes down, durably, that a day stays as it is; first in its folder, so that it outlives the index. */
export async function markDay(
  { files, index }: { files: Files; index: IndexDatabase },
  day: FolderDay,
  folder: string,
  { why, recordings: counted, settings }: Kept & { recordings: readonly Counted[] },
): Promise<void> {
  const recordings = Object.fromEntries(
    counted.map(({ id, segmentCount }): [string, number] => [id, segmentCount]),
  );
  const whole: DayMark = { keptAsIs: { why, recordings, ...(settings === undefined ? {} : { settings }) } };
  await files.writeWhole(join(folder, DAY_MARK), new TextEncoder().encode(`${JSON.stringify(whole)}\n`));
  index.transaction(() => {
    const there = Object.entries(mirrorOf(index)).filter(([key]) => {
      const [root = "", path = ""] = key.split(" ");
      const [channel = "", date = ""] = path.split("/");
      return index.rowsOfFolder(channel, root, date).length > 0;
    });
    index.setMeta(KEY, JSON.stringify({ ...Object.fromEntries(there), [keyOf(day)]: whole }));
  });
}

/** The mark in a day's folder; `undefined` without one, and for one that can't be read as such. */
export async function readDayMark(files: Files, folder: string): Promise<DayMark | undefined> {
  const path = join(folder, DAY_MARK);
  const found = await files.stat(path);
  if (found?.kind !== "file" || found.sizeBytes > MAX_BYTES) return undefined;
  try {
    return markSchema.parse(JSON.parse(new TextDecoder().decode(await files.read(path))));
  } catch {
    return undefined;
  }
}

/**
 * Whether a day has nothing but what it was decided to keep as it is.
 * @param settings how it would be made smaller now
 */
export const isKeptAsIs = (
  mark: DayMark | undefined,
  recordings: readonly Counted[],
  settings: string | undefined,
): boolean =>
  mark !== undefined &&
  [undefined, settings].includes(mark.keptAsIs.settings) &&
  recordings.every(({ id, segmentCount }) => segmentCount <= (mark.keptAsIs.recordings[id] ?? -1));
