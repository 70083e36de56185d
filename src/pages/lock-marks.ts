import type { LockMark } from "../../views/coverage-bar.tsx";
import type { LockRow } from "../db/index/rows.ts";
import { shownLocks } from "../locks/shown-locks.ts";
import type { DayCoverage } from "../status/coverage.ts";
import { timeWords } from "../status/words.ts";

/** What of a day is locked, cut to the day, with words on each. */
export const lockMarks = (rows: readonly LockRow[], day: DayCoverage): LockMark[] =>
  shownLocks(rows)
    .filter(({ startMs, endMs }) => startMs < day.endMs && endMs > day.startMs)
    .map(({ startMs, endMs, who, why }) => {
      const times = `${timeWords(startMs, day.zone)} to ${timeWords(endMs, day.zone)}`;
      const by = who === "" ? "" : ` by ${who}`;
      return {
        startMs: Math.max(startMs, day.startMs),
        endMs: Math.min(endMs, day.endMs),
        words: `${times}: locked${by}${why === "" ? "" : `, ${why}`}`,
      };
    });
