const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "worker-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'self'",
].join("; ");

const isPage = (headers: Headers): boolean => (headers.get("content-type") ?? "").startsWith("text/html");

/**
 * Headers of every answer. Pages get a policy that lets nothing foreign in; media, playlists, pictures and JSON
 * may be read by players on any site.
 */
export function addCommonHeaders(headers: Headers, method: string): void {
  headers.set("x-content-type-options", "nosniff");
  headers.set("referrer-policy", "same-origin");
  if (isPage(headers)) {
    if (!headers.has("content-security-policy"))
      headers.set("content-security-policy", CONTENT_SECURITY_POLICY);
    headers.set("cross-origin-opener-policy", "same-origin");
    return;
  }
  if (method !== "GET") return;
  headers.set("access-control-allow-origin", "*");
  headers.set("access-control-expose-headers", "Content-Length, Content-Range, Date, ETag");
  headers.set("cross-origin-resource-policy", "cross-origin");
}

/** Whether a request asks, before another one, what that may be (Fetch standard, CORS preflight). */
export const isPreflight = (request: Request): boolean =>
  request.method === "OPTIONS" && request.headers.has("access-control-request-method");

/** The answer to a preflight: reading is open, without credentials, and nothing else is. */
export const preflightAnswer = (): Response =>
  new Response(null, {
    status: 204,
    headers: {
      "access-control-allow-origin": "*",
      "access-control-allow-methods": "GET, HEAD",
      "access-control-allow-headers": "Range, If-None-Match, If-Range",
      "access-control-max-age": "86400",
    },
  });
