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
const series = ["kills", "power-cuts", "storage", "flapping"].filter(
  (name) => wanted.length === 0 || wanted.includes(name),
);
const steps = new Steps();
for (const name of series) {
  await steps.tests(name, bun, [`./test/torture/${name}.test.ts`], {
    timeoutMs: 1_800_000,
    testTimeoutMs: 1_500_000,
  });
}
await steps.noLeftovers();
steps.end();
