import type { KeepLimits } from "../db/state/state-database.ts";
import { countWords, sizeWords } from "./words.ts";

const DAY_MS = 86_400_000;

/** What a forecast knows of a channel. */
export type ChannelUse = {
  id: string;
  /** Bytes stored now. */
  sizeBytes: number;
  /** Bytes a day at the present bitrate, recording all day; `undefined` while nothing tells it. */
  bytesPerDay: number | undefined;
  keep: KeepLimits;
  /** Its files lie in a folder of somebody else's: it takes no room here, and none is made of it. */
  isElsewhere?: boolean;
};

/** The disk that footage goes to. Bytes. */
export type DiskUse = {
  /** Footage that lies on it. */
  storedBytes: number;
  freeBytes: number;
  /** What stays free. */
  minFreeBytes: number;
  /** Footage on it that locks hold: it makes no room. */
  lockedBytes: number;
};

/** How many days of a channel will be there once everything has settled, and what ends them. */
export type Forecast = ChannelUse & {
  /** `undefined` while the rate is unknown and no limit of age is given, or nothing ends it. */
  days: number | undefined;
  /** What decides: a limit of age, one of size, the disk, or nothing that is known. */
  decidedBy: "age" | "size" | "disk" | "unknown";
};

export type StorageForecast = {
  channels: Forecast[];
  /** Of all channels together; those of unknown rate are left out. */
  bytesPerDay: number;
  /** What footage may take of the disk. */
  roomBytes: number | undefined;
  /** From how old on the disk makes room; `undefined` when the limits leave it room enough. */
  diskDays: number | undefined;
};

/** The days that a channel's own limits leave, and which of them. `keep.days` is that many whole days besides today. */
function limitOf({ keep, bytesPerDay }: ChannelUse): { days: number; by: "age" | "size" } | undefined {
  const ages = [
    keep.days === undefined ? Infinity : keep.days + 0.5,
    keep.maxAgeMs === undefined ? Infinity : keep.maxAgeMs / DAY_MS,
  ];
  const age = Math.min(...ages);
  const size =
    keep.maxBytes === undefined || bytesPerDay === undefined ? Infinity : keep.maxBytes / bytesPerDay;
  if (age === Infinity && size === Infinity) return undefined;
  return age <= size ? { days: age, by: "age" } : { days: size, by: "size" };
}

/**
 * The age in days at which footage goes for want of room: whatever channel it is of, the oldest goes first, so one
 * age holds for all. `undefined` when the channels' limits keep them below `roomBytes`.
 */
function ageOfRoom(
  channels: readonly { bytesPerDay: number; limitDays: number }[],
  roomBytes: number,
): number | undefined {
  const growing = channels.filter(({ bytesPerDay }) => bytesPerDay > 0);
  const ordered = growing.toSorted((a, b) => a.limitDays - b.limitDays);
  let restBytes = roomBytes;
  let rate = growing.reduce((sum, { bytesPerDay }) => sum + bytesPerDay, 0);
  for (const { bytesPerDay, limitDays } of ordered) {
    const days = restBytes / rate;
    if (days <= limitDays) return Math.max(0, days);
    restBytes -= bytesPerDay * limitDays;
    rate -= bytesPerDay;
  }
  return undefined;
}

/** What will be held at the present bitrate. Without `disk` only the channels' own limits are known. */
export function forecastOf(channels: readonly ChannelUse[], disk: DiskUse | undefined): StorageForecast {
  const roomBytes =
    disk && Math.max(0, disk.storedBytes + disk.freeBytes - disk.minFreeBytes - disk.lockedBytes);
  const limits = channels.map((use) => ({ use, limit: limitOf(use) }));
  const diskDays =
    roomBytes === undefined
      ? undefined
      : ageOfRoom(
          limits.map(({ use, limit }) => ({
            bytesPerDay: use.isElsewhere === true ? 0 : (use.bytesPerDay ?? 0),
            limitDays: limit?.days ?? Infinity,
          })),
          roomBytes,
        );
  return {
    channels: limits.map(({ use, limit }): Forecast => {
      const isOnDisk = use.isElsewhere !== true && use.bytesPerDay !== undefined;
      if (isOnDisk && diskDays !== undefined && diskDays < (limit?.days ?? Infinity))
        return { ...use, days: diskDays, decidedBy: "disk" };
      if (limit) return { ...use, days: limit.days, decidedBy: limit.by };
      return { ...use, days: undefined, decidedBy: "unknown" };
    }),
    bytesPerDay: channels
      .filter(({ isElsewhere }) => isElsewhere !== true)
      .reduce((sum, { bytesPerDay }) => sum + (bytesPerDay ?? 0), 0),
    roomBytes,
    diskDays,
  };
}

/** `23 days`, `5 hours`: whole ones, as forecasts are not more exact. */
export function daysWords(days: number): string {
  if (days * 24 < 1) return "less than an hour";
  if (days < 2) return countWords(Math.round(days * 24), "hour");
  return days > 3650 ? "more than 10 years" : countWords(Math.floor(days), "day");
}

/** What `keep` says: `5 days`, `72 hours`, `5.0 GB`. */
function keepWords(keep: KeepLimits): string {
  const limits = [
    keep.days === undefined ? undefined : `today and ${countWords(keep.days, "day")} before it`,
    keep.maxAgeMs === undefined ? undefined : countWords(Math.round(keep.maxAgeMs / 3_600_000), "hour"),
    keep.maxBytes === undefined ? undefined : `${sizeWords(keep.maxBytes)} at most`,
  ].filter((limit) => limit !== undefined);
  return limits.length === 0 ? "no limit" : limits.join(", ");
}

/** One honest sentence about a channel. */
export function forecastWords({
  sizeBytes,
  bytesPerDay,
  days,
  decidedBy,
  keep,
  isElsewhere,
}: Forecast): string {
  if (isElsewhere === true) {
    return decidedBy === "unknown"
      ? "Lies in its own folder, and takes no room here"
      : `Lies in its own folder, and takes no room here; it goes by its limit: ${keepWords(keep)}`;
  }
  if (bytesPerDay === undefined && sizeBytes === 0) return "Nothing is recorded";
  if (bytesPerDay === undefined) {
    return decidedBy === "age"
      ? `Nothing new is recorded; what there is goes by its limit: ${keepWords(keep)}`
      : "Nothing new is recorded; what there is stays until the disk needs the room";
  }
  if (days === undefined) return "The disk can't be asked, so nothing can be foretold";
  const held = `Holds ${daysWords(days)} at the present bitrate`;
  switch (decidedBy) {
    case "age":
      return `Keeps ${keepWords(keep)}, as configured; that is ${sizeWords(bytesPerDay * days)} at the present bitrate`;
    case "size":
      return `${held}; then its limit of ${sizeWords(keep.maxBytes ?? 0)} is reached`;
    default: {
      const limit = keep.days ?? (keep.maxAgeMs === undefined ? undefined : keep.maxAgeMs / DAY_MS);
      return limit === undefined
        ? `${held}; then the disk is full and the oldest goes`
        : `${held}, not the ${daysWords(limit)} that are configured: the disk is too small for that`;
    }
  }
}
