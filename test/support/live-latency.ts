import type { Page } from "playwright-core";

/** How far behind the camera a player was, in ms from picture taken to picture shown, and how it ran. */
export type LiveLatency = {
  medianMs: number;
  worstMs: number;
  /** How often the picture stood for longer than 0.4 s, ten times as long as it should. */
  stalls: number;
  pictures: number;
};

/** Reads the time out of the pictures of a `<video>` that shows a `TimeCamera`, for so many seconds. */
const watchPictures = async (seconds: number) => {
  const [width, square, bits, stallMs] = [640, 32, 40, 400];
  const video = document.querySelector("video")!;
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = 2 * square;
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  const latencies: number[] = [];
  let stalls = 0;
  let lastMs = performance.now();
  const endMs = performance.now() + seconds * 1000;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000 + 500);
    const look = () => {
      const nowMs = performance.timeOrigin + performance.now();
      if (performance.now() - lastMs > stallMs) stalls += 1;
      lastMs = performance.now();
      context.drawImage(video, 0, 0, width, 2 * square, 0, 0, width, 2 * square);
      const { data } = context.getImageData(0, 0, width, 2 * square);
      let takenMs = 0;
      for (let bit = 0; bit < bits; bit += 1) {
        const x = (bit % (width / square)) * square + square / 2;
        const y = Math.floor(bit / (width / square)) * square + square / 2;
        takenMs = takenMs * 2 + (data[(y * width + x) * 4]! > 128 ? 1 : 0);
      }
      // 40 bits of the time of day turn over every 35 years.
      latencies.push((nowMs % 2 ** bits) - takenMs);
      if (performance.now() >= endMs) {
        clearTimeout(timer);
        resolve();
      } else video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
  });
  if (performance.now() - lastMs > stallMs) stalls += 1;
  return { latencies, stalls };
};

/**
 * Watches what plays in a page's only `<video>`. The page must be able to read it: of the same origin, or by Media
 * Source.
 */
export async function measureLatency(page: Page, seconds: number): Promise<LiveLatency> {
  const { latencies, stalls } = await page.evaluate(watchPictures, seconds);
  const ordered = latencies.toSorted((a, b) => a - b);
  return {
    medianMs: ordered[ordered.length >> 1] ?? Number.NaN,
    worstMs: ordered.at(-1) ?? Number.NaN,
    stalls,
    pictures: latencies.length,
  };
}
