import { chromium, type Browser } from "playwright-core";

/** Starts the system's Chromium, headless, with sound decoding but nothing that calls home. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: "/usr/bin/chromium",
    headless: true,
    timeout: 30_000,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--autoplay-policy=no-user-gesture-required",
      // Pages in the background of a headless browser are slowed down otherwise.
      "--disable-background-timer-throttling",
      "--disable-renderer-backgrounding",
    ],
  });
}
