import type { NotifyConfig } from "../config/notify.ts";
import { systemErrorCode } from "../platform/errors.ts";
import type { Message } from "./message.ts";

/** What became of a message. `refused`: the same message would be refused again. */
export type Posted =
  | { kind: "taken" }
  | { kind: "refused"; why: string }
  | { kind: "failed"; why: string; retryAfterMs?: number };

export type Post = (receiver: NotifyConfig, message: Message, signal: AbortSignal) => Promise<Posted>;

const TIMEOUT_MS = 10_000;
const MAX_RETRY_AFTER_MS = 3_600_000;

/** Statuses of 400 to 499 that may pass: time ran out, too early, too many. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429]);

function retryAfterMs(response: Response): number | undefined {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return seconds > 0 ? Math.min(seconds * 1000, MAX_RETRY_AFTER_MS) : undefined;
}

/** Sends a message. Never throws; no text of its holds anything of the address beyond what may be shown. */
export const post: Post = async (receiver, { headers, body }, signal) => {
  const url = new URL(receiver.url.reveal());
  url.username = "";
  url.password = "";
  try {
    const response = await fetch(url, {
      method: "POST",
      headers,
      body,
      // A redirect would carry the token elsewhere, and turn the message into a question.
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    await response.body?.cancel();
    const { status } = response;
    if (status >= 200 && status < 300) return { kind: "taken" };
    const why = `it answered ${status}`;
    if (status >= 300 && status < 400) {
      return { kind: "refused", why: `${why}, a redirect; give the address that it leads to` };
    }
    if (status >= 400 && status < 500 && !PASSING.has(status)) return { kind: "refused", why };
    const waitMs = retryAfterMs(response);
    return { kind: "failed", why, ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }) };
  } catch (error) {
    const isTimeout = error instanceof Error && error.name === "TimeoutError";
    const code = systemErrorCode(error) ?? "no connection";
    return { kind: "failed", why: isTimeout ? `no answer within ${TIMEOUT_MS / 1000} s` : code };
  }
};
