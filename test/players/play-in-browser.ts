import type { Browser } from "playwright-core";
import { launchChromium } from "../support/chromium.ts";
import { within } from "../support/wait.ts";
import { servePlayerPage } from "./page-server.ts";
import type { PlayerName, PlayResult, PlayStep } from "./types.ts";

export type { PlayerName, PlayResult, PlaySnapshot, PlayStep } from "./types.ts";

export type PlayRequest = { player: PlayerName; url: string; steps: readonly PlayStep[] };

/** What the players themselves need at most, besides the time that the steps take. */
const EXTRA_MS = 90_000;

const secondsOf = (step: PlayStep): number => {
  if ("playSeconds" in step) return step.playSeconds;
  return "untilEndedWithinSeconds" in step ? step.untilEndedWithinSeconds : 0;
};

/** Chromium with the page of all players: `await using players = await Players.launch()`. */
export class Players implements AsyncDisposable {
  private constructor(
    readonly browser: Browser,
    private readonly page: { url: string; stop(): Promise<void> },
  ) {}

  static async launch(): Promise<Players> {
    const [browser, page] = await Promise.all([launchChromium(), servePlayerPage()]);
    return new Players(browser, page);
  }

  /** Plays an address in a page of its own; the address may be of another origin. */
  async play({ player, url, steps }: PlayRequest): Promise<PlayResult> {
    const context = await this.browser.newContext();
    try {
      const page = await context.newPage();
      const lines: string[] = [];
      page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) lines.push(`${message.type()}: ${message.text()}`);
      });
      page.on("pageerror", (error) => lines.push(`uncaught: ${error.message}`));
      await page.goto(this.page.url);
      await page.waitForFunction("typeof play === 'function'");
      const call = `play(${JSON.stringify(player)}, ${JSON.stringify(url)}, ${JSON.stringify(steps)})`;
      const limitMs = EXTRA_MS + steps.reduce((sum, step) => sum + secondsOf(step), 0) * 1000;
      const result = await within(`${player} with ${url}`, limitMs, page.evaluate<PlayResult>(call));
      return { ...result, console: lines };
    } finally {
      await context.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close();
    await this.page.stop();
  }
}
