import type { Extent, FootageHistory } from "../archive/footage-history.ts";
import type { StorageUse } from "../archive/storage-use.ts";
import type { ChannelStatus } from "./channel-status.ts";
import { forecastOf, type ChannelUse, type StorageForecast } from "./forecast.ts";
import type { StorageState } from "./storage-state.ts";

const DAY_MS = 86_400_000;
/** Less than this says nothing about a camera's bitrate. */
const ENOUGH_MS = 60_000;

/** Storage as `/settings` shows it. */
export type StorageReport = {
  state: StorageState;
  roots: StorageUse["roots"];
  forecast: StorageForecast;
  /** From when on each channel has footage, ms UTC. */
  sinceMs: ReadonlyMap<string, number>;
};

/** Bytes a day of recording all day, from what was recorded in the last 24 hours; `undefined` if that is too little. */
export function bytesPerDay(extents: readonly Extent[], nowMs: number): number | undefined {
  let [recordedMs, bytes] = [0, 0];
  for (const { startMs, endMs, sizeBytes } of extents) {
    const insideMs = Math.min(endMs, nowMs) - Math.max(startMs, nowMs - DAY_MS);
    if (insideMs <= 0 || endMs <= startMs) continue;
    recordedMs += insideMs;
    bytes += (sizeBytes * insideMs) / (endMs - startMs);
  }
  return recordedMs < ENOUGH_MS ? undefined : (bytes * DAY_MS) / recordedMs;
}

/** Puts together what is stored, what comes in, and the limits. */
export function storageReport(
  history: FootageHistory,
  use: StorageUse,
  state: StorageState,
  channels: readonly Pick<ChannelStatus, "id" | "condition" | "picture" | "kind">[],
  nowMs: number,
): StorageReport {
  const totals = history.totals();
  const uses = channels.map(({ id, condition, picture, kind }): ChannelUse => {
    const isOver = condition === "retired" || condition === "stopped";
    const recent = isOver ? undefined : bytesPerDay(history.extents(id, nowMs - DAY_MS, nowMs), nowMs);
    const measured =
      isOver || picture?.bitrateBps === undefined ? undefined : (picture.bitrateBps / 8) * (DAY_MS / 1000);
    return {
      id,
      sizeBytes: totals.get(id)?.sizeBytes ?? 0,
      bytesPerDay: recent ?? measured,
      keep: use.keep.get(id) ?? {},
      ...(kind === "folder" ? { isElsewhere: true } : {}),
    };
  });
  const { freeBytes } = state;
  const allBytes = [...totals.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const storedBytes = allBytes - use.elsewhereBytes;
  const closedBytes = use.roots.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  // What is being written goes to the current root.
  const roots = use.roots.map((root) =>
    root.isCurrent ? { ...root, sizeBytes: root.sizeBytes + Math.max(0, storedBytes - closedBytes) } : root,
  );
  const current = roots.find((root) => root.isCurrent);
  const disk =
    freeBytes === undefined || use.minFreeBytes === undefined || !current
      ? undefined
      : {
          storedBytes: current.sizeBytes,
          freeBytes,
          minFreeBytes: use.minFreeBytes,
          lockedBytes: use.lockedBytes,
        };
  return {
    state,
    roots,
    forecast: forecastOf(uses, disk),
    sinceMs: new Map([...totals].map(([id, { startMs }]) => [id, startMs])),
  };
}
