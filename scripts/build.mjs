// Builds the executable: `npm run build`, or `npm run build -- --target=linux-arm64`.
import { build } from "./lib/build.mjs";
import { fail } from "./lib/say.mjs";
import { ensureBun, ensurePackages } from "./lib/tools.mjs";

const targets = [];
for (const argument of process.argv.slice(2)) {
  const target = /^--target=(.+)$/.exec(argument)?.[1];
  if (target === undefined) fail(`unknown argument ${JSON.stringify(argument)}; wanted: --target=NAME`);
  targets.push(target);
}
const bun = await ensureBun();
await ensurePackages(bun);
if (targets.length === 0) await build(bun);
for (const target of targets) await build(bun, { target });
