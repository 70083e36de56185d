const wantsPage = (request: Request): boolean =>
  request.method === "GET" && (request.headers.get("accept") ?? "").includes("text/html");

/** Whether htmx asks for a part of a page. */
const isFromHtmx = (request: Request): boolean => request.headers.get("hx-request") === "true";

/**
 * Whether a page makes a request, and not a person or a player. Browsers say so in `Sec-Fetch-Mode` only over
 * encrypted ways and to their own machine; elsewhere by naming the page.
 */
const isFromPage = ({ headers }: Request): boolean =>
  ["sec-fetch-mode", "hx-request", "referer", "origin"].some((name) => headers.has(name));

/**
 * A path of this server that a person wished to see, as it may stand in an address bar; `/` for anything else. A
 * browser takes `//host` and `/\host` for another server.
 */
export function localPath(text: string | null | undefined): string {
  if (text === null || text === undefined || text.length > 1000) return "/";
  if (!/^\/(?![/\\])[\x21-\x7e]*$/.test(text) || text.includes("\\")) return "/";
  return text;
}

function loginPath(wished: string): string {
  const path = localPath(wished);
  return path === "/" ? "/login" : `/login?next=${encodeURIComponent(path)}`;
}

/** Sends a stranger who wants to see a page to the login, and back from there; `undefined` for all others. */
export function loginRedirect(request: Request): Response | undefined {
  if (!wantsPage(request) || isFromHtmx(request)) return undefined;
  const { pathname, search } = new URL(request.url);
  const headers = { location: loginPath(pathname + search), "cache-control": "no-store", vary: "Accept" };
  return new Response(null, { status: 303, headers });
}

/**
 * Completes the headers of a 401. A player is asked for a password (RFC 7617); a page is not, for the browser would
 * open a box of its own over it: htmx goes to the login instead.
 */
export function askToSignIn(request: Request, headers: Headers): void {
  if (!isFromPage(request)) headers.set("www-authenticate", 'Basic realm="Nightjar", charset="UTF-8"');
  if (!isFromHtmx(request)) return;
  const shown = request.headers.get("hx-current-url") ?? "";
  const path = URL.canParse(shown) ? new URL(shown).pathname + new URL(shown).search : "/";
  headers.set("hx-redirect", loginPath(path));
}
