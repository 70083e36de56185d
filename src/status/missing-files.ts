import type { Extent, FootageHistory } from "../archive/footage-history.ts";
import type { Gap, Span } from "./coverage.ts";

/** What of a channel's history tells where files are missing. */
export type SpanHistory = Pick<FootageHistory, "extents" | "lastBefore" | "firstFrom">;

/** Names of files tell whole seconds: a shorter hole between two of them is none. */
const SHORTEST_MS = 1500;

/**
 * Gaps of a channel with the holes between its files, within a span, in order. Nobody stores a gap for a file that does
 * not come; what lies before the first file and behind the newest one is no hole.
 */
export function withMissingFiles(
  history: SpanHistory,
  channel: string,
  within: Span,
  { extents, gaps }: { extents: readonly Extent[]; gaps: readonly Gap[] },
): readonly Gap[] {
  const before = () => history.lastBefore(channel, within.startMs);
  const isOfFiles = extents.length > 0 ? extents.some(({ hasFiles }) => hasFiles) : before()?.hasFiles;
  // Footage of uninterrupted runs needs no second look.
  if (isOfFiles !== true) return gaps;
  const around = [before(), ...extents, history.firstFrom(channel, within.endMs)];
  const missing: Gap[] = [];
  let last: Extent | undefined;
  for (const extent of around.filter((each) => each !== undefined)) {
    if (last?.hasFiles === true && extent.hasFiles === true) {
      const hole = cut({ startMs: last.endMs, endMs: extent.startMs }, within);
      const isKnown = gaps.some(({ startMs, endMs }) => startMs < hole.endMs && endMs > hole.startMs);
      if (hole.endMs - hole.startMs > SHORTEST_MS && !isKnown)
        missing.push({ ...hole, reason: "not-uploaded", detail: "", isOpen: false });
    }
    if (last === undefined || extent.endMs > last.endMs) last = extent;
  }
  return [...gaps, ...missing].sort((a, b) => a.startMs - b.startMs);
}

const cut = (span: Span, within: Span): Span => ({
  startMs: Math.max(span.startMs, within.startMs),
  endMs: Math.min(span.endMs, within.endMs),
});
