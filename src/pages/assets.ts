import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { staticPlugin } from "@elysiajs/static";
import type { AnyElysia } from "elysia";
import { access } from "../access/policy.ts";
import { NightjarError } from "../platform/errors.ts";

/** The files that pages refer to, served below an address that changes with their bytes. */
export type Assets = {
  /** Address of a file of `public`, e.g. of `css/base.css`. Throws when it is not there. */
  url(file: string): string;
  /** Address of a vendored script: `hls` finds `vendor/hls.min.js` and `vendor/hls-1.7.4.min.js`. */
  vendor(name: string): string;
  routes: AnyElysia;
};

function listFiles(folder: string, below = ""): string[] {
  return readdirSync(join(folder, below), { withFileTypes: true })
    .flatMap((entry) => {
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      return entry.isDirectory() ? listFiles(folder, path) : [path];
    })
    .toSorted();
}

/**
 * Reads `public` once. All addresses carry a hash over all files, so each may be cached for ever, modules that
 * import one another stay together, and a new version is never mixed with an old one.
 */
export async function loadAssets(folder: string): Promise<Assets> {
  const files = listFiles(folder);
  const hash = createHash("sha256");
  for (const file of files) hash.update(`${file}\0`).update(readFileSync(join(folder, file)));
  const prefix = `/assets/${hash.digest("hex").slice(0, 12)}`;
  const routes = await staticPlugin({
    assets: folder,
    prefix,
    alwaysStatic: true,
    indexHTML: false,
    // The plugin's ETag is unquoted, and needless beside an address that changes with the bytes.
    etag: false,
    maxAge: null,
    directive: "public",
    headers: { "cache-control": "public, max-age=31536000, immutable", "x-content-type-options": "nosniff" },
    ...access("anyone", { hide: true }),
  });
  const url = (file: string): string => {
    if (!files.includes(file))
      throw new NightjarError("internal", `the program's file public/${file} is missing`);
    return `${prefix}/${file}`;
  };
  return {
    url,
    vendor(name) {
      const wanted = new RegExp(`^vendor/${name}(-[0-9.]+)?\\.min\\.js$`);
      return url(files.find((file) => wanted.test(file)) ?? `vendor/${name}.min.js`);
    },
    routes,
  };
}
