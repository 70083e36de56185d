import { resolve } from "node:path";

/**
 * Where `public` and `drizzle` lie: inside the executable, or in the source tree. The only module that knows
 * which. Reading works with `Bun.file` and `readFileSync`; streams and descriptors do not open embedded files.
 */
export const assetRoot: string = Bun.isStandaloneExecutable
  ? import.meta.dir
  : resolve(import.meta.dir, "../..");
