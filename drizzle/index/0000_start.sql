CREATE TABLE `counter` (
	`channel` text PRIMARY KEY NOT NULL,
	`next_media_sequence` integer NOT NULL,
	`discontinuity_sequence` integer NOT NULL,
	`timeline` integer NOT NULL,
	`next_ticks` integer NOT NULL,
	`newest_end_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `gap` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`channel` text NOT NULL,
	`start_ms` integer NOT NULL,
	`end_ms` integer NOT NULL,
	`reason` text NOT NULL,
	`detail` text NOT NULL,
	`recording` text NOT NULL,
	FOREIGN KEY (`recording`) REFERENCES `recording`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `gap_channel_start` ON `gap` (`channel`,`start_ms`);--> statement-breakpoint
CREATE INDEX `gap_recording` ON `gap` (`recording`);--> statement-breakpoint
CREATE TABLE `lock` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`recording` text NOT NULL,
	`channel` text NOT NULL,
	`start_ms` integer NOT NULL,
	`end_ms` integer NOT NULL,
	`who` text NOT NULL,
	`why` text NOT NULL,
	`since_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `lock_recording` ON `lock` (`recording`);--> statement-breakpoint
CREATE TABLE `meta` (
	`key` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `recording` (
	`id` text PRIMARY KEY NOT NULL,
	`channel` text NOT NULL,
	`root` text NOT NULL,
	`path` text NOT NULL,
	`run` text NOT NULL,
	`base_offset_bytes` integer NOT NULL,
	`start_ms` integer NOT NULL,
	`end_ms` integer NOT NULL,
	`first_media_sequence` integer NOT NULL,
	`discontinuity_sequence` integer NOT NULL,
	`base_ticks` integer NOT NULL,
	`zone` text NOT NULL,
	`size_bytes` integer NOT NULL,
	`segment_count` integer NOT NULL,
	`state` text NOT NULL,
	`garbage_ms` integer,
	`version` integer DEFAULT 0 NOT NULL,
	`segments` blob NOT NULL,
	FOREIGN KEY (`run`) REFERENCES `run`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `recording_channel_start` ON `recording` (`channel`,`start_ms`);--> statement-breakpoint
CREATE INDEX `recording_totals` ON `recording` (`state`,`channel`,`root`,`start_ms`,`end_ms`,`size_bytes`);--> statement-breakpoint
CREATE INDEX `recording_run` ON `recording` (`run`);--> statement-breakpoint
CREATE TABLE `root` (
	`id` text PRIMARY KEY NOT NULL,
	`path` text NOT NULL,
	`adopted_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `run` (
	`id` text PRIMARY KEY NOT NULL,
	`channel` text NOT NULL,
	`timeline` integer NOT NULL,
	`init` blob NOT NULL,
	`video_codec` text NOT NULL,
	`audio_codec` text,
	`width` integer NOT NULL,
	`height` integer NOT NULL,
	`frame_rate` real,
	`video_timescale` integer NOT NULL,
	`audio_timescale` integer,
	`start_ms` integer NOT NULL,
	`end_ms` integer,
	`end_reason` text,
	`end_detail` text,
	`boot_id` text NOT NULL,
	`realtime_ms` integer NOT NULL,
	`boottime_ms` integer NOT NULL,
	`unsure` integer NOT NULL
);
