import type { Site } from "../../views/site.ts";
import { identityOf } from "../access/identity.ts";
import type { Assets } from "./assets.ts";

export type SiteDeps = {
  assets: Assets;
  version: string;
  zone: string;
  auth: Site["auth"];
  /** How many jobs run; none by default. */
  runningJobs?: () => number;
};

/** What all pages share, for one who looks. */
export type SiteOf = (request: Request) => Site;

/** In the order in which they apply. */
const styles = [
  "base",
  "frame",
  "forms",
  "cameras",
  "bar",
  "wall",
  "player",
  "calendar",
  "playlists",
  "files",
  "jobs",
  "films",
  "spans",
];

/** Makes the site of each request. */
export function siteOf({ assets, version, zone, auth, runningJobs = () => 0 }: SiteDeps): SiteOf {
  const site: Site = {
    version,
    zone,
    auth,
    assets: {
      styles: styles.map((name) => assets.url(`css/${name}.css`)),
      icon: assets.url("icons/nightjar.svg"),
      htmx: assets.vendor("htmx"),
      hls: assets.vendor("hls"),
      page: assets.url("js/page.js"),
      player: assets.url("js/player.js"),
      bar: assets.url("js/bar.js"),
      span: assets.url("js/span.js"),
      wall: assets.url("js/wall.js"),
    },
  };
  return (request) => ({ ...site, runningJobs: runningJobs(), identity: identityOf(request) });
}
