import type { IndexDatabase } from "../../db/index/index-database.ts";

const keyOf = (channel: string): string => `files-forgotten ${channel}`;

/**
 * Files of a watched folder that begin before this (ms UTC) and are not known were deleted from the archive, though not
 * from their folder.
 */
export const forgottenMs = (index: Pick<IndexDatabase, "meta">, channel: string): number =>
  Number(index.meta(keyOf(channel)) ?? 0);

/** Raises it. In the transaction in which the recording goes. */
export function setForgottenMs(
  index: Pick<IndexDatabase, "meta" | "setMeta">,
  channel: string,
  beforeMs: number,
): void {
  if (beforeMs > forgottenMs(index, channel)) index.setMeta(keyOf(channel), String(beforeMs));
}

/** The channel itself is forgotten: its folder may be taken in anew. */
export const clearForgotten = (index: Pick<IndexDatabase, "setMeta">, channel: string): void =>
  index.setMeta(keyOf(channel), "0");
