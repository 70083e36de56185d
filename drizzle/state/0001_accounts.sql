CREATE TABLE `session` (
	`secret_hash` text PRIMARY KEY NOT NULL,
	`user_id` integer NOT NULL,
	`created_ms` integer NOT NULL,
	`seen_ms` integer NOT NULL,
	`expires_ms` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `user`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `session_user` ON `session` (`user_id`);--> statement-breakpoint
CREATE TABLE `token` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`name_key` text NOT NULL,
	`role` text NOT NULL,
	`secret_hash` text NOT NULL,
	`created_ms` integer NOT NULL,
	`used_ms` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `token_name_key_unique` ON `token` (`name_key`);--> statement-breakpoint
CREATE UNIQUE INDEX `token_secret_hash_unique` ON `token` (`secret_hash`);--> statement-breakpoint
CREATE TABLE `user` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`name_key` text NOT NULL,
	`role` text NOT NULL,
	`password_hash` text NOT NULL,
	`created_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `user_name_key_unique` ON `user` (`name_key`);