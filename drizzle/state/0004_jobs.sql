CREATE TABLE `clip` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`kind` text NOT NULL,
	`channel` text NOT NULL,
	`start_ms` integer NOT NULL,
	`end_ms` integer NOT NULL,
	`local_time` text NOT NULL,
	`is_whole_day` integer NOT NULL,
	`root` text NOT NULL,
	`path` text NOT NULL,
	`gif_path` text,
	`duration_ms` integer NOT NULL,
	`size_bytes` integer NOT NULL,
	`created_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `clip_channel` ON `clip` (`channel`,`kind`,`start_ms`);--> statement-breakpoint
CREATE TABLE `job` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`kind` text NOT NULL,
	`channel` text,
	`work_key` text,
	`payload` text NOT NULL,
	`state` text NOT NULL,
	`progress` real NOT NULL,
	`note` text NOT NULL,
	`checkpoint` text,
	`result` text,
	`attempt` integer NOT NULL,
	`error` text,
	`who` text NOT NULL,
	`created_ms` integer NOT NULL,
	`not_before_ms` integer NOT NULL,
	`started_ms` integer,
	`ended_ms` integer
);
--> statement-breakpoint
CREATE INDEX `job_state` ON `job` (`state`,`not_before_ms`);--> statement-breakpoint
CREATE INDEX `job_key` ON `job` (`work_key`);--> statement-breakpoint
CREATE INDEX `job_channel` ON `job` (`channel`,`kind`,`created_ms`);