import { durationWords, bitrateWords } from "../status/words.ts";
import { keyIntervalMs, type StreamFacts } from "./figures.ts";

/** A group of pictures longer than this makes players wait. */
const LONG_KEY_INTERVAL_MS = 4000;
/** Above these a phone on the road has trouble. */
const LARGE_PIXELS = 2560 * 1440;
const LARGE_BITRATE_BPS = 8_000_000;

const isUneven = (intervalsMs: readonly number[]): boolean =>
  intervalsMs.length >= 2 && Math.max(...intervalsMs) > 1.5 * Math.min(...intervalsMs);

/** What could be set better in the camera, and what to know of this stream, each in a sentence. */
export function streamAdvice(facts: StreamFacts, options: { withSound: boolean }): string[] {
  const { video, audio } = facts.parameters;
  const { bitrateBps = 0, keyIntervalsMs } = facts.figures;
  const advice: string[] = [];
  const interval = keyIntervalMs(facts.figures);
  if (interval > LONG_KEY_INTERVAL_MS) {
    const least = keyIntervalsMs.length === 0 ? "at most every" : "every";
    advice.push(
      `A key frame comes ${least} ${durationWords(interval)} only, so players start and seek slowly: set the key ` +
        "frame (I-frame) interval to 1 or 2 s in the camera.",
    );
  }
  if (isUneven(keyIntervalsMs)) {
    advice.push(
      "The time between key frames changes: switch off “smart codec” (H.264+, H.265+, Zipstream, Smart Coding) " +
        "in the camera.",
    );
  }
  if (video.codec === "h265") {
    advice.push(
      "H.265 takes less room, but not every browser plays it. VLC does, and most TVs. H.264 plays everywhere.",
    );
  }
  if (video.width * video.height > LARGE_PIXELS || bitrateBps > LARGE_BITRATE_BPS) {
    const why = bitrateBps > 0 ? ` (${bitrateWords(bitrateBps)})` : "";
    advice.push(
      `This is a large picture${why}: good to record at home, but phones on the road and small machines may not ` +
        "keep up. Most cameras offer a smaller second stream for them.",
    );
  }
  if (options.withSound && audio === undefined) {
    advice.push("No sound comes. If the camera has a microphone, switch its sound on there.");
  }
  return advice;
}
