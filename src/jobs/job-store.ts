import type { JobChange, JobRow, JobTable } from "../db/state/job-table.ts";
import type { Clock } from "../platform/clock.ts";
import { errorText } from "../platform/errors.ts";
import { logOf } from "../platform/log.ts";

const log = logOf("jobs");

/** A change that the database did not take is tried again after this. */
const STORE_AGAIN_MS = 10_000;

/**
 * The rows of the jobs. What the database does not take at the moment, as on a full disk, holds all the same, and is
 * stored as soon as it can be: work that is done is not done again for that.
 */
export class JobStore {
  readonly #table: JobTable;
  readonly #clock: Clock;
  readonly #late = new Map<number, JobChange>();
  #againMs = Number.NEGATIVE_INFINITY;

  constructor(table: JobTable, clock: Clock) {
    this.#table = table;
    this.#clock = clock;
  }

  /** Whether something is still to be stored. */
  get isLate(): boolean {
    return this.#late.size > 0;
  }

  row(id: number): JobRow | undefined {
    const row = this.#table.get(id);
    return row && this.current(row);
  }

  /** A row as it came from the database, with what the database does not know yet. */
  current(row: JobRow): JobRow {
    return { ...row, ...this.#late.get(row.id) };
  }

  /** Changes a row, in the database now or later on. */
  change(id: number, change: JobChange): void {
    if (!this.tryChange(id, change)) this.#late.set(id, { ...this.#late.get(id), ...change });
  }

  /** Changes a row unless the database does not take it; whether it did. */
  tryChange(id: number, change: JobChange): boolean {
    try {
      this.#table.update(id, { ...this.#late.get(id), ...change });
      this.#late.delete(id);
      return true;
    } catch (error) {
      log.error("Job {id} can't be stored: {error}", { id, error: errorText(error) });
      return false;
    }
  }

  /** Stores what is late, when it is time for another try. */
  catchUp(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs < this.#againMs) return;
    for (const [id, change] of this.#late) {
      if (this.tryChange(id, change)) continue;
      this.#againMs = nowMs + STORE_AGAIN_MS;
      return;
    }
  }
}
