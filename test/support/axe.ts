import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Page } from "playwright-core";

const axe = readFileSync(resolve(import.meta.dir, "../../node_modules/axe-core/axe.min.js"), "utf8");

/** A rule of axe-core that a page breaks, and the elements that do. */
export type Finding = { id: string; impact: string; nodes: string[] };

/** What axe-core calls serious or critical on a page; run by the debugger, as pages let no foreign script in. */
export async function seriousFindings(page: Page): Promise<Finding[]> {
  await page.evaluate(axe);
  return page.evaluate<Finding[]>(
    `axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map(({ html }) => html.slice(0, 200)) })))`,
  );
}

/** How many pixels of a page stick out of the screen's right edge. */
export const stickingOutPixels = (page: Page): Promise<number> =>
  page.evaluate<number>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
