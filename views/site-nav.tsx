import type { Site } from "./site.ts";

const places = [
  { place: "live", path: "/", label: "Live" },
  { place: "dates", path: "/dates", label: "Dates" },
  { place: "timelapses", path: "/timelapses", label: "Timelapses" },
  { place: "moments", path: "/moments", label: "Moments" },
  { place: "playlists", path: "/playlists", label: "Playlists" },
  { place: "jobs", path: "/jobs", label: "Jobs" },
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
              {place === "jobs" && (site.runningJobs ?? 0) > 0 && (
                <span class="count">
                  {site.runningJobs}
                  <span class="unseen"> running</span>
                </span>
              )}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
