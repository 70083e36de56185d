const READING = new Set(["GET", "HEAD", "OPTIONS"]);

const hostOf = (address: string | undefined): string | undefined =>
  address !== undefined && URL.canParse(address) ? new URL(address).host : undefined;

/**
 * Whether a page of another site makes the browser of somebody who may do so change something (cross-site request
 * forgery). Browsers say where a request comes from (Fetch Metadata, `Origin`); other programs say nothing, and
 * nobody can make them do anything.
 * @param publicUrl a proxy may offer the server under that name and ask it under another
 */
export const isForeignChange = (request: Request, publicUrl?: string): boolean =>
  !READING.has(request.method) && isForeign(request, publicUrl);

/**
 * The same whatever the method is: for a GET that changes something. Over plain HTTP beyond this machine browsers send no
 * Fetch Metadata, and no `Origin` for a picture in a page: what is left there is the page that it is in.
 */
export function isForeign(request: Request, publicUrl?: string): boolean {
  const site = request.headers.get("sec-fetch-site");
  if (site !== null) return site !== "same-origin" && site !== "none";
  const origin = request.headers.get("origin") ?? request.headers.get("referer");
  if (origin === null) return false;
  const host = hostOf(origin);
  return host === undefined || (host !== request.headers.get("host") && host !== hostOf(publicUrl));
}
