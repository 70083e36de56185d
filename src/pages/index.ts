import { Elysia } from "elysia";
import { h } from "preact";
import { ChannelList } from "../../views/channel-list.tsx";
import { ChannelNow } from "../../views/channel-now.tsx";
import { ChannelPage } from "../../views/channel-page.tsx";
import { ChannelsPage } from "../../views/channels-page.tsx";
import { EmptyPage } from "../../views/empty-page.tsx";
import { ErrorPage } from "../../views/error-page.tsx";
import type { ErrorAnswer } from "../access/error-answer.ts";
import { access } from "../access/policy.ts";
import type { Footage } from "../archive/footage.ts";
import { baseAddress, channelOf } from "../playback/deps.ts";
import { parseTime } from "../playback/time-parameters.ts";
import type { StatusReader } from "../status/status.ts";
import { playlistAddresses } from "./addresses.ts";
import { htmlFragment, htmlPage, htmlText, wantsFragment } from "./html.ts";
import type { SiteOf } from "./site.ts";

export type PagesDeps = {
  status: StatusReader;
  footage: Footage;
  site: SiteOf;
  publicUrl?: string | undefined;
  /** The configuration's file, as the person who starts Nightjar knows it. */
  configFile: string;
};

/** Makes the text of a page of an error: what happened and what to do. */
export const errorPage =
  (siteOf: SiteOf) =>
  (
    { status, message, details }: Pick<ErrorAnswer, "status" | "message" | "details">,
    request: Request,
  ): string =>
    htmlText(h(ErrorPage, { site: siteOf(request), status, message, details }));

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
          : htmlPage(h(ChannelsPage, { site, status }));
      },
      access("viewer", { hide: true }),
    )
    .get(
      "/:channel",
      ({ params, query, request }) => {
        const channel = deps.status.channel(channelOf(deps.footage, params.channel));
        if (wantsFragment(request)) return htmlFragment(h(ChannelNow, { channel }));
        const at = query["at"] ?? "";
        const moment = at === "" ? {} : { atMs: parseTime("at", at, channel.zone) };
        const addresses = playlistAddresses(channel.id, baseAddress(request, deps.publicUrl));
        return htmlPage(h(ChannelPage, { site: deps.site(request), channel, ...addresses, ...moment }));
      },
      access("viewer", { hide: true }),
    );
}
