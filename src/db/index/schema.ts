import { footageFormats } from "../../media/footage-format.ts";
import { blob, index, integer, real, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Uninterrupted captures of a channel with one init. */
export const runTable = sqliteTable("run", {
  /** Ten base-32 letters, drawn at its birth. */
  id: text().primaryKey(),
  channel: text().notNull(),
  /** Number of the channel's timeline: runs with equal inits in a row share it. */
  timeline: integer().notNull(),
  /** `ftyp` and `moov`. Of MPEG-TS, the one that the same parameter sets would give; it is never served. */
  init: blob({ mode: "buffer" }).notNull(),
  format: text({ enum: footageFormats }).notNull().default("nightjar"),
  videoCodec: text("video_codec").notNull(),
  /** RFC 6381; null without sound. */
  audioCodec: text("audio_codec"),
  width: integer().notNull(),
  height: integer().notNull(),
  /** Pictures a second, where the parameter sets say it. */
  frameRate: real("frame_rate"),
  /** Ticks a second of all media times of the run's video. */
  videoTimescale: integer("video_timescale").notNull(),
  audioTimescale: integer("audio_timescale"),
  /** Wall time of the first picture, ms UTC. */
  startMs: integer("start_ms").notNull(),
  /** Wall time at the end of the last stored picture; null while it is recorded. */
  endMs: integer("end_ms"),
  endReason: text("end_reason"),
  endDetail: text("end_detail"),
  /** The kernel's boot id, and both clocks at the first arrival: by these an unsure run is re-dated. */
  bootId: text("boot_id").notNull(),
  realtimeMs: integer("realtime_ms").notNull(),
  boottimeMs: integer("boottime_ms").notNull(),
  /** The kernel did not call its clock synchronised when the run began. */
  unsure: integer({ mode: "boolean" }).notNull(),
});

/** Up to an hour of segments of one run in one file: the unit of retention. */
export const recordingTable = sqliteTable(
  "recording",
  {
    /** Ten base-32 letters, drawn at its birth; part of its segments' addresses. */
    id: text().primaryKey(),
    channel: text().notNull(),
    root: text().notNull(),
    /** Path of the media file below its root, with `/`; see `hasOwnFiles` in rows.ts. */
    path: text().notNull(),
    run: text()
      .notNull()
      .references(() => runTable.id),
    /** Position of the first segment's first byte in the file. */
    baseOffsetBytes: integer("base_offset_bytes").notNull(),
    /** Wall time of the first picture and of the end of the last one, ms UTC. */
    startMs: integer("start_ms").notNull(),
    endMs: integer("end_ms").notNull(),
    /** Media sequence number of ordinal 0. */
    firstMediaSequence: integer("first_media_sequence").notNull(),
    discontinuitySequence: integer("discontinuity_sequence").notNull(),
    /** Channel-wide media time of the file's zero, in ticks of the run's video timescale. */
    baseTicks: integer("base_ticks").notNull(),
    /** The time zone that named its folder. */
    zone: text().notNull(),
    /** Bytes of the media file. */
    sizeBytes: integer("size_bytes").notNull(),
    segmentCount: integer("segment_count").notNull(),
    /** `open`: an intent, perhaps being written; `closed`: whole on disk; `garbage`: to be deleted. */
    state: text({ enum: ["open", "closed", "garbage"] }).notNull(),
    /** When it became garbage, ms UTC. */
    garbageMs: integer("garbage_ms"),
    /** Rises with each change of a closed recording; part of its playlists' entity tags. */
    version: integer().notNull().default(0),
    /**
     * The packed segment list (media/segment-list.ts); empty while open. The last column: it fills overflow pages,
     * which SQLite reads through for whatever stands behind it.
     */
    segments: blob({ mode: "buffer" }).notNull(),
  },
  (t) => [
    index("recording_channel_start").on(t.channel, t.startMs),
    // What was stored last is not always what is dated last.
    index("recording_channel_sequence").on(t.channel, t.firstMediaSequence),
    // Totals of a large archive come from this alone, without touching the rows.
    index("recording_totals").on(t.state, t.channel, t.root, t.startMs, t.endMs, t.sizeBytes),
    index("recording_run").on(t.run),
  ],
);

/** Spans that were not recorded. A gap goes with the recording that ended it. */
export const gapTable = sqliteTable(
  "gap",
  {
    id: integer().primaryKey({ autoIncrement: true }),
    channel: text().notNull(),
    startMs: integer("start_ms").notNull(),
    endMs: integer("end_ms").notNull(),
    reason: text().notNull(),
    detail: text().notNull(),
    /** The recording that ended it. */
    recording: text()
      .notNull()
      .references(() => recordingTable.id),
  },
  (t) => [index("gap_channel_start").on(t.channel, t.startMs), index("gap_recording").on(t.recording)],
);

/** What each channel counts on for ever, also when its last recording is gone. */
export const counterTable = sqliteTable("counter", {
  channel: text().primaryKey(),
  nextMediaSequence: integer("next_media_sequence").notNull(),
  discontinuitySequence: integer("discontinuity_sequence").notNull(),
  timeline: integer().notNull(),
  /** Channel-wide media time at which the next run begins, in 90,000ths of a second. */
  nextTicks: integer("next_ticks").notNull(),
  /** End of the channel's newest footage, ms UTC. */
  newestEndMs: integer("newest_end_ms").notNull(),
  /** What its growing playlists said last, in whole seconds: it never falls. 0 before the first of them. */
  targetDurationSeconds: integer("target_duration_seconds").notNull().default(0),
});

/**
 * Where the growing lists of channels whose segments are files stand: those are numbered when they are first listed. The
 * numbers of all others follow by counting from this segment.
 */
export const listedTable = sqliteTable("listed", {
  channel: text().primaryKey(),
  /** A segment that was listed, and when it begins, ms UTC. */
  recording: text().notNull(),
  ordinal: integer().notNull(),
  startMs: integer("start_ms").notNull(),
  mediaSequence: integer("media_sequence").notNull(),
  discontinuitySequence: integer("discontinuity_sequence").notNull(),
  /** No list begins before this number: what stood there was numbered otherwise. */
  firstSequence: integer("first_sequence").notNull(),
});

/** Mirror of the lock files: spans that retention leaves alone. */
export const lockTable = sqliteTable(
  "lock",
  {
    id: integer().primaryKey({ autoIncrement: true }),
    recording: text().notNull(),
    channel: text().notNull(),
    startMs: integer("start_ms").notNull(),
    endMs: integer("end_ms").notNull(),
    who: text().notNull(),
    why: text().notNull(),
    sinceMs: integer("since_ms").notNull(),
  },
  (t) => [index("lock_recording").on(t.recording)],
);

/** Storage roots that this archive knows; the same list is in the state database. */
export const rootTable = sqliteTable("root", {
  id: text().primaryKey(),
  path: text().notNull(),
  adoptedMs: integer("adopted_ms").notNull(),
});

/** Small facts about this database itself: when it was made, until when limits wait. */
export const metaTable = sqliteTable("meta", { key: text().primaryKey(), value: text().notNull() });
