// The long series: kills, power cuts, small and vanishing disks, a camera that flaps: `npm run torture`.
// A name restricts it: `npm run torture -- kills`.
import { build } from "./lib/build.mjs";
import { Steps } from "./lib/steps.mjs";
import { ensureApt, ensureBun, ensurePackages, testTools } from "./lib/tools.mjs";

const bun = await ensureBun();
await ensurePackages(bun);
await ensureApt(testTools, { why: "the tests" });
await build(bun);

const wanted = process.argv.slice(2);
const series = [
  "cameras",
  "clocks",
  "kills",
  "power-cuts",
  "storage",
  "flapping",
  "long-outage",
  "hls-source",
  "uploads",
  "moments",
  "ageing",
].filter((name) => wanted.length === 0 || wanted.includes(name));
const steps = new Steps();
for (const name of series) {
  const isCameras = name === "cameras";
  const paths = isCameras
    ? ["./test/e2e/record.test.ts", "./test/e2e/outage.test.ts"]
    : [`./test/torture/${name}.test.ts`];
  await steps.tests(name, bun, paths, {
    timeoutMs: 1_800_000,
    testTimeoutMs: 1_500_000,
    env: isCameras ? { FULL_LENGTH: "1" } : {},
  });
}
await steps.noLeftovers();
steps.end();
