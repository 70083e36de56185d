/** Bytes `[start, end)` of a body, asked for by a Range header. */
export type ByteSpan = { start: number; end: number };

/**
 * A Range header (RFC 9110 14.1.2) against a body of `sizeBytes`. `"all"`: answer with the whole body, because
 * there is no header, it is malformed, of another unit, or asks for several ranges, all of which a server may
 * ignore. `"unsatisfiable"`: 416.
 */
export function parseByteRange(header: string | null, sizeBytes: number): ByteSpan | "all" | "unsatisfiable" {
  const match = /^bytes\s*=\s*(\d*)\s*-\s*(\d*)$/i.exec(header?.trim() ?? "");
  const [, from = "", to = ""] = match ?? [];
  if (!match || (from === "" && to === "")) return "all";
  if (from === "") {
    const suffix = Number(to);
    if (suffix === 0 || sizeBytes === 0) return "unsatisfiable";
    return { start: Math.max(0, sizeBytes - suffix), end: sizeBytes };
  }
  const start = Number(from);
  const last = to === "" ? sizeBytes - 1 : Number(to);
  if (last < start && to !== "") return "all";
  if (start >= sizeBytes) return "unsatisfiable";
  return { start, end: Math.min(sizeBytes, last + 1) };
}
