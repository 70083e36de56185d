import type { ArrivalStatus } from "../capture/channel-status.ts";
import type { StateWords } from "./channel-status.ts";
import { countWords, durationWords, sinceWords } from "./words.ts";

/** Clients send what they have whenever they can, so only a longer silence is worth a look. */
export const QUIET_FILES_MS = 2 * 3_600_000;
/** Footage that is older than this arrives late, which is worth a word. */
const BEHIND_MS = 15 * 60_000;

export type ArrivalView = {
  /** End of the newest footage, ms UTC. */
  newestMs: number | undefined;
  /** Whether it is a watched folder: nobody sends, files are found. */
  isFolder: boolean;
  nowMs: number;
  zone: string;
};

/** How a channel stands whose footage arrives as files. */
export function arrivalState(
  arrivals: ArrivalStatus,
  { newestMs, isFolder, nowMs, zone }: ArrivalView,
): StateWords {
  const { trouble, lastArrivalMs, isLookingThrough } = arrivals;
  if (trouble) {
    const isOfFolder = isFolder && trouble.isOfStorage !== true;
    const what = isOfFolder ? "The folder can't be read" : "No file can be taken";
    const detail = trouble.detail === "" ? "" : ` (${trouble.detail})`;
    const headline = `${what} since ${sinceWords(trouble.sinceMs, nowMs, zone)}${detail}`;
    return { condition: "offline", isTrouble: true, headline };
  }
  if (isLookingThrough === true)
    return {
      condition: "connecting",
      isTrouble: false,
      headline: isFolder ? "Looking through the folder" : "Looking through its files",
    };
  if (newestMs === undefined) {
    const headline = isFolder ? "No file was found yet" : "No file has come yet";
    return { condition: "never-seen", isTrouble: false, headline };
  }
  const quietMs = lastArrivalMs === undefined ? 0 : nowMs - lastArrivalMs;
  const behind = { note: `The newest footage is of ${sinceWords(newestMs, nowMs, zone)}` };
  if (quietMs >= QUIET_FILES_MS)
    return {
      condition: "stalled",
      isTrouble: true,
      headline: `Nothing for ${durationWords(quietMs)}`,
      ...behind,
    };
  return {
    condition: "recording",
    isTrouble: false,
    headline: isFolder ? "Watching for files" : "Receiving files",
    ...(nowMs - newestMs > BEHIND_MS ? behind : {}),
  };
}

/** `Last file 2 min ago`, `2 h 10 min behind now`, `3 came late today`, each for itself. */
export function arrivalFacts(
  arrivals: ArrivalStatus,
  { newestMs, isFolder, nowMs, zone }: ArrivalView,
): { name: string; value: string }[] {
  const { lastArrivalMs, lateFiles } = arrivals;
  const ago = (ms: number): string =>
    `${durationWords(Math.max(0, nowMs - ms))} ago, ${sinceWords(ms, nowMs, zone)}`;
  return [
    {
      name: isFolder ? "Newest file" : "Last file came",
      value: lastArrivalMs === undefined ? "none yet" : ago(lastArrivalMs),
    },
    ...(newestMs === undefined
      ? []
      : [{ name: "Newest footage", value: `${durationWords(Math.max(0, nowMs - newestMs))} behind now` }]),
    { name: "Came late, last 24 h", value: lateFiles === 0 ? "none" : countWords(lateFiles, "file") },
  ];
}
