import { index, integer, real, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Storage roots that this installation knows; the same list is in the index database. */
export const rootTable = sqliteTable("root", {
  id: text().primaryKey(),
  path: text().notNull(),
  adoptedMs: integer("adopted_ms").notNull(),
});

/** Every channel ever configured, so that one that is no longer is still listed and still ages. */
export const channelTable = sqliteTable("channel", {
  id: text().primaryKey(),
  name: text().notNull(),
  /** Its last retention limits as JSON: `{ "maxAgeMs"?, "days"?, "maxBytes"? }`. */
  keep: text().notNull(),
  zone: text().notNull(),
  /** When it left the configuration, ms UTC; null while configured. */
  retiredMs: integer("retired_ms"),
  /** The id under which its footage is served now (`was:`), if another channel adopted it. */
  adoptedBy: text("adopted_by"),
});

/** Small facts about this database itself: when it was made, until when limits wait. */
export const metaTable = sqliteTable("meta", { key: text().primaryKey(), value: text().notNull() });

/** People who may sign in. */
export const userTable = sqliteTable("user", {
  /** Never given twice: what names a removed user must not come to mean another. */
  id: integer().primaryKey({ autoIncrement: true }),
  name: text().notNull(),
  /** The name as it is compared: composed, in lower case. */
  nameKey: text("name_key").notNull().unique(),
  role: text().notNull(),
  /** argon2id with its salt and cost, in PHC form. */
  passwordHash: text("password_hash").notNull(),
  createdMs: integer("created_ms").notNull(),
});

/** Browsers in which somebody is signed in. */
export const sessionTable = sqliteTable(
  "session",
  {
    /** SHA-256 of the secret in the cookie, hex: who reads this database can't sign in with it. */
    secretHash: text("secret_hash").primaryKey(),
    userId: integer("user_id")
      .notNull()
      .references(() => userTable.id, { onDelete: "cascade" }),
    createdMs: integer("created_ms").notNull(),
    seenMs: integer("seen_ms").notNull(),
    expiresMs: integer("expires_ms").notNull(),
  },
  (table) => [index("session_user").on(table.userId)],
);

/** Secrets for programs, each with a role of its own. */
export const tokenTable = sqliteTable("token", {
  id: integer().primaryKey({ autoIncrement: true }),
  name: text().notNull(),
  nameKey: text("name_key").notNull().unique(),
  role: text().notNull(),
  /** SHA-256 of the token, hex. */
  secretHash: text("secret_hash").notNull().unique(),
  createdMs: integer("created_ms").notNull(),
  /** Null until it was used. */
  usedMs: integer("used_ms"),
});

/** Messages that a receiver of notifications has not got yet, in the order in which they are sent. */
export const notificationTable = sqliteTable(
  "notification",
  {
    id: integer().primaryKey({ autoIncrement: true }),
    /** Names the receiver: a hash of its address, which may be a secret. */
    receiver: text().notNull(),
    /** What happened, as JSON. */
    notice: text().notNull(),
    /** It waits for the end of quiet time, to be told together with others. */
    held: integer({ mode: "boolean" }).notNull(),
    /** How often it was tried. */
    tries: integer().notNull(),
    /** When to try again, ms UTC. */
    nextTryMs: integer("next_try_ms").notNull(),
  },
  (table) => [index("notification_receiver").on(table.receiver)],
);

/** Short films that another tool made, where they lie: its timelapses and moments. They are never changed or deleted. */
export const adoptedClipTable = sqliteTable(
  "adopted_clip",
  {
    /** Absolute. */
    path: text().primaryKey(),
    channel: text().notNull(),
    /** `timelapse` of a day, or `moment`. */
    kind: text().notNull(),
    /** When what it shows begins: the start of the day for a timelapse; ms UTC. */
    startMs: integer("start_ms").notNull(),
    /** The same as its tool named it: `2024-06-18` or `2024-06-18T17:45:24`, in the channel's zone. */
    localTime: text("local_time").notNull(),
    sizeBytes: integer("size_bytes").notNull(),
    /** When the file was changed last, ms UTC. */
    modifiedMs: integer("modified_ms").notNull(),
  },
  (table) => [index("adopted_clip_channel").on(table.channel, table.kind, table.startMs)],
);

/** Work that lasts and survives a restart. Times are ms UTC. */
export const jobTable = sqliteTable(
  "job",
  {
    /** Never given twice. */
    id: integer().primaryKey({ autoIncrement: true }),
    kind: text().notNull(),
    /** The channel that it is about, where it is about one. */
    channel: text(),
    /** Names the work itself: there are never two that wait or run with the same; null where each is its own. */
    workKey: text("work_key"),
    /** What is to be done, as JSON of the kind's own shape. */
    payload: text().notNull(),
    /** `queued`, `running`, `done`, `failed` or `cancelled`. */
    state: text().notNull(),
    /** From 0 to 1. */
    progress: real().notNull(),
    /** What is being done now, in words. */
    note: text().notNull(),
    /** What an interrupted attempt needs to go on, as JSON of the kind's own shape; null before the first. */
    checkpoint: text(),
    /** What came of it, as JSON of the kind's own shape; null until it is done. */
    result: text(),
    /** How often it was begun since it last got further. */
    attempt: integer().notNull(),
    /** Why it failed last, in words; null otherwise. */
    error: text(),
    /** Who asked for it: a name, or empty for a schedule. */
    who: text().notNull(),
    createdMs: integer("created_ms").notNull(),
    /** Not begun before. */
    notBeforeMs: integer("not_before_ms").notNull(),
    startedMs: integer("started_ms"),
    endedMs: integer("ended_ms"),
  },
  (table) => [
    index("job_state").on(table.state, table.notBeforeMs),
    index("job_key").on(table.workKey),
    index("job_channel").on(table.channel, table.kind, table.createdMs),
  ],
);

/** Short films that were made here of footage: timelapses, moments, clips. Times are ms UTC. */
export const clipTable = sqliteTable(
  "clip",
  {
    /** Never given twice. */
    id: integer().primaryKey({ autoIncrement: true }),
    /** `timelapse`, `moment` or `clip`. */
    kind: text().notNull(),
    channel: text().notNull(),
    /** When what it shows begins and ends. */
    startMs: integer("start_ms").notNull(),
    endMs: integer("end_ms").notNull(),
    /** The local date or time by which addresses name it: `2026-06-18` or `2026-06-18T17:45:24`, in the channel's zone. */
    localTime: text("local_time").notNull(),
    /** Whether a timelapse shows the whole of its day: the one that a schedule makes. */
    isWholeDay: integer("is_whole_day", { mode: "boolean" }).notNull(),
    /** Id of the storage root, and the MP4 below it, with `/`. */
    root: text().notNull(),
    path: text().notNull(),
    /** The GIF beside it, the same way; null where there is none. */
    gifPath: text("gif_path"),
    /** Length of the film itself. */
    durationMs: integer("duration_ms").notNull(),
    /** All its files together. */
    sizeBytes: integer("size_bytes").notNull(),
    createdMs: integer("created_ms").notNull(),
  },
  (table) => [index("clip_channel").on(table.channel, table.kind, table.startMs)],
);
