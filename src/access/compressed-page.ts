import { gzipSync } from "node:zlib";
import { acceptsGzip } from "../platform/accepts-gzip.ts";
import { isForeign } from "./origin.ts";

/** Shorter pages are sent as they are, in bytes. */
const LEAST_BYTES = 1024;
/** Of 1 to 9: higher ones take twice the time for a few bytes less. */
const LEVEL = 4;

/**
 * A page, compressed for those who take it so. Not where a page of another site asks, as browsers tell: what it may put
 * into the address would be compressed together with what only the person may see, and lengths can be watched also
 * where the connection is encrypted (the attack that is called BREACH). What changes something is checked by where it
 * comes from, so pages hold no secret against forged requests; some hold tickets for players.
 */
export async function compressedPage(request: Request, response: Response): Promise<Response> {
  const { headers } = response;
  const isPage = headers.get("content-type")?.startsWith("text/html") === true;
  if (!isPage || request.method === "HEAD" || headers.has("content-encoding")) return response;
  headers.append("vary", "Accept-Encoding, Sec-Fetch-Site, Origin");
  if (!acceptsGzip(request) || isForeign(request)) return response;
  const bytes = await response.bytes();
  const { status, statusText } = response;
  if (bytes.length < LEAST_BYTES) return new Response(bytes, { status, statusText, headers });
  headers.delete("content-length");
  headers.set("content-encoding", "gzip");
  return new Response(new Uint8Array(gzipSync(bytes, { level: LEVEL })), { status, statusText, headers });
}
