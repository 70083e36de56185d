import type { DayCoverage } from "../src/status/coverage.ts";
import type { LocalDate } from "../src/platform/zone.ts";
import type { LockMark } from "./coverage-bar.tsx";

/** The day of a channel that a page shows. */
export type ShownDay = {
  day: DayCoverage;
  isToday: boolean;
  /** `Fri 20 Nov 2026`. */
  title: string;
  /** `3 gaps, 4 min`. */
  words: string;
  /** What of it is locked against deletion, with words on each; absent where that is not known. */
  locks?: readonly LockMark[] | undefined;
  /** Addresses of the films that the day was converted to. */
  films?: readonly string[];
  /** Address of the day's page. */
  path: string;
  /** The days next to it on which there is footage. */
  before?: LocalDate | undefined;
  after?: LocalDate | undefined;
  /** Address of its timelapse. */
  timelapse?: string | undefined;
};
