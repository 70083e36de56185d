import { acceptsGzip } from "../platform/accepts-gzip.ts";
import { plainText, type AnswerText } from "./list-text.ts";

/** Whether an If-None-Match header names a tag, by the weak comparison (RFC 9110 13.1.2). */
function isKnown(request: Request, tag: string): boolean {
  const header = request.headers.get("if-none-match");
  if (header === null) return false;
  return header.split(",").some((each) => ["*", tag].includes(each.trim().replace(/^W\//, "")));
}

/**
 * Answers a text that may change, with an entity tag. The tag is weak: it is the same whether the text is compressed
 * or not.
 */
export function answerText(
  request: Request,
  body: AnswerText,
  contentType: string,
  isGrowing: boolean,
): Response {
  const tag = `"${body.tag}"`;
  const headers = new Headers({
    "content-type": contentType,
    // Even an old day changes when footage is deleted, so a copy is asked about each time.
    "cache-control": isGrowing ? "no-store" : "no-cache",
    vary: "User-Agent, Accept-Encoding",
    etag: `W/${tag}`,
  });
  if (isKnown(request, tag)) return new Response(null, { status: 304, headers });
  if (!body.isLong || !acceptsGzip(request)) return new Response(body.text(), { headers });
  headers.set("content-encoding", "gzip");
  return new Response(body.gzip(), { headers });
}

/** A text that was made for this request. */
export const textAnswer = (
  request: Request,
  text: string,
  contentType: string,
  isGrowing: boolean,
): Response => answerText(request, plainText(text), contentType, isGrowing);
