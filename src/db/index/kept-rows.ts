import { SizedCache } from "../../platform/sized-cache.ts";
import type { RecordingRow, RunRow } from "./rows.ts";

const DAY_MS = 86_400_000;
/** No recording is longer: an hour, and a segment that began before its end. */
export const LONGEST_RECORDING_MS = 2 * 3_600_000;
/** Rows that are kept, about 350 bytes each: a month of sixteen channels, an hour each. */
const MAX_ROWS = 12_000;
/** Longer intervals are read each time. */
const MAX_DAYS = 10;
/** Runs that are kept, about two kilobytes each. */
const MAX_RUNS = 500;

/** How rows are read that are not kept. */
export type RowReader = {
  /** Closed recordings of a channel that overlap `[fromMs, toMs)` and begin at `earliestMs` or later, by their start. */
  rows(interval: { channel: string; fromMs: number; toMs: number; earliestMs: number }): RecordingRow[];
  run(id: string): RunRow | undefined;
  /** As long as it stays, every row stays; `undefined` while that can't be told. */
  version(): number | undefined;
};

/**
 * Rows that were read lately, for as long as nothing is written: to read one costs more than all that a short list makes
 * of it. Kept by days, as any hour may be asked for next. Nobody may change them.
 */
export class KeptRows {
  readonly #reader: RowReader;
  readonly #days = new SizedCache<readonly RecordingRow[]>(MAX_ROWS);
  readonly #runs = new SizedCache<RunRow | undefined>(MAX_RUNS);

  constructor(reader: RowReader) {
    this.#reader = reader;
  }

  /** Closed recordings of a channel that overlap `[fromMs, toMs)`, by their start. */
  between(channel: string, fromMs: number, toMs: number): RecordingRow[] {
    const earliestMs = fromMs - LONGEST_RECORDING_MS;
    const version = this.#reader.version();
    if (version === undefined || !(toMs - earliestMs <= MAX_DAYS * DAY_MS))
      return this.#reader.rows({ channel, fromMs, toMs, earliestMs });
    const found: RecordingRow[] = [];
    for (let day = Math.floor(earliestMs / DAY_MS); day * DAY_MS < toMs; day++)
      for (const row of this.#day(channel, day, version))
        if (row.startMs < toMs && row.startMs >= earliestMs && row.endMs > fromMs) found.push(row);
    return found;
  }

  #day(channel: string, day: number, version: number): readonly RecordingRow[] {
    const key = `${channel} ${day}`;
    const known = this.#days.get(key, version);
    if (known) return known;
    const earliestMs = day * DAY_MS;
    const interval = { channel, fromMs: Number.MIN_SAFE_INTEGER, toMs: earliestMs + DAY_MS, earliestMs };
    const rows = this.#reader.rows(interval);
    return this.#days.set(key, version, rows, rows.length + 1);
  }

  run(id: string): RunRow | undefined {
    const version = this.#reader.version();
    if (version === undefined) return this.#reader.run(id);
    const known = this.#runs.get(id, version);
    return known ?? this.#runs.set(id, version, this.#reader.run(id), 1);
  }
}
