// Formats the source and mends what the linter can mend: `npm run fix`.
import { FORMATTED, LINTED } from "./lib/checks.mjs";
import { run } from "./lib/run.mjs";
import { ensureBun, ensurePackages } from "./lib/tools.mjs";

const bun = await ensureBun();
await ensurePackages(bun);
const formatted = await run(bun, ["fmt", ...FORMATTED]);
const linted = await run(bun, ["x", "oxlint", "--type-aware", "--fix", ...LINTED]);
process.exit(formatted.code || linted.code);
