// Every player on every kind of list, longer than in `npm test`: `npm run players`.
import { build } from "./lib/build.mjs";
import { Steps } from "./lib/steps.mjs";
import { ensureApt, ensureBun, ensurePackages, testTools } from "./lib/tools.mjs";

const bun = await ensureBun();
await ensurePackages(bun);
await ensureApt(testTools, { why: "the tests" });
await build(bun);

const steps = new Steps();
await steps.tests("players", bun, ["./test/players"], { timeoutMs: 1_800_000, testTimeoutMs: 300_000 });
await steps.noLeftovers();
steps.end();
