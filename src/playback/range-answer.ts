import { wantsHeadOnly } from "../access/head-requests.ts";
import { LongBody, longResponse } from "../platform/long-body.ts";
import { parseByteRange, type ByteSpan } from "./byte-range.ts";

/** What an answer with ranges is made of. */
export type RangedBody = {
  /** Entity tag without quotation marks. It is a strong one: the same tag always means the same bytes. */
  tag: string;
  sizeBytes: number;
  /** All headers but those of the tag, the length and the range. */
  headers: Headers;
  /** The bytes of a span; not asked for a HEAD or a 304. */
  body: (span: ByteSpan) => Promise<LongBody | BodyInit> | BodyInit;
};

/** A weak or strong tag of an If-None-Match list that equals ours, or `*`. */
const matches = (header: string, tag: string): boolean =>
  header.split(",").some((item) => {
    const given = item.trim().replace(/^W\//, "");
    return given === "*" || given === tag;
  });

function unsatisfiable(request: Request, headers: Headers, sizeBytes: number): Response {
  headers.set("content-range", `bytes */${sizeBytes}`);
  headers.set("content-type", "text/plain; charset=utf-8");
  headers.set("cache-control", "no-store");
  headers.delete("content-disposition");
  const asked = request.headers.get("range") ?? "";
  const text = `Range is ${asked.slice(0, 80)}; there are ${sizeBytes} bytes\n`;
  return new Response(wantsHeadOnly(request) ? null : text, { status: 416, headers });
}

/** Answers GET and HEAD with Range, If-Range and If-None-Match (RFC 9110 13, 14). */
export async function rangeAnswer(
  request: Request,
  { tag: plainTag, sizeBytes, headers, body }: RangedBody,
): Promise<Response> {
  const tag = `"${plainTag}"`;
  headers.set("accept-ranges", "bytes");
  headers.set("etag", tag);
  const known = request.headers.get("if-none-match");
  if (known !== null && matches(known, tag)) return new Response(null, { status: 304, headers });
  const ifRange = request.headers.get("if-range");
  const isSame = ifRange === null || ifRange.trim() === tag;
  const range = isSame ? parseByteRange(request.headers.get("range"), sizeBytes) : "all";
  if (range === "unsatisfiable") return unsatisfiable(request, headers, sizeBytes);
  // Range is defined for GET alone (RFC 9110 14.2); HEAD tells about the whole.
  const isHead = wantsHeadOnly(request);
  const isPart = range !== "all" && !isHead;
  const span = isPart ? range : { start: 0, end: sizeBytes };
  if (isPart) headers.set("content-range", `bytes ${span.start}-${span.end - 1}/${sizeBytes}`);
  headers.set("content-length", String(span.end - span.start));
  const init = { status: isPart ? 206 : 200, headers };
  if (isHead) return new Response(null, init);
  const bytes = await body(span);
  return bytes instanceof LongBody ? longResponse(bytes, init) : new Response(bytes, init);
}
