import { parseAttributes } from "../../src/media/m3u8-parse.ts";

type Part = { uri: string; seconds: number; isIndependent: boolean };
type Segment = { mediaSequence: number; parts: Part[]; seconds: number | undefined };

/** Rounding of durations to microseconds, over the parts of a segment. */
const ROUNDING_SECONDS = 0.001;

/** The segments of a list with their parts; the last one may not be whole yet. */
function segmentsOf(text: string): Segment[] {
  const skipped = Number(/^#EXT-X-SKIP:SKIPPED-SEGMENTS=(\d+)/m.exec(text)?.[1] ?? 0);
  let mediaSequence = Number(/^#EXT-X-MEDIA-SEQUENCE:(\d+)/m.exec(text)?.[1] ?? 0) + skipped;
  const segments: Segment[] = [];
  let open: Segment = { mediaSequence, parts: [], seconds: undefined };
  for (const line of text.split("\n")) {
    if (line.startsWith("#EXT-X-PART:")) {
      const attributes = parseAttributes(line.slice("#EXT-X-PART:".length));
      open.parts.push({
        uri: attributes.get("URI") ?? "",
        seconds: Number(attributes.get("DURATION")),
        isIndependent: attributes.get("INDEPENDENT") === "YES",
      });
    } else if (line.startsWith("#EXTINF:")) open.seconds = Number.parseFloat(line.slice("#EXTINF:".length));
    else if (line !== "" && !line.startsWith("#")) {
      segments.push(open);
      mediaSequence += 1;
      open = { mediaSequence, parts: [], seconds: undefined };
    }
  }
  return [...segments, open];
}

/**
 * What is wrong with the parts of a list of low-latency HLS (draft-pantos-hls-rfc8216bis 4.4.3.7, 4.4.3.8, 4.4.4.9,
 * 4.4.5.3); empty when nothing is, and for lists without parts. `before` is an earlier answer of the same address.
 */
export function partFaults(text: string, before?: string): string[] {
  const hasParts = /^#EXT-X-(PART|PRELOAD-HINT):/m.test(text);
  const target = Number(/^#EXT-X-PART-INF:PART-TARGET=([\d.]+)$/m.exec(text)?.[1]);
  if (!hasParts) return [];
  if (Number.isNaN(target)) return ["parts without EXT-X-PART-INF"];
  const faults: string[] = [];
  const holdBack = Number(/^#EXT-X-SERVER-CONTROL:.*PART-HOLD-BACK=([\d.]+)/m.exec(text)?.[1]);
  if (!(holdBack >= 3 * target - ROUNDING_SECONDS)) faults.push(`PART-HOLD-BACK=${holdBack}`);
  if (!text.includes("CAN-BLOCK-RELOAD=YES")) faults.push("parts without blocking reload");
  const segments = segmentsOf(text);
  const targetDuration = Number(/^#EXT-X-TARGETDURATION:(\d+)/m.exec(text)?.[1]);
  const uris = new Set<string>();
  let fromEndSeconds = 0;
  for (const { mediaSequence, parts, seconds } of segments.toReversed()) {
    const sum = parts.reduce((total, part) => total + part.seconds, 0);
    if (parts.length > 0 && fromEndSeconds > 3 * targetDuration)
      faults.push(`parts of ${mediaSequence} are farther than three target durations from the end`);
    if (parts.length > 0 && seconds !== undefined && Math.abs(sum - seconds) > ROUNDING_SECONDS)
      faults.push(`the parts of ${mediaSequence} last ${sum} s, the segment ${seconds} s`);
    if (parts[0]?.isIndependent === false)
      faults.push(`the first part of ${mediaSequence} is not independent`);
    for (const [index, part] of parts.entries()) {
      const isFinal = seconds !== undefined && index + 1 === parts.length;
      if (!(part.seconds > 0 && part.seconds <= target))
        faults.push(`${part.uri} lasts ${part.seconds} s, target ${target} s`);
      if (!isFinal && part.seconds < 0.85 * target)
        faults.push(`${part.uri} lasts ${part.seconds} s: under 85%`);
      if (uris.has(part.uri)) faults.push(`${part.uri} twice`);
      uris.add(part.uri);
    }
    fromEndSeconds += seconds ?? sum;
  }
  const hints = [...text.matchAll(/^#EXT-X-PRELOAD-HINT:TYPE=PART,URI="(.*)"$/gm)];
  if (hints.length > 1) faults.push("more than one hint");
  if (hints[0] && uris.has(hints[0][1] ?? "")) faults.push("a hint at a part that is there");
  if (hints[0] && !text.endsWith(`${hints[0][0]}\n`)) faults.push("something follows the hint");
  if (before !== undefined) faults.push(...changedParts(segments, segmentsOf(before)));
  return faults;
}

function changedParts(now: readonly Segment[], before: readonly Segment[]): string[] {
  const known = new Map(now.map((segment) => [segment.mediaSequence, segment]));
  return before.flatMap(({ mediaSequence, parts: old, seconds }) => {
    const parts = known.get(mediaSequence)?.parts ?? [];
    // Parts of a whole segment may leave the list, all together.
    if (parts.length === 0 && (seconds !== undefined || known.get(mediaSequence)?.seconds !== undefined))
      return [];
    return old.flatMap((part, index) =>
      parts[index]?.uri === part.uri && parts[index].seconds === part.seconds
        ? []
        : [`part ${index} of ${mediaSequence} was ${part.uri}, is ${parts[index]?.uri}`],
    );
  });
}
