CREATE TABLE `notification` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`receiver` text NOT NULL,
	`notice` text NOT NULL,
	`held` integer NOT NULL,
	`tries` integer NOT NULL,
	`next_try_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `notification_receiver` ON `notification` (`receiver`);