import { basename } from "node:path/posix";
import type { RecordingRow } from "../../db/index/rows.ts";

/** In front of the names of recordings whose segments are parts of longer files. */
export const PARTS_PREFIX = "parts-";

/** Whether a recording's segments are parts of longer files: such a recording never changes. */
export const isOfParts = ({ path }: Pick<RecordingRow, "path">): boolean =>
  basename(path).startsWith(PARTS_PREFIX);
