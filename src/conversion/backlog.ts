import type { AgedDays, FolderDay } from "../archive/aged/aged-day.ts";
import type { Config } from "../config/config.ts";
import { settingsText } from "./plan-pieces.ts";

/** A day that waits to be converted. */
export type WaitingDay = FolderDay & {
  /** The channel whose settings hold; the folder may have a former id. */
  of: string;
  /** Since when it may be, ms UTC. */
  sinceMs: number;
  sizeBytes: number;
};

/** The first instant after a date in a zone, ms UTC. */
export const endOfDateMs = (date: string, zone: string): number =>
  Temporal.PlainDate.from(date).add({ days: 1 }).toZonedDateTime(zone).epochMilliseconds;

/**
 * Days that are complete for as long as their channel asks: since their end, and since the last of their segments arrived.
 * The oldest first.
 */
export function waitingDays(
  { channels }: Pick<Config, "channels">,
  aged: Pick<AgedDays, "days">,
  nowMs: number,
): WaitingDay[] {
  return [...channels.values()]
    .flatMap(({ id, zone, convert }) =>
      convert
        ? aged
            .days(id, settingsText(convert))
            .map(({ endMs, arrivedMs, sizeBytes, channel, root, date }) => ({
              of: id,
              channel,
              root,
              date,
              sizeBytes,
              sinceMs: Math.max(endMs, arrivedMs, endOfDateMs(date, zone)) + convert.afterMs,
            }))
        : [],
    )
    .filter(({ sinceMs }) => sinceMs <= nowMs)
    .toSorted((a, b) => a.sinceMs - b.sinceMs);
}
