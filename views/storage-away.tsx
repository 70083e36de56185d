import type { StorageAway } from "../src/archive/roots/root.ts";
import { dateWords, minuteWords } from "../src/status/words.ts";

/** Stands where there is no footage while a storage is not there: what lies on it is not lost. */
export function StorageAwayNotice({ away, zone }: { away: StorageAway; zone: string }) {
  const { detail, sinceMs } = away;
  const since =
    sinceMs === undefined ? "" : ` since ${minuteWords(sinceMs, zone)}, ${dateWords(sinceMs, zone)}`;
  return (
    <p class="notice trouble">
      The storage is away{since}: what was recorded shows up here again once it is back. {detail}
    </p>
  );
}
