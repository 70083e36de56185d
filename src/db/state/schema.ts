import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

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
