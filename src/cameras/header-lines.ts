import { headerNamePattern, headerValuePattern } from "../config/hls-keys.ts";
import { SecretText } from "../config/secret-text.ts";

/** Stands in a form for a value that is kept, and never shown. */
export const HIDDEN = "…";

/** Headers as a form shows them: by their names alone. */
export const hiddenHeaders = (names: Iterable<string>): string =>
  [...names].map((name) => `${name}: ${HIDDEN}`).join("\n");

/** The lines of a form as they may be shown again: without what was typed as values. */
export const withoutValues = (lines: string): string =>
  lines
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .map((line) => (line.includes(":") ? `${line.slice(0, line.indexOf(":")).trim()}: ${HIDDEN}` : HIDDEN))
    .join("\n");

/**
 * Reads lines `Name: value`. A hidden value is that of `known`, the headers until now.
 * @returns the headers, or what is wrong in a sentence, without any value
 */
export function parseHeaders(
  lines: string,
  known: ReadonlyMap<string, SecretText>,
): { headers: Map<string, SecretText> } | { mistake: string } {
  const headers = new Map<string, SecretText>();
  for (const [index, line] of lines.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon)).trim();
    const text = line.slice(colon + 1).trim();
    if (colon < 0 || !headerNamePattern.test(name))
      return { mistake: `Line ${index + 1} is no header; wanted: Name: value.` };
    const kept = [...known].find(([other]) => other.toLowerCase() === name.toLowerCase())?.[1];
    if (text === HIDDEN && kept === undefined)
      return { mistake: `The value of ${name} is not kept here; type it again.` };
    if (text !== HIDDEN && !headerValuePattern.test(text))
      return {
        mistake: `The value of ${name} has characters that no header has; wanted: a text on one line.`,
      };
    headers.set(name, text === HIDDEN && kept !== undefined ? kept : new SecretText(text, HIDDEN));
  }
  return { headers };
}
