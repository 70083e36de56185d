ALTER TABLE `counter` ADD `target_duration_seconds` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `recording_channel_sequence` ON `recording` (`channel`,`first_media_sequence`);