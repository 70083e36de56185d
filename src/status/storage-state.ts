import type { RunEnd } from "../media/reasons.ts";

/** What the archive says about the place that footage goes to. */
export type StorageState = {
  path: string;
  /** Why nothing can be stored there, and what to do; absent while it is there. */
  missing?: RunEnd | undefined;
  freeBytes?: number | undefined;
  totalBytes?: number | undefined;
  /** No room is left and none can be made. */
  isFull: boolean;
  /** What retention holds back and why, who fills the disk, what is to be confirmed. For people. */
  messages: readonly string[];
};
