import type { KeepConfig } from "../../config/config.ts";
import { countWords, durationWords, sizeWords } from "../../status/words.ts";

/** `They stay for 30 days.` */
export function keepSentence({ days, maxAgeMs, maxBytes }: KeepConfig): string {
  const limits = [
    ...(days === undefined ? [] : [`for ${countWords(days, "day")}`]),
    ...(maxAgeMs === undefined ? [] : [`for ${durationWords(maxAgeMs)}`]),
    ...(maxBytes === undefined ? [] : [`while they take no more than ${sizeWords(maxBytes)} of a channel`]),
  ];
  return limits.length === 0
    ? "They stay until somebody deletes them."
    : `They stay ${limits.join(" and ")}.`;
}
