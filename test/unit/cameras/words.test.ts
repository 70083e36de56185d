import { describe, expect, test } from "bun:test";
import { streamAdvice } from "../../../src/cameras/advice.ts";
import { failureOf } from "../../../src/cameras/failure.ts";
import { StreamMeter, type StreamFacts, type StreamFigures } from "../../../src/cameras/figures.ts";
import type { AudioParameters, VideoParameters } from "../../../src/media/parameters.ts";
import type { RunEnd } from "../../../src/media/reasons.ts";

const video: VideoParameters = {
  kind: "video",
  codec: "h264",
  timescale: 90_000,
  width: 1920,
  height: 1080,
  parameterSets: [],
  codecString: "avc1.64001f",
};
const audio: AudioParameters = {
  kind: "audio",
  codec: "aac",
  timescale: 48_000,
  channelCount: 1,
  audioSpecificConfig: new Uint8Array([0x11, 0x88]),
  frameTicks: 1024,
  codecString: "mp4a.40.2",
};
const calm: StreamFigures = {
  durationMs: 6000,
  bitrateBps: 4e6,
  keyIntervalsMs: [2000, 2000],
  sinceKeyMs: 500,
};

const facts = (
  picture: Partial<VideoParameters>,
  figures: Partial<StreamFigures>,
  sound = true,
): StreamFacts => ({
  parameters: { video: { ...video, ...picture }, ...(sound ? { audio } : {}) },
  figures: { ...calm, ...figures },
});

describe("advice", () => {
  test.each<[string, StreamFacts, RegExp[]]>([
    ["a good stream", facts({}, {}), []],
    ["few key frames", facts({}, { keyIntervalsMs: [10_000] }), [/every 10 s only.*1 or 2 s/]],
    ["no second key frame", facts({}, { keyIntervalsMs: [], sinceKeyMs: 12_000 }), [/at most every 12 s/]],
    ["uneven key frames", facts({}, { keyIntervalsMs: [1000, 3900] }), [/smart codec/]],
    ["H.265", facts({ codec: "h265" }, {}), [/not every browser/]],
    ["4K", facts({ width: 3840, height: 2160 }, {}), [/large picture \(4.0 Mbit\/s\).*second stream/]],
    ["a high bit rate", facts({}, { bitrateBps: 16e6 }), [/16 Mbit\/s/]],
    ["no sound", facts({}, {}, false), [/No sound comes/]],
  ])("%s", (_, stream, wanted) => {
    const advice = streamAdvice(stream, { withSound: true });
    expect(advice).toHaveLength(wanted.length);
    for (const [index, pattern] of wanted.entries()) expect(advice[index]).toMatch(pattern);
  });

  test("says nothing of sound that is not wanted", () => {
    expect(streamAdvice(facts({}, {}, false), { withSound: false })).toEqual([]);
  });
});

test("a stream is measured by its own times, not by when it came", () => {
  const meter = new StreamMeter();
  for (let second = 0; second < 5; second += 1) {
    const samples = Array.from({ length: 25 }, (_, index) => ({
      sizeBytes: 1000,
      durationTicks: 3600,
      compositionOffsetTicks: 0,
      isKey: index === 0 && second % 2 === 0,
    }));
    const payload = new Uint8Array(25_000).fill(second);
    meter.take({ track: "video", decodeTicks: second * 90_000, samples, payload, arrivalMs: 0 });
  }
  expect(meter.keyFrames).toBe(3);
  expect(meter.firstKey).toHaveLength(1000);
  expect(meter.figures).toEqual({
    durationMs: 5000,
    bitrateBps: 200_000,
    frameRate: 25,
    keyIntervalsMs: [2000, 2000],
    sinceKeyMs: 1000,
  });
});

test("each failure has its own sentence", () => {
  const ends: RunEnd[] = [
    { reason: "source-auth", detail: "answered 401 Unauthorized" },
    { reason: "source-offline", detail: "it did not answer in time" },
    { reason: "source-offline", detail: "the connection was refused" },
    { reason: "source-offline", detail: "the name h is not known" },
    { reason: "source-offline", detail: "not reachable: No route to host" },
    { reason: "source-offline", detail: "it closed the connection before the first picture" },
    { reason: "source-broken", detail: "what it sent could not be understood" },
    { reason: "source-refused", detail: "answered 404 Not Found" },
    { reason: "source-refused", detail: "answered 453 Not Enough Bandwidth" },
    { reason: "source-refused", detail: "it refused the transport" },
    { reason: "source-unsupported", detail: "it sends pictures in mjpeg" },
    { reason: "source-unsupported", detail: 'The program "ffmpeg" was not found' },
    { reason: "source-stalled", detail: "it sent no key picture" },
    { reason: "source-stalled", detail: "it answered, but sent nothing that can be used" },
    { reason: "disk-error", detail: "whatever" },
  ];
  const failures = ends.map((end) => failureOf(end, "192.168.0.9:554"));
  expect(new Set(failures.map(({ words }) => words)).size).toBe(ends.length);
  expect(failures.map(({ kind }) => kind)).toEqual([
    "password",
    "no-answer",
    "connection-refused",
    "unknown-host",
    "unreachable",
    "broken-off",
    "not-a-camera",
    "no-such-stream",
    "busy",
    "request-refused",
    "unsupported",
    "no-ffmpeg",
    "no-picture",
    "no-answer",
    "broken-off",
  ]);
  for (const { words, advice } of failures) {
    expect(words).toMatch(/^[A-Z0-9].*\.$/);
    expect(advice).not.toBe("");
  }
});
