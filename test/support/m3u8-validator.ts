import { parseMediaPlaylist } from "../../src/media/m3u8-parse.ts";
import { partFaults } from "./parts-validator.ts";

/**
 * What is wrong with a media playlist by RFC 8216, as Apple's mediastreamvalidator would say it; empty when
 * nothing is. `before` is an earlier answer of the same address: then the rules of changing (6.2.1) count too.
 */
export function playlistFaults(text: string, before?: string): string[] {
  const faults: string[] = [];
  const lines = text.split("\n");
  const once = [
    "VERSION",
    "TARGETDURATION",
    "MEDIA-SEQUENCE",
    "DISCONTINUITY-SEQUENCE",
    "PLAYLIST-TYPE",
    "START",
    "ENDLIST",
  ];
  const firstSegment = lines.findIndex((line) => line.startsWith("#EXTINF"));
  for (const name of once) {
    const at = lines.flatMap((line, index) =>
      line === `#EXT-X-${name}` || line.startsWith(`#EXT-X-${name}:`) ? [index] : [],
    );
    if (at.length > 1) faults.push(`#EXT-X-${name} appears ${at.length} times`);
    const isLate = at.some((index) => index > firstSegment && firstSegment >= 0);
    if (["MEDIA-SEQUENCE", "DISCONTINUITY-SEQUENCE"].includes(name) && isLate)
      faults.push(`#EXT-X-${name} after a segment (4.3.3.2)`);
  }
  if (!text.endsWith("\n")) faults.push("the last line has no end");
  if (text.includes("\r") || text.startsWith("\uFEFF"))
    faults.push("a carriage return or a byte order mark (4.1)");
  const list = parseMediaPlaylist(text);
  if (!lines.some((line) => line.startsWith("#EXT-X-TARGETDURATION:")))
    faults.push("no target duration (4.3.3.1)");
  if (list.segments.length === 0) faults.push("no segment");
  if (list.segments.some((segment) => segment.mapUri) && list.version < 6)
    faults.push("EXT-X-MAP needs version 6 (7)");
  if (text.includes("#EXT-X-GAP")) faults.push("EXT-X-GAP: VLC stops at it");
  if (list.type === "VOD" && !list.isEnded) faults.push("VOD without EXT-X-ENDLIST");
  const uris = new Set<string>();
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const [index, segment] of list.segments.entries()) {
    if (Math.round(segment.durationSeconds) > list.targetDurationSeconds) {
      faults.push(
        `segment ${index} lasts ${segment.durationSeconds} s, target duration ${list.targetDurationSeconds} (4.3.3.1)`,
      );
    }
    if (segment.durationSeconds <= 0) faults.push(`segment ${index} lasts nothing`);
    if (uris.has(segment.uri)) faults.push(`${segment.uri} twice`);
    uris.add(segment.uri);
    if (index === 0 && segment.programDateTimeMs === undefined) faults.push("no wall time at the start");
    if (segment.programDateTimeMs !== undefined) {
      if (segment.programDateTimeMs < lastMs - 2000) faults.push(`wall time goes back at segment ${index}`);
      lastMs = segment.programDateTimeMs;
    }
    if (segment.mapUri !== undefined && segment.uri.endsWith(".ts") !== segment.mapUri.endsWith(".ts"))
      faults.push(`segment ${index} stands under the EXT-X-MAP of another container (4.3.2.5)`);
    if (index > 0 && segment.mapUri !== list.segments[index - 1]?.mapUri && !segment.isDiscontinuity) {
      faults.push(`EXT-X-MAP changes at segment ${index} without a discontinuity`);
    }
  }
  faults.push(...controlFaults(text, list.targetDurationSeconds));
  if (list.segments[0]?.isDiscontinuity && !text.includes("#EXT-X-SKIP:"))
    faults.push("a discontinuity before the first segment");
  faults.push(...partFaults(text, before));
  if (before !== undefined) faults.push(...changeFaults(text, before));
  return faults;
}

const attribute = (text: string, name: string): number | undefined => {
  const found = new RegExp(`^#EXT-X-SERVER-CONTROL:(?:.*,)?${name}=([\\d.]+)`, "m").exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
};

/** What the second edition (draft-pantos-hls-rfc8216bis 4.4.3.8, 4.4.5.2) asks of what is offered and left out. */
function controlFaults(text: string, targetSeconds: number): string[] {
  const faults: string[] = [];
  const skipUntil = attribute(text, "CAN-SKIP-UNTIL");
  const holdBack = attribute(text, "HOLD-BACK");
  if (skipUntil !== undefined && skipUntil < 6 * targetSeconds)
    faults.push(`CAN-SKIP-UNTIL=${skipUntil} is less than six target durations`);
  if (holdBack !== undefined && holdBack < 3 * targetSeconds)
    faults.push(`HOLD-BACK=${holdBack} is less than three target durations`);
  if (text.includes("#EXT-X-SKIP:")) {
    if (!/^#EXT-X-VERSION:(9|1\d)$/m.test(text)) faults.push("EXT-X-SKIP needs version 9 (8)");
    if (text.indexOf("#EXT-X-SKIP:") > text.indexOf("#EXTINF")) faults.push("EXT-X-SKIP after a segment");
    if (!/^#EXT-X-SKIP:SKIPPED-SEGMENTS=[1-9]\d*$/m.test(text)) faults.push("EXT-X-SKIP skips nothing");
  }
  return faults;
}

/** Wall time of each segment as a player counts it, ms UTC: the last EXT-X-PROGRAM-DATE-TIME and the durations since. */
export function wallTimes(text: string): { uri: string; startMs: number }[] {
  let atMs = Number.NaN;
  return parseMediaPlaylist(text).segments.map(({ uri, durationSeconds, programDateTimeMs }) => {
    const startMs = programDateTimeMs ?? atMs;
    atMs = startMs + durationSeconds * 1000;
    return { uri, startMs };
  });
}

function changeFaults(text: string, before: string): string[] {
  const faults: string[] = [];
  const now = parseMediaPlaylist(text);
  const old = parseMediaPlaylist(before);
  if (old.isEnded && text !== before) faults.push("changed after EXT-X-ENDLIST");
  if (now.targetDurationSeconds < old.targetDurationSeconds) faults.push("the target duration fell (6.2.1)");
  if (now.mediaSequence < old.mediaSequence) faults.push("the media sequence number fell (6.2.2)");
  if (old.type === "EVENT" && now.mediaSequence !== old.mediaSequence)
    faults.push("an EVENT list lost entries (4.3.3.5)");
  const byNumber = new Map(old.segments.map((segment) => [segment.mediaSequence, segment]));
  for (const segment of now.segments) {
    const same = byNumber.get(segment.mediaSequence);
    if (!same) continue;
    if (same.uri !== segment.uri)
      faults.push(`number ${segment.mediaSequence} was ${same.uri}, is ${segment.uri} (6.2.1)`);
    if (same.durationSeconds !== segment.durationSeconds)
      faults.push(`${segment.uri} has another duration (6.2.1)`);
    if (same.isDiscontinuity !== segment.isDiscontinuity && segment !== now.segments[0])
      faults.push(`a discontinuity before ${segment.uri} came or went (6.2.1)`);
    if (same.discontinuitySequence !== segment.discontinuitySequence) {
      faults.push(`discontinuity number of ${segment.uri} changed (6.2.2)`);
    }
  }
  const newest = old.segments.at(-1)?.mediaSequence ?? 0;
  if ((now.segments.at(-1)?.mediaSequence ?? 0) < newest) faults.push("lost its newest segment");
  return faults;
}
