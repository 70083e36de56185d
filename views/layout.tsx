import type { ComponentChildren } from "preact";
import { SiteNav, type Place } from "./site-nav.tsx";
import type { Site } from "./site.ts";

type LayoutProps = {
  title: string;
  site: Site;
  /** Which entry of the navigation this page belongs to. */
  here?: Place;
  /** `wide` uses all of a large screen. */
  width?: "text" | "wide";
  /** Scripts of this page beside those of every page. */
  scripts?: { classic?: string[]; modules?: string[] };
  children: ComponentChildren;
};

/** The frame of every page. No inline script or style: a strict content security policy allows neither. */
export function Layout({ title, site, here, width = "text", scripts, children }: LayoutProps) {
  const heading = title === "Nightjar" ? title : `${title} · Nightjar`;
  return (
    <html lang="en" data-zone={site.zone}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
        <meta name="color-scheme" content="dark light" />
        <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#101214" />
        <meta name="theme-color" media="(prefers-color-scheme: light)" content="#f7f6f3" />
        <meta name="referrer" content="same-origin" />
        <meta name="htmx-config" content='{"includeIndicatorCSS":false,"history":false}' />
        <title>{heading}</title>
        <link rel="icon" type="image/svg+xml" href={site.assets.icon} />
        {site.assets.styles.map((style) => (
          <link key={style} rel="stylesheet" href={style} />
        ))}
        <script defer src={site.assets.htmx} />
        {(scripts?.classic ?? []).map((source) => (
          <script key={source} defer src={source} />
        ))}
        {[site.assets.page, ...(scripts?.modules ?? [])].map((source) => (
          <script key={source} type="module" src={source} />
        ))}
      </head>
      <body class={width}>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        <header class="top">
          <a class="brand" href="/">
            <img src={site.assets.icon} alt="" width="24" height="24" />
            Nightjar
          </a>
          <SiteNav site={site} here={here} />
          <WhoLooks site={site} />
        </header>
        <p id="lost" class="notice trouble" role="status" hidden />
        <main id="main">{children}</main>
        <footer>
          <p>Nightjar {site.version}</p>
          <p id="zone-note" hidden>
            Times are those of {site.zone}.
          </p>
          <noscript>
            <p>Times are those of {site.zone}. Without scripts this page neither plays nor renews itself.</p>
          </noscript>
        </footer>
        <HatchPattern />
      </body>
    </html>
  );
}

/** Says who can see all this where no account is needed, and otherwise who is signed in. */
function WhoLooks({ site }: { site: Site }) {
  if (site.auth === "none") {
    return (
      <p class="access" title="Whoever reaches this address may do everything">
        Open to everyone <code>auth: none</code>
      </p>
    );
  }
  if (site.identity === undefined || site.identity.name === "") return null;
  return (
    <p class="access">
      <a href="/settings">{site.identity.name}</a>
    </p>
  );
}

/** The hatching of gaps, once a page; every coverage bar refers to it. */
function HatchPattern() {
  return (
    <svg class="defs" width="0" height="0" aria-hidden="true" focusable="false">
      <defs>
        <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect class="hatch-ground" width="6" height="6" />
          <rect class="hatch-line" width="2" height="6" />
        </pattern>
      </defs>
    </svg>
  );
}
