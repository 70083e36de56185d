const READING = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Whether a page of another site makes the browser of somebody who may do so change something (cross-site request
 * forgery). Browsers say where a request comes from (Fetch Metadata, `Origin`); other programs say nothing, and
 * nobody can make them do anything.
 */
export function isForeignChange(request: Request): boolean {
  if (READING.has(request.method)) return false;
  const site = request.headers.get("sec-fetch-site");
  if (site !== null) return site !== "same-origin" && site !== "none";
  const origin = request.headers.get("origin");
  if (origin === null) return false;
  return !URL.canParse(origin) || new URL(origin).host !== request.headers.get("host");
}
