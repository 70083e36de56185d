CREATE TABLE `adopted_clip` (
	`path` text PRIMARY KEY NOT NULL,
	`channel` text NOT NULL,
	`kind` text NOT NULL,
	`start_ms` integer NOT NULL,
	`local_time` text NOT NULL,
	`size_bytes` integer NOT NULL,
	`modified_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `adopted_clip_channel` ON `adopted_clip` (`channel`,`kind`,`start_ms`);