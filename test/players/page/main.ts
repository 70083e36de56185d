import type { PlayerName, PlayResult, PlaySnapshot, PlayStep } from "../types.ts";
import { openIn, type PagePlayer, type Reports } from "./players.ts";

/** How long a player may take to show its first picture, or to go on after a seek. */
const PATIENCE_MS = 20_000;

type CountingVideo = HTMLVideoElement & { webkitAudioDecodedByteCount: number };

const pause = (ms: number) => new Promise<void>((done) => void setTimeout(done, ms));

/** Waits for a condition; `false` when it did not come true in time. */
async function until(condition: () => boolean, limitMs: number): Promise<boolean> {
  const endMs = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > endMs) return false;
    await pause(20);
  }
  return true;
}

/** Notes when play stands still although nobody asked for it. */
class StallWatch {
  count = 0;
  stalledMs = 0;
  #armed = false;
  #sinceMs: number | undefined;

  constructor(video: HTMLVideoElement) {
    video.addEventListener("seeking", () => (this.#armed = false));
    video.addEventListener("playing", () => {
      if (this.#sinceMs !== undefined) this.stalledMs += performance.now() - this.#sinceMs;
      this.#sinceMs = undefined;
      this.#armed = true;
    });
    video.addEventListener("waiting", () => {
      if (!this.#armed || video.ended || this.#sinceMs !== undefined) return;
      this.count += 1;
      this.#sinceMs = performance.now();
    });
  }

  totalMs(): number {
    return this.stalledMs + (this.#sinceMs === undefined ? 0 : performance.now() - this.#sinceMs);
  }
}

const ranges = (spans: TimeRanges): number[] =>
  Array.from({ length: spans.length }, (_, index) => [spans.start(index), spans.end(index)]).flat();

const SQUARE = 32;
const BITS = 40;

/** The time that a `TimeCamera` writes into the picture that is shown, in squares of 32 pixels. */
function pictureBits(video: HTMLVideoElement): number {
  const [canvas, width] = [document.createElement("canvas"), video.videoWidth];
  if (width === 0) return 0;
  canvas.width = width;
  canvas.height = 2 * SQUARE;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context?.drawImage(video, 0, 0, width, 2 * SQUARE, 0, 0, width, 2 * SQUARE);
  const data = context?.getImageData(0, 0, width, 2 * SQUARE).data ?? new Uint8ClampedArray();
  const perRow = Math.floor(width / SQUARE);
  let value = 0;
  for (let bit = 0; bit < BITS; bit++) {
    const x = (bit % perRow) * SQUARE + SQUARE / 2;
    const y = Math.floor(bit / perRow) * SQUARE + SQUARE / 2;
    value = value * 2 + ((data[(y * width + x) * 4] ?? 0) > 128 ? 1 : 0);
  }
  return value;
}

function brightnessOf(video: HTMLVideoElement): number {
  const context = new OffscreenCanvas(1, 1).getContext("2d");
  if (!context || video.videoWidth === 0) return Number.NaN;
  context.drawImage(video, video.videoWidth / 2, video.videoHeight / 2, 1, 1, 0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
  return (red + green + blue) / 3;
}

function snapshot(video: CountingVideo, stalls: StallWatch, player: PagePlayer): PlaySnapshot {
  const quality = video.getVideoPlaybackQuality();
  return {
    currentTimeSeconds: video.currentTime,
    durationSeconds: video.duration,
    seekableSeconds: ranges(video.seekable),
    bufferedSeconds: ranges(video.buffered),
    decodedFrames: quality.totalVideoFrames,
    droppedFrames: quality.droppedVideoFrames,
    audioBytes: video.webkitAudioDecodedByteCount,
    stalls: stalls.count,
    stalledMs: Math.round(stalls.totalMs()),
    ended: video.ended || player.hasEnded?.() === true,
    width: video.videoWidth,
    height: video.videoHeight,
    brightness: brightnessOf(video),
    playingDate: player.playingDate()?.toISOString(),
    pictureBits: pictureBits(video),
  };
}

async function takeStep(
  step: PlayStep,
  video: HTMLVideoElement,
  errors: string[],
  player: PagePlayer,
): Promise<void> {
  const hasEnded = () => video.ended || player.hasEnded?.() === true;
  if ("playSeconds" in step) return pause(step.playSeconds * 1000);
  if ("untilEndedWithinSeconds" in step) {
    const limitMs = step.untilEndedWithinSeconds * 1000;
    if (!(await until(() => hasEnded() || errors.length > 0, limitMs))) errors.push("the end did not come");
    return;
  }
  const [start, end] = [video.seekable.start(0), video.seekable.end(video.seekable.length - 1)];
  const target = "seekSeconds" in step ? step.seekSeconds : start + (end - start) * step.seekShare;
  video.currentTime = target;
  const moved = () => !video.seeking && video.currentTime > target + 0.1;
  if (!(await until(() => moved() || hasEnded(), PATIENCE_MS)))
    errors.push(`it stands after the seek to ${target}`);
}

/** Plays an address step by step. Called from outside the page. */
async function play(name: PlayerName, url: string, steps: readonly PlayStep[]): Promise<PlayResult> {
  const video = document.querySelector("video") as CountingVideo;
  const reports: Reports = { errors: [], warnings: [] };
  const result: PlayResult = { snapshots: [], ...reports, console: [], shownTimesSeconds: [] };
  const stalls = new StallWatch(video);
  video.addEventListener("error", () =>
    reports.errors.push(`element ${video.error?.code} ${video.error?.message}`),
  );
  const onFrame = (_now: number, metadata: VideoFrameCallbackMetadata) => {
    result.shownTimesSeconds.push(metadata.mediaTime);
    video.requestVideoFrameCallback(onFrame);
  };
  video.requestVideoFrameCallback(onFrame);
  let player: PagePlayer;
  try {
    player = await openIn(name, video, url, reports);
    // dash.js starts by itself; told to play before it has anything, it never asks for its manifest again.
    if (name !== "dashjs")
      void video.play().catch((error: unknown) => reports.errors.push(`play: ${String(error)}`));
  } catch (error) {
    const shown = error as { code?: number; data?: unknown; message?: string };
    reports.errors.push(`open: ${shown.code ?? ""} ${JSON.stringify(shown.data ?? shown.message)}`);
    return result;
  }
  const started = await until(
    () => result.shownTimesSeconds.length > 0 || reports.errors.length > 0,
    PATIENCE_MS,
  );
  if (!started) reports.errors.push("no picture came");
  for (const step of steps) {
    if (reports.errors.length > 0) break;
    await takeStep(step, video, reports.errors, player);
    result.snapshots.push(snapshot(video, stalls, player));
  }
  return result;
}

Object.assign(globalThis, { play });
