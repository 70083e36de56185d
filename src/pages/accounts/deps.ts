import type { Accounts } from "../../accounts/accounts.ts";
import { NightjarError } from "../../platform/errors.ts";
import type { SiteOf } from "../site.ts";

export type AccountPagesDeps = { accounts: Accounts; site: SiteOf };

/** Leads on after a form was taken, so that a reload sends nothing again. */
export const seeOther = (location: string, cookie?: string): Response => {
  const headers = new Headers({ location, "cache-control": "no-store" });
  if (cookie !== undefined) headers.append("set-cookie", cookie);
  return new Response(null, { status: 303, headers });
};

/** A field of a form; empty when it is absent. */
export const field = (form: URLSearchParams, name: string): string => form.get(name) ?? "";

/** Errors of a form that its page says above it; every other error is thrown on. */
export function formMistake(error: unknown): NightjarError {
  const isTheirs =
    error instanceof NightjarError && ["bad-request", "conflict", "too-many-requests"].includes(error.kind);
  if (isTheirs) return error;
  throw error;
}

/** The form's page again, with what was wrong. */
export function withMistake(page: Response, { kind, retryAfterSeconds }: NightjarError): Response {
  const status = kind === "too-many-requests" ? 429 : kind === "conflict" ? 409 : 422;
  const headers = new Headers(page.headers);
  if (retryAfterSeconds !== undefined) headers.set("retry-after", String(retryAfterSeconds));
  return new Response(page.body, { status, headers });
}
