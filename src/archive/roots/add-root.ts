import type { RootRow } from "../../db/index/rows.ts";
import { NightjarError } from "../../platform/errors.ts";
import type { Databases } from "../database-pair.ts";
import { newId } from "../ids.ts";
import { readRootId, writeRootId } from "./root-file.ts";
import type { KnownRootsDeps } from "./roots.ts";

/**
 * Makes a folder a root of this archive: gives it an id if it has none, and tells the state database, by which
 * the server finds it and reads in its footage. Throws `conflict` for an unmounted mount point, `not-found` for a
 * path that may be mistyped, `config` for a newer format.
 */
export async function addRoot(
  deps: Databases &
    Pick<KnownRootsDeps, "clock" | "files" | "unmountedPoint"> & {
      /** The root that the footage in a folder without an id file says it is on. */
      rootNamedByFootage: (path: string) => Promise<string | undefined>;
    },
  path: string,
): Promise<{ id: string; isNew: boolean; wasKnown: boolean }> {
  const point = deps.unmountedPoint(path);
  if (point !== undefined)
    throw new NightjarError(
      "conflict",
      `Nothing is mounted at ${point}; footage would land on the wrong disk`,
      {
        details: [`Mount it first: mount ${point}`],
      },
    );
  if ((await deps.files.stat(path))?.kind !== "folder") {
    throw new NightjarError("not-found", `${path} is no folder`, {
      details: [`If the path is right, make it first: mkdir ${path}`],
    });
  }
  const there = await readRootId(deps.files, path);
  const id = there ?? (await deps.rootNamedByFootage(path)) ?? newId();
  if (there === undefined) await writeRootId(deps.files, path, id);
  const before = [...deps.index.roots(), ...deps.state.roots()].find((root) => root.id === id);
  const row: RootRow = { id, path, adoptedMs: before?.adoptedMs ?? deps.clock.nowMs() };
  deps.state.setRoot(row);
  if (deps.index.roots().some((root) => root.id === id)) deps.index.setRoot(row);
  return { id, isNew: there === undefined, wasKnown: before !== undefined };
}
