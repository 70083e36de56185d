import type { VideoCodec } from "../media/parameters.ts";
import { codecWords } from "../status/channel-status.ts";
import { bitrateWords, durationWords } from "../status/words.ts";
import { streamAdvice } from "./advice.ts";
import { keyIntervalMs, type StreamFacts } from "./figures.ts";
import { folderWords } from "./folder-test.ts";
import type { KeptFacts } from "./kept-figures.ts";
import type { CameraTest } from "./tests.ts";

/** A test as a page shows it; nothing in it is secret. */
export type TestWords = {
  id: string;
  isGood: boolean;
  /** What came of it, in a sentence. */
  headline: string;
  /** What could be done better, or what to do. */
  advice: readonly string[];
  /** What the stream is, each with its name. */
  facts: readonly { name: string; value: string }[];
  hasPicture: boolean;
  /** No picture was asked for, so none is missed. */
  isWithoutPicture?: boolean;
};

const codecNames: Record<VideoCodec, string> = { h264: "H.264", h265: "H.265" };

const oneDigit = (value: number): string => String(Number(value.toFixed(1)));

function factWords({ parameters, figures }: StreamFacts): { name: string; value: string }[] {
  const { video, audio } = parameters;
  const interval = keyIntervalMs(figures);
  const least = figures.keyIntervalsMs.length === 0 ? "more than " : "";
  const seconds = interval < 10_000 ? `${oneDigit(interval / 1000)} s` : durationWords(interval);
  const kilohertz = audio === undefined ? "" : `${oneDigit(audio.timescale / 1000)} kHz`;
  const rate = figures.frameRate ?? video.frameRate;
  return [
    { name: "Video", value: codecNames[video.codec] },
    { name: "Picture", value: `${video.width} × ${video.height}` },
    ...(rate === undefined ? [] : [{ name: "Pictures a second", value: oneDigit(rate) }]),
    ...(figures.bitrateBps === undefined
      ? []
      : [{ name: "Bit rate", value: bitrateWords(figures.bitrateBps) }]),
    { name: "Key frame every", value: `${least}${seconds}` },
    {
      name: "Sound",
      value:
        audio === undefined ? "none" : `AAC, ${kilohertz}, ${audio.channelCount === 1 ? "mono" : "stereo"}`,
    },
  ];
}

function keptFactWords({ parameters, segmentMs, bitrateBps }: KeptFacts): { name: string; value: string }[] {
  const { format, videoCodec, audioCodec, width, height, frameRate } = parameters;
  return [
    { name: "Video", value: `${codecWords(videoCodec)}, ${format === "ts" ? "MPEG-TS" : "fragmented MP4"}` },
    { name: "Picture", value: `${width} × ${height}` },
    ...(frameRate === null ? [] : [{ name: "Pictures a second", value: oneDigit(frameRate) }]),
    { name: "Bit rate", value: bitrateWords(bitrateBps) },
    { name: "Segments", value: `${oneDigit(segmentMs / 1000)} s` },
    { name: "Sound", value: audioCodec === null ? "none" : codecWords(audioCodec) },
  ];
}

/** Segments longer than this make players wait. */
const LONG_SEGMENT_MS = 12_000;

function keptAdvice({ parameters, segmentMs }: KeptFacts, withSound: boolean): string[] {
  const { format, videoCodec, audioCodec } = parameters;
  return [
    ...(format === "ts" ? ["It is kept as MPEG-TS: HLS plays everywhere, DASH players can't play it."] : []),
    ...(codecWords(videoCodec) === "H.265"
      ? ["H.265 takes less room, but not every browser plays it. VLC does, and most TVs."]
      : []),
    ...(segmentMs > LONG_SEGMENT_MS
      ? [`Its segments are ${oneDigit(segmentMs / 1000)} s long, so live pictures come that much later.`]
      : []),
    ...(withSound || audioCodec === null ? [] : ["It is kept as it comes, with its sound."]),
  ];
}

/** A test in words. */
export function testWords(test: CameraTest): TestWords {
  const { id, outcome, foundPath, withSound } = test;
  if ("failure" in outcome) {
    const { words, advice } = outcome.failure;
    return { id, isGood: false, headline: words, advice: [advice], facts: [], hasPicture: false };
  }
  if ("kept" in outcome) {
    return {
      id,
      isGood: true,
      headline: "The stream can be recorded as it comes.",
      advice: keptAdvice(outcome.kept, withSound),
      facts: keptFactWords(outcome.kept),
      hasPicture: outcome.jpeg !== undefined,
    };
  }
  if ("folder" in outcome) {
    const { headline, advice, facts } = folderWords(outcome.folder);
    return { id, isGood: true, headline, advice, facts, hasPicture: false, isWithoutPicture: true };
  }
  const found = foundPath === undefined ? "" : ` Its stream was found under ${foundPath}.`;
  return {
    id,
    isGood: true,
    headline: `The camera answers.${found}`,
    advice: streamAdvice(outcome.facts, { withSound }),
    facts: factWords(outcome.facts),
    hasPicture: outcome.jpeg !== undefined,
  };
}
