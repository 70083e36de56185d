/** A share of a disk, or a number of bytes. `atMostBytes` bounds a share of a large disk. */
export type Share = { readonly percent: number; readonly atMostBytes?: number } | { readonly bytes: number };

/** The largest first; at equal length of the text, decimal units are preferred. */
const units: readonly (readonly [name: string, bytes: number])[] = [
  ["TiB", 1024 ** 4],
  ["TB", 1e12],
  ["GiB", 1024 ** 3],
  ["GB", 1e9],
  ["MiB", 1024 ** 2],
  ["MB", 1e6],
  ["KiB", 1024],
  ["kB", 1e3],
  ["B", 1],
];

const unitBytes = new Map(units.map(([name, bytes]) => [name.toLowerCase(), bytes]));

/**
 * Bytes of a size such as `500GB` (decimal), `500GiB` (binary), `4MB` or `1.5TB`; the case of the unit does not
 * count. `undefined` for anything else, a number without a unit included.
 */
export function parseSize(text: string): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?) ?([a-z]{1,3})$/i.exec(text) ?? [];
  const factor = unitBytes.get(unit?.toLowerCase() ?? "");
  if (number === undefined || factor === undefined) return undefined;
  const bytes = Math.round(Number(number) * factor);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** `5%` or a size. `undefined` for anything else, more than 100% included. */
export function parseShare(text: string): Share | undefined {
  const [, percentText] = /^(\d+(?:\.\d+)?) ?%$/.exec(text) ?? [];
  if (percentText !== undefined) {
    const percent = Number(percentText);
    return percent <= 100 ? { percent } : undefined;
  }
  const bytes = parseSize(text);
  return bytes === undefined ? undefined : { bytes };
}

/** Writes whole bytes the way `parseSize` reads them, exactly, in the unit that gives the shortest text. */
export function formatSize(bytes: number): string {
  let shortest = `${bytes}B`;
  for (const [name, factor] of units) {
    const text = `${bytes / factor}${name}`;
    const isShorter =
      text.length < shortest.length || (text.length === shortest.length && !name.includes("i"));
    if (bytes % factor === 0 && isShorter && bytes > 0) shortest = text;
  }
  return shortest;
}

/** Writes a share the way it is configured: `5%`, `5% but at most 20GB`, `500MB`. */
export function formatShare(share: Share): string {
  if ("bytes" in share) return formatSize(share.bytes);
  const most = share.atMostBytes === undefined ? "" : ` but at most ${formatSize(share.atMostBytes)}`;
  return `${share.percent}%${most}`;
}

/** The bytes that a share means on a disk of `totalBytes`, rounded down. */
export function shareBytes(share: Share, totalBytes: number): number {
  if ("bytes" in share) return share.bytes;
  return Math.floor(
    Math.min((totalBytes * share.percent) / 100, share.atMostBytes ?? Number.POSITIVE_INFINITY),
  );
}
