import type { HlsVariant } from "./config.ts";

/** RFC 9110 5.6.2: a token. */
export const headerNamePattern = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;
/** RFC 9110 5.5, without line ends. */
export const headerValuePattern = /^[\t\x20-\x7e\x80-\xff]{0,4000}$/;

export const variantWanted =
  "highest, lowest, a height such as 720p, or a bandwidth such as 2000k or 4M (bits a second)";

const UNITS = { k: 1e3, M: 1e6 } as const;

/** Reads `variant:`; `undefined` for what is none. */
export function parseVariant(text: string): HlsVariant | undefined {
  if (text === "highest" || text === "lowest") return text;
  const [, height] = /^(\d{2,5})p$/.exec(text) ?? [];
  if (height !== undefined) return { maxHeight: Number(height) };
  const [, number, unit] = /^(\d{1,6}(?:\.\d{1,3})?)([kM])$/.exec(text) ?? [];
  if (number === undefined) return undefined;
  const maxBps = Math.round(Number(number) * UNITS[unit as keyof typeof UNITS]);
  return maxBps > 0 ? { maxBps } : undefined;
}

/** A variant as `variant:` has it. */
export function variantText(variant: HlsVariant): string {
  if (typeof variant === "string") return variant;
  if ("maxHeight" in variant) return `${variant.maxHeight}p`;
  const { maxBps } = variant;
  return maxBps % UNITS.M === 0 ? `${maxBps / UNITS.M}M` : `${maxBps / UNITS.k}k`;
}
