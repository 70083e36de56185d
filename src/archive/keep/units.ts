import type { IndexDatabase } from "../../db/index/index-database.ts";
import { isAged, type RecordingRow } from "../../db/index/rows.ts";

/** The units that recordings belong to, each once, in order: a recording by itself, or all recordings of a film. */
export function unitsOf(
  index: Pick<IndexDatabase, "unitOf">,
  rows: readonly RecordingRow[],
): (readonly RecordingRow[])[] {
  const films = new Set<string>();
  return rows.flatMap((row) => {
    if (!isAged(row)) return [[row]];
    const name = `${row.root} ${row.path}`;
    if (films.has(name)) return [];
    films.add(name);
    return [index.unitOf(row)];
  });
}

/** From the first to the last moment of a unit, ms UTC. */
export const spanOf = (unit: readonly RecordingRow[]): { startMs: number; endMs: number } => ({
  startMs: Math.min(...unit.map(({ startMs }) => startMs)),
  endMs: Math.max(...unit.map(({ endMs }) => endMs)),
});
