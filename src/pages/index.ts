import { Elysia } from "elysia";
import { h } from "preact";
import { ChannelList } from "../../views/channel-list.tsx";
import { EmptyPage } from "../../views/empty-page.tsx";
import { WallPage } from "../../views/wall-page.tsx";
import { access } from "../access/policy.ts";
import { channelPages } from "./channel-pages.ts";
import { datePages } from "./date-pages.ts";
import type { PagesDeps } from "./deps.ts";
import { htmlFragment, htmlPage, wantsFragment } from "./html.ts";
import { playlistPages } from "./playlist-pages.ts";
import { settingsPages } from "./settings-pages.ts";

export type { PagesDeps } from "./deps.ts";
export { errorPage } from "./error-page.ts";

/** The pages, and for htmx the parts of them that change. */
export function pages(deps: PagesDeps) {
  return new Elysia({ name: "pages" })
    .get(
      "/",
      ({ request }) => {
        const status = deps.status.all();
        const site = deps.site(request);
        if (wantsFragment(request)) return htmlFragment(h(ChannelList, { status }));
        const isEmpty = status.channels.length === 0 && status.databaseTrouble === undefined;
        return isEmpty
          ? htmlPage(h(EmptyPage, { site, configFile: deps.configFile }))
          : htmlPage(h(WallPage, { site, status }));
      },
      access("viewer", { hide: true }),
    )
    .use(datePages(deps))
    .use(playlistPages(deps))
    .use(settingsPages(deps))
    .use(channelPages(deps));
}
