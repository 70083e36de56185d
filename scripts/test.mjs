// The whole check: format, lint, types, builds, and all tests but the long series: `npm test`.
import { tryBuild } from "./lib/build.mjs";
import { FORMATTED, LINTED } from "./lib/checks.mjs";
import { Steps } from "./lib/steps.mjs";
import { ensureApt, ensureBun, ensurePackages, testTools } from "./lib/tools.mjs";

const bun = await ensureBun();
await ensurePackages(bun);
await ensureApt(testTools, { why: "the tests" });

const steps = new Steps();
const building = (name, options) =>
  steps.step(name, async () => {
    const { failure } = await tryBuild(bun, options);
    if (failure === undefined) return { passed: 1, failed: 0 };
    process.stdout.write(`${failure}\n`);
    return { passed: 0, failed: 1 };
  });

await steps.command("format", bun, ["fmt", "--check", ...FORMATTED]);
await steps.command("lint", bun, ["x", "oxlint", "--type-aware", ...LINTED]);
await steps.command("types", bun, ["check"]);
await building("build", {});
await building("build for arm64", { target: "linux-arm64" });
await steps.tests("unit tests", bun, ["./test/unit", "./test/imports.test.ts"], {
  timeoutMs: 300_000,
  testTimeoutMs: 30_000,
  args: ["--parallel=2"],
});
await steps.tests("integration tests", bun, ["./test/integration"], {
  timeoutMs: 600_000,
  testTimeoutMs: 90_000,
  secondRuns: 3,
});
await steps.tests("end-to-end tests", bun, ["./test/e2e"], {
  timeoutMs: 1_500_000,
  testTimeoutMs: 180_000,
  args: ["--parallel=2"],
  secondRuns: 3,
});
await steps.noLeftovers();
steps.end();
