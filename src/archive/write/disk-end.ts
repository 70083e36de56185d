import { StorageMissing } from "../../capture/recording-sink.ts";
import type { RunEnd } from "../../media/reasons.ts";
import { errorText, systemErrorCode } from "../../platform/errors.ts";
import type { Roots } from "../roots/root.ts";

const FULL = ["ENOSPC", "EDQUOT", "EFBIG"];

/** Why a run ends when writing or syncing failed with `error`. */
export function diskEnd(error: unknown, roots: Roots, rootId: string | undefined): RunEnd {
  if (error instanceof StorageMissing) return error.end;
  const code = systemErrorCode(error) ?? "";
  const detail = errorText(error);
  if (code === "SQLITE_FULL") return { reason: "disk-full", detail: "the disk of the data folder is full" };
  if (code.startsWith("SQLITE_")) {
    return { reason: "disk-error", detail: `the index in the data folder can't be written: ${detail}` };
  }
  if (FULL.includes(code)) return { reason: "disk-full", detail };
  const isGone = rootId !== undefined && roots.pathOf(rootId) === undefined;
  return { reason: isGone ? "disk-missing" : "disk-error", detail };
}

/** Whether room on the disk is all that was wanting. */
export const isDiskFull = (error: unknown): boolean => FULL.includes(systemErrorCode(error) ?? "");
