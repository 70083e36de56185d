import { z } from "zod";
import type { IndexDatabase } from "../../db/index/index-database.ts";

/** A film that is about to get its name: below its root, as the rows will have it. */
export type Intent = { root: string; path: string };

type Meta = Pick<IndexDatabase, "meta" | "setMeta">;

const KEY = "films-to-be";
const intentsSchema = z.array(z.object({ root: z.string(), path: z.string() }));

/** Films that were about to take a place and did not say that they have. */
export const intentsOf = (index: Meta): Intent[] => intentsSchema.parse(JSON.parse(index.meta(KEY) ?? "[]"));

/** In a transaction, before anything of the films has a name. */
export function intend(index: Meta, intents: readonly Intent[]): void {
  index.setMeta(KEY, JSON.stringify([...intentsOf(index), ...intents]));
}

/** In the transaction in which they take their place, or when nothing is left of them. */
export function clearIntents(index: Meta, intents: readonly Intent[]): void {
  const isDone = (each: Intent) => intents.some(({ root, path }) => root === each.root && path === each.path);
  index.setMeta(KEY, JSON.stringify(intentsOf(index).filter((each) => !isDone(each))));
}
