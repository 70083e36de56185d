import { z } from "zod";
import { NightjarError, systemErrorCode, type ErrorKind } from "../platform/errors.ts";
import { schemaProblems } from "../platform/schema-words.ts";
import { askToSignIn } from "./sign-in-answer.ts";

/** An error as a client may see it. */
export type ErrorAnswer = {
  status: number;
  kind: ErrorKind;
  message: string;
  details: readonly string[];
  /** When another try makes sense, in seconds, where that is known. */
  retryAfterSeconds?: number | undefined;
  /** Of 405: what may be done there instead. */
  methods?: readonly string[];
};

const STATUS: Record<ErrorKind, number> = {
  "bad-request": 400,
  unauthorized: 401,
  forbidden: 403,
  "not-found": 404,
  "method-not-allowed": 405,
  conflict: 409,
  unprocessable: 422,
  "too-many-requests": 429,
  unavailable: 503,
  config: 500,
  internal: 500,
};

const answer = (kind: ErrorKind, message: string, details: readonly string[] = []): ErrorAnswer => ({
  status: STATUS[kind],
  kind,
  message,
  details,
});

/** What is checked of a request, by Elysia's names for it. */
const wholes: Record<string, string> = {
  body: "The body",
  query: "The query",
  params: "The address",
  headers: "The head of the request",
};

const at = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;

/** What was not accepted of a request, and what is wanted instead. */
function validationAnswer(error: unknown): ErrorAnswer {
  const [validator, value, part] = [at(error, "validator"), at(error, "value"), at(error, "type")];
  const schema = validator instanceof z.ZodType ? validator : at(validator, "schema");
  const whole = wholes[String(part)] ?? "What was sent";
  if (part === "body" && value === undefined)
    return answer("unprocessable", "The body is missing; wanted: JSON, with Content-Type: application/json");
  const problems = schema instanceof z.ZodType ? schemaProblems(schema, value, whole) : [];
  const [first = `${whole} is not accepted`, ...others] = problems;
  return answer("unprocessable", first, others);
}

/** What keeps a database from being written, by the beginnings of SQLite's codes. */
const databaseTroubles: readonly (readonly [code: string, words: string])[] = [
  ["SQLITE_FULL", "the disk of the data folder is full"],
  ["SQLITE_READONLY", "the data folder can't be written to"],
  ["SQLITE_IOERR", "the disk of the data folder fails"],
  ["SQLITE_BUSY", "another program holds the database"],
];

function databaseTrouble(error: unknown): string | undefined {
  const code = systemErrorCode(error) ?? "";
  return databaseTroubles.find(([start]) => code.startsWith(start))?.[1];
}

/**
 * What a client is told about anything thrown. Only the messages of our own errors are shown; of all else the
 * client learns that it failed.
 * @param code Elysia's name for the error
 */
export function errorAnswer(code: unknown, error: unknown): ErrorAnswer {
  if (error instanceof NightjarError && error.kind !== "internal" && error.kind !== "config") {
    return {
      ...answer(error.kind, error.message, error.details),
      retryAfterSeconds: error.retryAfterSeconds,
    };
  }
  const trouble = databaseTrouble(error);
  if (trouble !== undefined) return answer("unavailable", `This could not be done: ${trouble}`);
  switch (code) {
    case "NOT_FOUND":
      return answer("not-found", "There is nothing at this address");
    case "VALIDATION":
      return validationAnswer(error);
    case "PARSE":
      return answer("bad-request", "The body can't be read as what its Content-Type says");
    case "INVALID_COOKIE_SIGNATURE":
      return answer("bad-request", "The cookie is not one of ours");
    case "INVALID_FILE_TYPE":
      return answer("unprocessable", "The file is of another type than is accepted");
    default:
      return answer("internal", "Something went wrong here; the log says what");
  }
}

/**
 * The answer to a method that an address does not take; where it takes none at all, there is nothing.
 * @param methods those it takes
 */
export function methodAnswer(method: string, methods: readonly string[]): ErrorAnswer {
  if (methods.length === 0) return errorAnswer("NOT_FOUND", undefined);
  const words = `${method} is not possible at this address`;
  return { ...answer("method-not-allowed", words, [`It takes ${methods.join(", ")}`]), methods };
}

const HTML: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text: string): string =>
  text.replaceAll(/[&<>"]/g, (character) => HTML[character] ?? character);

/** A page without anything else, for when none is given. */
export function plainErrorPage({ message, details }: ErrorAnswer): string {
  const lines = details.map((line) => `<p>${escaped(line)}</p>`).join("");
  const head =
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">';
  return `${head}<title>Nightjar</title><h1>${escaped(message)}</h1>${lines}<p><a href="/">Nightjar</a></p></html>`;
}

const OTHER = { "cache-control": "no-store", vary: "Accept" };

/** How long a client waits that is told nothing else, in seconds. */
const RETRY_SECONDS = 5;

/** Writes the answer as the client reads it best: a page, JSON, or plain text. */
export function errorResponse(
  request: Request,
  found: ErrorAnswer,
  page: (error: ErrorAnswer, request: Request) => string,
): Response {
  const accept = request.headers.get("accept") ?? "";
  const { status, kind, message, details } = found;
  let response: Response;
  if (accept.includes("text/html")) {
    response = new Response(page(found, request), {
      status,
      headers: { "content-type": "text/html; charset=utf-8" },
    });
  } else if (accept.includes("json")) {
    response = Response.json({ error: kind, message, details }, { status });
  } else {
    const headers = { "content-type": "text/plain; charset=utf-8" };
    response = new Response(`${[message, ...details].join("\n")}\n`, { status, headers });
  }
  for (const [name, value] of Object.entries(OTHER)) response.headers.set(name, value);
  if (status === 503 || status === 429 || found.retryAfterSeconds !== undefined) {
    response.headers.set("retry-after", String(found.retryAfterSeconds ?? RETRY_SECONDS));
  }
  if (found.methods) response.headers.set("allow", found.methods.join(", "));
  if (status === 401) askToSignIn(request, response.headers);
  return response;
}
