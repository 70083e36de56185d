import type { IndexDatabase } from "../../db/index/index-database.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Files } from "../../platform/files.ts";
import type { WriteFigures } from "../journal/journal-file.ts";
import type { RecordingWriter } from "./recording-writer.ts";
import type { Roots } from "../roots/root.ts";
import type { ArchiveSettings } from "../settings.ts";

/** What all runs that are being written share. */
export type WriteContext = {
  clock: Clock;
  files: Files;
  index: IndexDatabase;
  roots: Roots;
  settings: ArchiveSettings;
  figures: WriteFigures;
  /** Recordings that are written or wait for their last sync, in the order of their birth. */
  open: Set<RecordingWriter>;
  /** Looks whether the clock was set, and resolves when older footage is dated so that a new run can follow it. */
  redated(): Promise<void>;
  /** An unsure run was stored. */
  noteUnsure(): void;
};
