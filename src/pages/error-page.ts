import { h } from "preact";
import { ErrorPage } from "../../views/error-page.tsx";
import type { ErrorAnswer } from "../access/error-answer.ts";
import type { Footage } from "../archive/footage.ts";
import { nearest } from "../platform/nearest.ts";
import { htmlText } from "./html.ts";
import type { SiteOf } from "./site.ts";

const places = [
  { path: "/dates", name: "Dates" },
  { path: "/playlists", name: "Playlists" },
  { path: "/settings", name: "Settings" },
];

/** Pages that a mistyped address may have meant. */
function nearPages(path: string, footage: Pick<Footage, "channels">): { path: string; name: string }[] {
  const first = path.split("/")[1] ?? "";
  const channels = footage.channels().map(({ id, name }) => ({ path: `/${id}`, name }));
  const known = [...channels, ...places];
  const found = nearest(
    first,
    known.map((place) => place.path.slice(1)),
  );
  return known.filter((place) => place.path === `/${found}`);
}

/** Makes the text of a page of an error: what happened, what to do, and what may have been meant. */
export const errorPage =
  (siteOf: SiteOf, footage: Pick<Footage, "channels">) =>
  (
    { status, message, details }: Pick<ErrorAnswer, "status" | "message" | "details">,
    request: Request,
  ): string => {
    const site = siteOf(request);
    const maySee = site.auth === "none" || site.identity !== undefined;
    const near = status === 404 && maySee ? nearPages(new URL(request.url).pathname, footage) : [];
    return htmlText(h(ErrorPage, { site, status, message, details, near }));
  };
