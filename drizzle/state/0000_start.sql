CREATE TABLE `channel` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`keep` text NOT NULL,
	`zone` text NOT NULL,
	`retired_ms` integer,
	`adopted_by` text
);
--> statement-breakpoint
CREATE TABLE `meta` (
	`key` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `root` (
	`id` text PRIMARY KEY NOT NULL,
	`path` text NOT NULL,
	`adopted_ms` integer NOT NULL
);
