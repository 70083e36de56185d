import type { Browser } from "playwright-core";
import { TimeCamera } from "../rtsp/time-camera.ts";
import { waitForRecording } from "../support/channels.ts";
import { launchChromium } from "../support/chromium.ts";
import { measureLatency, type LiveLatency } from "../support/live-latency.ts";
import { playLive, type LivePlayer } from "../support/live-page.ts";
import { Nightjar } from "../support/nightjar.ts";
import { tempFolder } from "../support/temp.ts";
import { milliseconds, type Row } from "./table.ts";

const SECONDS: Record<LivePlayer, number> = { nightjar: 60, "without parts": 20 };
const SETTLE_MS = 4000;

async function latencyOf(browser: Browser, url: string, player: LivePlayer): Promise<LiveLatency> {
  await using page = await playLive(browser, url, "cam", player);
  await Bun.sleep(SETTLE_MS);
  // Awaited here: the page is closed when this returns.
  return await measureLatency(page, SECONDS[player]);
}

const words = ({ medianMs, worstMs, stalls }: LiveLatency, seconds: number): string =>
  `${milliseconds(medianMs)}, worst ${milliseconds(worstMs)}, ${stalls} stalls in ${seconds} s`;

/**
 * From a picture taken to the picture shown in Chromium, key frames 1 s apart: the page's own player against hls.js
 * that plays whole segments. MediaMTX's low-latency HLS, measured elsewhere in the same way: 1.3 s, 0.9 s on a quiet
 * machine; go2rtc 0.7 s with two stalls in 30 s.
 */
export async function benchLive(): Promise<Row[]> {
  await using camera = await TimeCamera.start();
  await using folder = await tempFolder();
  const config = { auth: "none", channels: { cam: { source: camera.url } } };
  await using server = await Nightjar.start({ folder: folder.path, config });
  await waitForRecording(server, ["cam"], { timeoutMs: 30_000 });
  const browser = await launchChromium();
  try {
    const ours = await latencyOf(browser, server.url, "nightjar");
    const peer = await latencyOf(browser, server.url, "without parts");
    return [
      {
        what: "live, camera to screen in Chromium",
        ours: words(ours, SECONDS.nightjar),
        against: "hls.js without parts (MediaMTX low-latency HLS: 1300 ms)",
        peer: words(peer, SECONDS["without parts"]),
        ratio: ours.medianMs / peer.medianMs,
      },
    ];
  } finally {
    await browser.close();
  }
}
