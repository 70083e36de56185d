import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

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
