import type { Site } from "./site.ts";

const places = [
  { place: "live", path: "/", label: "Live" },
  { place: "dates", path: "/dates", label: "Dates" },
  { place: "playlists", path: "/playlists", label: "Playlists" },
  { place: "settings", path: "/settings", label: "Settings" },
] as const;

/** An entry of the navigation. */
export type Place = (typeof places)[number]["place"];

/** The one bar: at the top, on a phone at the bottom. Strangers don't get it: they can't go anywhere yet. */
export function SiteNav({ site, here }: { site: Site; here: Place | undefined }) {
  if (site.auth === "accounts" && site.identity === undefined) return null;
  return (
    <nav class="places" aria-label="Main">
      <ul>
        {places.map(({ place, path, label }) => (
          <li key={place}>
            <a href={path} {...(place === here ? { "aria-current": "page" } : {})}>
              {label}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
