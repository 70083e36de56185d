/** What kind of failure an error is; decides the HTTP status and the exit code, once, in one place. */
export type ErrorKind =
  | "bad-request"
  | "unauthorized"
  | "forbidden"
  | "not-found"
  | "method-not-allowed"
  | "conflict"
  | "unprocessable"
  | "too-many-requests"
  | "unavailable"
  | "config"
  | "internal";

/**
 * An error whose message is written for the person who caused it or who has to mend it: it names what was
 * found and what is wanted, and may be shown to them as it stands. Messages never contain secrets.
 */
export class NightjarError extends Error {
  readonly kind: ErrorKind;
  /** Extra lines for people: what to do, the nearest things that exist. */
  readonly details: readonly string[];
  /** After how many seconds another try makes sense, where that is known. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    kind: ErrorKind,
    message: string,
    options: { details?: readonly string[]; cause?: unknown; retryAfterSeconds?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "NightjarError";
    this.kind = kind;
    this.details = options.details ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** A method that is not possible at an address, although the table of routes may have it there. */
export class MethodNotAllowed extends NightjarError {
  /** @param others methods of the table that are not possible there either */
  constructor(readonly others: readonly string[] = []) {
    super("method-not-allowed", "This is not possible at this address");
  }
}

/** A parameter that can't be used: names it, what was given, and what is accepted. */
export function badParameter(name: string, given: string, wanted: string): NightjarError {
  return new NightjarError("bad-request", `${name} is ${JSON.stringify(given)}; wanted: ${wanted}`);
}

export const notFound = (message: string, details: readonly string[] = []): NightjarError =>
  new NightjarError("not-found", message, { details });

/** The `code` of a system error (`"ENOSPC"`), if the value is one. */
export function systemErrorCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** One line that describes any thrown value. */
export const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error));
