// Installs what is missing, builds the executable, and runs the demo: `npm start`.
import { build } from "./lib/build.mjs";
import { become } from "./lib/run.mjs";
import { ensureApt, ensureBun, ensurePackages, ffmpegTools } from "./lib/tools.mjs";

const bun = await ensureBun();
await ensurePackages(bun);
await ensureApt(ffmpegTools, { why: "capture" });
become(await build(bun), ["demo", ...process.argv.slice(2)]);
