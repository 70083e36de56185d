import type { Fields } from "./body.ts";
import { FetchFailure } from "./fetch-failure.ts";

/** How the end of a body is known (RFC 9112 6.3). */
export type Framing =
  | { kind: "length"; lengthBytes: number }
  | { kind: "chunked" }
  /** It lasts until the connection is closed. */
  | { kind: "until-close" };

export type Head = {
  status: number;
  fields: Fields;
  framing: Framing;
  /** Another request may follow on the same connection. */
  isKept: boolean;
};

/** What stands in front of a body, with all that is said of answers that are still to come. */
export const MAX_HEAD_BYTES = 64 * 1024;

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: .*)?$/;
/** A field's name is a token (RFC 9110 5.6.2); the value has no control characters. */
const FIELD_LINE = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/;

const notUnderstood = (): FetchFailure => new FetchFailure("broken", "its answer could not be understood");

/** Where the head ends in `bytes`: behind its empty line, or -1. A line ends with CR LF, or LF alone (RFC 9112 2.2). */
export function headEnd(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(LINE_FEED, from); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) {
    if (bytes[at + 1] === LINE_FEED) return at + 2;
    if (bytes[at + 1] === CARRIAGE_RETURN && bytes[at + 2] === LINE_FEED) return at + 3;
  }
  return -1;
}

/**
 * Reads an answer's head up to its empty line (RFC 9112 4 to 6).
 * @throws FetchFailure for what is none, or does not tell where its body ends
 */
export function readHead(bytes: Uint8Array): Head {
  const [statusLine = "", ...lines] = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    .toString("latin1")
    .split(/\r?\n/);
  const [, minor, status] = STATUS_LINE.exec(statusLine) ?? [];
  if (status === undefined) throw notUnderstood();
  const fields = readFields(lines.slice(0, -2));
  const connection = textOf(fields, "connection")
    .toLowerCase()
    .split(/[ \t]*,[ \t]*/);
  const framing = framingOf(Number(status), fields);
  const isKept = minor === "1" && !connection.includes("close") && framing.kind !== "until-close";
  return { status: Number(status), fields, framing, isKept };
}

/** The first address counts where several are given; other fields are lists (RFC 9110 5.3). */
function readFields(lines: readonly string[]): Fields {
  const fields: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>;
  const cookies: string[] = [];
  for (const line of lines) {
    const [, given, value] = FIELD_LINE.exec(line) ?? [];
    if (given === undefined || value === undefined) throw notUnderstood();
    const name = given.toLowerCase();
    const text = value.trimEnd();
    if (name === "set-cookie") cookies.push(text);
    else if (fields[name] === undefined) fields[name] = text;
    else if (name !== "location") fields[name] = `${textOf(fields, name)}, ${text}`;
  }
  if (cookies.length > 0) fields["set-cookie"] = cookies;
  return fields;
}

const textOf = (fields: Fields, name: string): string => {
  const value = fields[name];
  return typeof value === "string" ? value : "";
};

/** What says two things of its length may have been meant for somebody else (RFC 9112 6.3, 11.2): it is refused. */
function framingOf(status: number, fields: Fields): Framing {
  const { "content-length": length, "transfer-encoding": coding } = fields;
  if (status < 200 || status === 204 || status === 304) return { kind: "length", lengthBytes: 0 };
  if (coding !== undefined) {
    if (length !== undefined || String(coding).toLowerCase() !== "chunked") throw notUnderstood();
    return { kind: "chunked" };
  }
  if (length === undefined) return { kind: "until-close" };
  if (typeof length !== "string" || !/^\d{1,15}$/.test(length)) throw notUnderstood();
  return { kind: "length", lengthBytes: Number(length) };
}
