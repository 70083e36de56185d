const isOpen = (pathname: string): boolean =>
  ["/setup", "/health"].includes(pathname) || /^\/(?:setup|assets)\//.test(pathname);

/**
 * What everything but the set-up answers while there are no accounts: pages lead there, all else says so. `undefined`
 * for what belongs to the set-up, and for monitors.
 */
export function setUpAnswer(request: Request, pathname: string): Response | undefined {
  if (isOpen(pathname)) return undefined;
  const isPage = request.method === "GET" && (request.headers.get("accept") ?? "").includes("text/html");
  const headers = { "cache-control": "no-store", vary: "Accept", "x-content-type-options": "nosniff" };
  if (isPage) return new Response(null, { status: 302, headers: { ...headers, location: "/setup" } });
  return new Response("Nightjar is not set up yet: open /setup in a browser\n", {
    status: 403,
    headers: { ...headers, "content-type": "text/plain; charset=utf-8" },
  });
}
