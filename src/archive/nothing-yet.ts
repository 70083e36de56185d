import { NightjarError, notFound } from "../platform/errors.ts";
import { isoOf } from "../platform/zone.ts";
import type { Footage, FootageChannel } from "./footage.ts";

/** What is answered where a channel has no footage at all: while a storage is away, there may be some on it. */
export function nothingYet(
  footage: Pick<Footage, "storageAway">,
  { id, zone }: Pick<FootageChannel, "id" | "zone">,
): NightjarError {
  const away = footage.storageAway?.();
  if (!away) return notFound(`Nothing has been recorded on ${id} yet`);
  const since = away.sinceMs === undefined ? "" : ` since ${isoOf(away.sinceMs, zone)}`;
  return new NightjarError(
    "unavailable",
    `The storage is away${since}, so there is no footage of ${id} now`,
    {
      details: [away.detail],
    },
  );
}
