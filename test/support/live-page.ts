import type { Browser, Page } from "playwright-core";

/** How the page plays: as Nightjar's own pages do, or by hls.js as if lists had no parts. */
export type LivePlayer = "nightjar" | "without parts";

/**
 * Plays a channel's live list in a page of the server itself, by the very script that its pages play with. The
 * answered page has to be closed.
 */
export async function playLive(
  browser: Browser,
  url: string,
  channel: string,
  player: LivePlayer = "nightjar",
): Promise<Page & AsyncDisposable> {
  const context = await browser.newContext({ bypassCSP: true });
  const page = await context.newPage();
  const html = await (await fetch(`${url}/`)).text();
  const assets = /\/assets\/[0-9a-f]+\//.exec(html)?.[0];
  if (assets === undefined) throw new Error(`${url}/ names no assets`);
  await page.goto(`${url}/health`);
  await page.setContent("<video muted autoplay playsinline width=640 height=360></video>");
  await page.addScriptTag({ url: `${url}${assets}vendor/hls-1.7.4.min.js` });
  await page.evaluate(
    async ({ script, list, hasParts }) => {
      const video = document.querySelector("video")!;
      const told: string[] = [];
      Object.assign(globalThis, { told });
      video.addEventListener("waiting", () => told.push(`waiting at ${video.currentTime.toFixed(2)}`));
      type Player = { loadSource(url: string): void; attachMedia(video: HTMLVideoElement): void };
      const world = globalThis as unknown as { Hls: new (config: object) => Player; player?: Player };
      world.Hls = class extends world.Hls {
        constructor(config: object) {
          super(config);
          world.player = this;
        }
      };
      if (!hasParts) {
        const hls = new world.Hls({ lowLatencyMode: false });
        hls.loadSource(list);
        hls.attachMedia(video);
        return;
      }
      const { createStream } = await import(script);
      createStream(video, list, {
        onLanded: () => {},
        onTrouble: (words: string) => told.push(words),
        onUnplayable: () => told.push("unplayable"),
        onWell: () => {},
      });
      void video.play();
    },
    {
      script: `${assets}js/stream.js`,
      list: `/${channel}/live.m3u8?parts=1`,
      hasParts: player === "nightjar",
    },
  );
  await page.waitForFunction(() => (document.querySelector("video")?.currentTime ?? 0) > 0, undefined, {
    timeout: 20_000,
  });
  return Object.assign(page, { [Symbol.asyncDispose]: () => context.close() });
}
