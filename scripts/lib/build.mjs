import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { output, root, run } from "./run.mjs";
import { fail, say, seconds } from "./say.mjs";

/** Machines that the executable can be built for besides this one. */
export const TARGETS = [
  "linux-x64",
  "linux-x64-baseline",
  "linux-arm64",
  "linux-x64-musl",
  "linux-arm64-musl",
];

/** Scripts for browsers that are embedded as they come from their packages. */
const VENDORED = [
  { name: "hls", package: "hls.js", file: "dist/hls.min.js" },
  { name: "htmx", package: "htmx.org", file: "dist/htmx.min.js" },
];

const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));

/** Copies the browser's libraries into `public/vendor/<name>-<version>.min.js`, and removes other versions. */
export function vendor() {
  const folder = join(root, "public/vendor");
  mkdirSync(folder, { recursive: true });
  const wanted = VENDORED.map(({ name, package: from, file }) => {
    const { version } = readJson(join(root, "node_modules", from, "package.json"));
    return {
      source: join(root, "node_modules", from, file),
      target: join(folder, `${name}-${version}.min.js`),
    };
  });
  for (const { source, target } of wanted) {
    if (existsSync(target) && statSync(target).size === statSync(source).size) continue;
    copyFileSync(source, target);
    say(`copied ${basename(target)} into public/vendor/`);
  }
  const names = wanted.map(({ target }) => basename(target));
  for (const name of readdirSync(folder)) if (!names.includes(name)) rmSync(join(folder, name));
}

/** The package's version, with the commit where there is one: `0.1.0+1a2b3c4`. */
export function buildVersion() {
  const { version } = readJson(join(root, "package.json"));
  const commit = output("git", ["rev-parse", "--short", "HEAD"]);
  return commit.code === 0 ? `${version}+${commit.text.trim()}` : version;
}

/**
 * Builds the executable for this machine, or for one of `TARGETS`. Returns its path as `outfile`, and as `failure`
 * what the bundler said if it could not.
 */
export async function tryBuild(bun, { target } = {}) {
  const started = Date.now();
  vendor();
  const outfile = join(root, "dist", target === undefined ? "nightjar" : `nightjar-${target}`);
  const version = buildVersion();
  const args = [
    "build",
    "src/main.ts",
    "--compile",
    "--production",
    "--minify",
    "--keep-names",
    "--sourcemap",
    "--format=esm",
    "--asset",
    "./public",
    "--asset",
    "./drizzle",
    "--define",
    `BUILD_VERSION=${JSON.stringify(version)}`,
    // What only the start runs is hardly worth being compiled; src/platform/compile-soon.ts ends that.
    "--compile-jit-policy=16",
    // Children end with the executable, however it ends.
    "--compile-exec-argv=--no-orphans",
    "--no-compile-autoload-dotenv",
    "--no-compile-autoload-bunfig",
    ...(target === undefined ? [] : [`--target=bun-${target}`]),
    "--outfile",
    outfile,
  ];
  // Bun writes NODE_ENV into the executable as it is while building.
  const done = await run(bun, args, { env: { NODE_ENV: "production" }, quiet: true });
  if (done.code !== 0) return { outfile, failure: done.text.trim() };
  const sizeMegabytes = Math.round(statSync(outfile).size / 1e6);
  say(`built dist/${basename(outfile)} ${version} (${sizeMegabytes} MB) in ${seconds(Date.now() - started)}`);
  return { outfile };
}

/** As `tryBuild`, but ends this process when it fails; returns the executable's path. */
export async function build(bun, { target } = {}) {
  if (target !== undefined && !TARGETS.includes(target)) {
    fail(`--target is ${JSON.stringify(target)}; wanted: ${TARGETS.join(", ")}`);
  }
  const { outfile, failure } = await tryBuild(bun, { target });
  if (failure !== undefined) fail("the build failed:", ...failure.split("\n").slice(-40));
  return outfile;
}
