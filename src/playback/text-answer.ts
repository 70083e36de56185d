import { plainText, type AnswerText } from "./list-text.ts";

/** Weight of a coding in an Accept-Encoding header, 0 to 1; `undefined` when it isn't named (RFC 9110 12.5.3). */
function weightOf(header: string, coding: string): number | undefined {
  for (const item of header.split(",")) {
    const [name = "", ...parameters] = item.split(";").map((part) => part.trim().toLowerCase());
    if (name !== coding) continue;
    const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2) ?? "1";
    const value = Number.parseFloat(weight);
    return Number.isFinite(value) ? value : 0;
  }
  return undefined;
}

/** Whether a request takes gzip at least as gladly as the bytes as they are. */
export function acceptsGzip(request: Request): boolean {
  const header = request.headers.get("accept-encoding");
  if (header === null) return false;
  const any = weightOf(header, "*");
  const gzip = weightOf(header, "gzip") ?? weightOf(header, "x-gzip") ?? any ?? 0;
  return gzip > 0 && gzip >= (weightOf(header, "identity") ?? 0);
}

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
