// Measures, each thing against its peer on this machine: `npm run bench`.
// A name restricts it: `npm run bench -- start`.
import { build } from "./lib/build.mjs";
import { run } from "./lib/run.mjs";
import { ensureApt, ensureBun, ensurePackages, testTools } from "./lib/tools.mjs";

const bun = await ensureBun();
await ensurePackages(bun);
await ensureApt(
  [...testTools, { package: "strace", program: "strace" }, { package: "wrk", program: "wrk" }],
  { why: "the measurements" },
);
await build(bun);
const done = await run(bun, ["test/bench/main.ts", ...process.argv.slice(2)]);
process.exit(done.code);
