// Every player on every kind of list, longer than in `npm test`: `npm run players`.
// Names restrict it, `npm run players -- lists`, and a part of the rows' names: `npm run players -- times -t "in VLC"`.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "./lib/build.mjs";
import { root } from "./lib/run.mjs";
import { Steps } from "./lib/steps.mjs";
import { ensureApt, ensureBun, ensurePackages, testTools } from "./lib/tools.mjs";

const bun = await ensureBun();
await ensurePackages(bun);
await ensureApt(testTools, { why: "the tests" });
await build(bun);

const { positionals: wanted, values } = parseArgs({
  allowPositionals: true,
  options: { rows: { type: "string", short: "t" } },
});
const names = readdirSync(join(root, "test/players"))
  .filter((file) => file.endsWith(".test.ts"))
  .map((file) => file.slice(0, -".test.ts".length))
  .filter((name) => wanted.length === 0 || wanted.includes(name))
  .toSorted();
const steps = new Steps();
for (const name of names) {
  await steps.tests(name, bun, [`./test/players/${name}.test.ts`], {
    timeoutMs: 3_600_000,
    testTimeoutMs: 300_000,
    args: ["--isolate", ...(values.rows === undefined ? [] : ["-t", values.rows])],
  });
}
await steps.noLeftovers();
steps.end();
