import type { Footage, FootageChannel } from "../archive/footage.ts";
import { segmentBytes } from "../media/segment-list.ts";
import { recordedSpans } from "../playback/coverage.ts";
import { MAX_INTERVAL_MS } from "../playback/time-parameters.ts";
import { byInit, footageIn, overlapMs, type Window } from "./choose-footage.ts";

/** What a span of a channel holds, and how it can be had. */
export type SpanFacts = Window & {
  /** Footage in it, ms. */
  recordedMs: number;
  /** About what a download of it is long, in bytes. */
  sizeBytes: number;
  /** Holes between its footage, as the bar of its day shows them. */
  holes: number;
  /** Whether one file holds all of it as it is. */
  hasOneInit: boolean;
  /** Where it is downloaded, MP4 first; none when nothing is kept, or it is too long or too short for a file as it is. */
  downloads: readonly { ending: "mp4" | "ts"; path: string }[];
};

/** Facts of a span of at most `MAX_INTERVAL_MS`. */
export function spanFacts(footage: Footage, channel: FootageChannel, window: Window): SpanFacts {
  const stretches = footageIn(footage, channel.id, window);
  const spans = recordedSpans(footage, channel.id, { fromMs: window.startMs, toMs: window.endMs });
  let sizeBytes = 0;
  for (const { segments, run } of stretches)
    for (const segment of segments) {
      const lengthMs = Math.max(1, (segment.durationTicks * 1000) / run.videoTimescale);
      const span = { startMs: segment.startMs, endMs: segment.startMs + lengthMs };
      sizeBytes += segmentBytes(segment) * Math.min(1, overlapMs(span, window) / lengthMs);
    }
  const fromSeconds = Math.floor(window.startMs / 1000);
  const durationSeconds = Math.ceil(window.endMs / 1000) - fromSeconds;
  const hasOneInit = byInit(stretches).length <= 1;
  const isTs = stretches.length > 0 && stretches.every(({ run }) => run.format === "ts");
  const isPossible = stretches.length > 0 && hasOneInit && durationSeconds * 1000 <= MAX_INTERVAL_MS;
  const endings = isPossible ? (isTs ? (["ts", "mp4"] as const) : (["mp4"] as const)) : [];
  return {
    ...window,
    recordedMs: spans.reduce((sum, span) => sum + span.endMs - span.startMs, 0),
    sizeBytes: Math.round(sizeBytes),
    holes: Math.max(0, spans.length - 1),
    hasOneInit,
    downloads: endings.map((ending) => ({
      ending,
      path: `/${channel.id}/archive-${fromSeconds}-${durationSeconds}.${ending}`,
    })),
  };
}
