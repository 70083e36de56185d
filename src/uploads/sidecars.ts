import type { MediaFacts } from "../media/media-facts.ts";
import type { Files } from "../platform/files.ts";
import { SIDECAR } from "./file-names.ts";

/** Longer texts are no number of seconds. */
export const SIDECAR_BYTES = 256;
/** A day in seconds: no file is longer. */
const MOST_SECONDS = 86_400;
/** A sidecar and its file may differ by this much: the end of a last picture is nowhere written. */
const SLACK_TICKS = 2 * 90_000;
const SLACK_SHARE = 0.2;

/** A duration that a sidecar states, in 90,000ths of a second, or what is wrong with it. */
export type StatedDuration = { ticks: number } | { wrong: string };

export function parseDuration(text: string | undefined): StatedDuration {
  const given = text?.trim() ?? "";
  const seconds = /^\d{1,6}(\.\d{1,20})?$/.test(given) ? Number(given) : Number.NaN;
  const ticks = Math.round(seconds * 90_000);
  if (seconds <= MOST_SECONDS && ticks > 0) return { ticks };
  const found = text === undefined ? "more than a number" : JSON.stringify(given.slice(0, 40));
  return { wrong: `holds ${found}; wanted: the seconds that the file lasts, such as 10.04` };
}

/** The duration to go by; `wrong` when the sidecar can't be meant for this file. */
export function agreedDuration(stated: StatedDuration, facts: MediaFacts): StatedDuration {
  if ("wrong" in stated) return stated;
  const apart = Math.abs(stated.ticks - facts.durationTicks);
  if (apart <= Math.max(SLACK_TICKS, SLACK_SHARE * facts.durationTicks)) return stated;
  const seconds = (ticks: number): string => (ticks / 90_000).toFixed(2);
  const wrong = `says ${seconds(stated.ticks)} s, but the file lasts ${seconds(facts.durationTicks)} s`;
  return { wrong };
}

/** Reads the sidecar of a file; `undefined` when there is none. Throws errors of the disk. */
export async function readSidecar(files: Files, mediaPath: string): Promise<StatedDuration | undefined> {
  const path = mediaPath + SIDECAR;
  const stat = await files.stat(path);
  if (stat?.kind !== "file") return undefined;
  if (stat.sizeBytes > SIDECAR_BYTES) return parseDuration(undefined);
  return parseDuration(new TextDecoder().decode(await files.readRange(path, 0, SIDECAR_BYTES)));
}
