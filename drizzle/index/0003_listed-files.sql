CREATE TABLE `listed` (
	`channel` text PRIMARY KEY NOT NULL,
	`recording` text NOT NULL,
	`ordinal` integer NOT NULL,
	`start_ms` integer NOT NULL,
	`media_sequence` integer NOT NULL,
	`discontinuity_sequence` integer NOT NULL,
	`first_sequence` integer NOT NULL
);
