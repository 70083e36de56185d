import { Elysia } from "elysia";
import { h } from "preact";
import { ChannelList } from "../../views/channel-list.tsx";
import { ChannelNow } from "../../views/channel-now.tsx";
import { ChannelPage } from "../../views/channel-page.tsx";
import { ChannelsPage } from "../../views/channels-page.tsx";
import { EmptyPage } from "../../views/empty-page.tsx";
import { ErrorPage } from "../../views/error-page.tsx";
import type { Site } from "../../views/site.ts";
import type { ErrorAnswer } from "../access/error-answer.ts";
import { access } from "../access/policy.ts";
import type { Footage } from "../archive/footage.ts";
import { baseAddress, channelOf } from "../playback/deps.ts";
import { parseTime } from "../playback/time-parameters.ts";
import type { StatusReader } from "../status/status.ts";
import { playlistAddresses } from "./addresses.ts";
import type { Assets } from "./assets.ts";
import { htmlFragment, htmlPage, htmlText, wantsFragment } from "./html.ts";

export type PagesDeps = {
  status: StatusReader;
  footage: Footage;
  assets: Assets;
  version: string;
  zone: string;
  auth: Site["auth"];
  publicUrl?: string | undefined;
  /** The configuration's file, as the person who starts Nightjar knows it. */
  configFile: string;
};

/** What all pages share. */
export function siteOf({
  assets,
  version,
  zone,
  auth,
}: Pick<PagesDeps, "assets" | "version" | "zone" | "auth">): Site {
  return {
    version,
    zone,
    auth,
    assets: {
      style: assets.url("css/nightjar.css"),
      icon: assets.url("icons/nightjar.svg"),
      htmx: assets.vendor("htmx"),
      hls: assets.vendor("hls"),
      page: assets.url("js/page.js"),
      player: assets.url("js/player.js"),
      bar: assets.url("js/bar.js"),
    },
  };
}

/** Makes the text of a page of an error: what happened and what to do. */
export const errorPage =
  (site: Site) =>
  ({ status, message, details }: Pick<ErrorAnswer, "status" | "message" | "details">): string =>
    htmlText(h(ErrorPage, { site, status, message, details }));

/** The pages, and for htmx the parts of them that change. */
export function pages(deps: PagesDeps) {
  const site = siteOf(deps);
  return new Elysia({ name: "pages" })
    .get(
      "/",
      ({ request }) => {
        const status = deps.status.all();
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
        return htmlPage(h(ChannelPage, { site, channel, ...addresses, ...moment }));
      },
      access("viewer", { hide: true }),
    );
}
