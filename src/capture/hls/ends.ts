import { errorText, NightjarError } from "../../platform/errors.ts";
import type { SourceEnd } from "../source.ts";
import { FetchFailure, UnsupportedSource } from "./fetch-failure.ts";

const AUTH = [401, 403, 407];
const GONE = [404, 410];

/** The end of a source for whatever went wrong with fetching or reading it. */
export function endOfError(error: unknown): SourceEnd {
  if (error instanceof UnsupportedSource) {
    return { reason: "source-unsupported", detail: error.message, retry: "rarely" };
  }
  if (error instanceof FetchFailure) return endOfFailure(error);
  if (error instanceof NightjarError)
    return { reason: "source-broken", detail: error.message, retry: "later" };
  return { reason: "source-broken", detail: errorText(error), retry: "later" };
}

function endOfFailure({ kind, status = 0, message: detail }: FetchFailure): SourceEnd {
  switch (kind) {
    case "status":
      if (AUTH.includes(status)) return { reason: "source-auth", detail, retry: "rarely" };
      if (GONE.includes(status)) return { reason: "source-refused", detail, retry: "later" };
      if (status >= 500 || status === 408 || status === 429) {
        return { reason: "source-offline", detail, retry: "later" };
      }
      return { reason: "source-refused", detail, retry: "later" };
    case "offline":
    case "timeout":
    case "cancelled":
      return { reason: "source-offline", detail, retry: "later" };
    case "blocked":
      return { reason: "source-refused", detail, retry: "rarely" };
    case "broken":
      return { reason: "source-broken", detail, retry: "later" };
  }
}
