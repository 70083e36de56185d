import { wantsHeadOnly } from "../access/head-requests.ts";
import { parseByteRange } from "./byte-range.ts";

/** Something that never changes under its address. */
export type ImmutableBody = {
  /** Entity tag without quotation marks: what the address names. */
  tag: string;
  contentType: string;
  sizeBytes(): Promise<number> | number;
  bytes(): Promise<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer>;
};

/** A weak or strong tag of an If-None-Match list that equals ours, or `*`. */
const matches = (header: string, tag: string): boolean =>
  header.split(",").some((item) => {
    const given = item.trim().replace(/^W\//, "");
    return given === "*" || given === tag;
  });

/** Answers GET and HEAD with Range, If-Range and If-None-Match (RFC 9110 13, 14). */
export async function immutableAnswer(request: Request, body: ImmutableBody): Promise<Response> {
  const tag = `"${body.tag}"`;
  const headers = new Headers({
    "content-type": body.contentType,
    "cache-control": "public, max-age=31536000, immutable",
    "accept-ranges": "bytes",
    etag: tag,
  });
  const isHead = wantsHeadOnly(request);
  // Read first: a body that is gone is a 404, also for those who hold a copy.
  const bytes = isHead ? undefined : await body.bytes();
  const sizeBytes = bytes?.length ?? (await body.sizeBytes());
  const known = request.headers.get("if-none-match");
  if (known !== null && matches(known, tag)) return new Response(null, { status: 304, headers });
  const ifRange = request.headers.get("if-range");
  const range =
    ifRange === null || ifRange.trim() === tag
      ? parseByteRange(request.headers.get("range"), sizeBytes)
      : "all";
  if (range === "unsatisfiable") {
    headers.set("content-range", `bytes */${sizeBytes}`);
    headers.set("content-type", "text/plain; charset=utf-8");
    headers.set("cache-control", "no-store");
    return new Response(
      isHead ? null : `Range is ${request.headers.get("range") ?? ""}; there are ${sizeBytes} bytes\n`,
      {
        status: 416,
        headers,
      },
    );
  }
  // Range is defined for GET alone (RFC 9110 14.2); HEAD tells about the whole.
  if (range === "all" || isHead) {
    headers.set("content-length", String(sizeBytes));
    return new Response(bytes ?? null, { headers });
  }
  headers.set("content-range", `bytes ${range.start}-${range.end - 1}/${sizeBytes}`);
  headers.set("content-length", String(range.end - range.start));
  return new Response(bytes?.subarray(range.start, range.end) ?? null, { status: 206, headers });
}
