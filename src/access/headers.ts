/**
 * What pages may load: everything from this server, nothing inline. hls.js plays through Media Source (`blob:` media)
 * and starts its worker from a `blob:`.
 */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
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
      headers.set("content-security-policy", contentSecurityPolicy);
    headers.set("cross-origin-opener-policy", "same-origin");
    return;
  }
  if (method !== "GET") return;
  headers.set("access-control-allow-origin", "*");
  headers.set("access-control-expose-headers", "Content-Length, Content-Range, Date, ETag, X-Picture-Time");
  headers.set("cross-origin-resource-policy", "cross-origin");
}

/** Whether a request asks, before another one, what that may be (Fetch standard, CORS preflight). */
export const isPreflight = (request: Request): boolean =>
  request.method === "OPTIONS" && request.headers.has("access-control-request-method");

/**
 * The answer to a preflight, which carries no credentials itself: pages of other sites may read with a ticket or an
 * `Authorization` of their own, never with the cookie, and may do nothing else.
 */
export const preflightAnswer = (): Response =>
  new Response(null, {
    status: 204,
    headers: {
      "access-control-allow-origin": "*",
      "access-control-allow-methods": "GET, HEAD",
      "access-control-allow-headers": "Authorization, Range, If-None-Match, If-Range",
      "access-control-max-age": "86400",
    },
  });
