import { Elysia } from "elysia";
import { h } from "preact";
import { QuarantineList, QuarantinePage } from "../../../views/files/quarantine-page.tsx";
import { access } from "../../access/policy.ts";
import type { FootageChannel } from "../../archive/footage.ts";
import type { Quarantine } from "../../capture/channel-status.ts";
import { notFound } from "../../platform/errors.ts";
import { htmlFragment, htmlPage, wantsFragment } from "../html.ts";
import type { SiteOf } from "../site.ts";

export type QuarantineDeps = { site: SiteOf; quarantine: Quarantine };

type Deps = QuarantineDeps & {
  /** A channel that takes files. Throws `not-found`. */
  channelOf: (id: string) => FootageChannel;
};

const gone = () => notFound("This file is not in quarantine any more", ["It is kept there for 7 days"]);

/** The files that were received and are no segments: to be looked at, downloaded and deleted. */
export function quarantinePages({ site, quarantine, channelOf }: Deps) {
  return new Elysia({ name: "quarantine-pages" })
    .get(
      "/-/files/:channel/quarantine",
      async ({ params, request }) => {
        const channel = channelOf(params.channel);
        const files = await quarantine.list(channel.id);
        if (wantsFragment(request)) return htmlFragment(h(QuarantineList, { channel, files }));
        return htmlPage(h(QuarantinePage, { site: site(request), channel, files }));
      },
      access("operator", { hide: true }),
    )
    .get(
      "/-/files/:channel/quarantine/:file",
      async ({ params }) => {
        const channel = channelOf(params.channel);
        const path = await quarantine.path(channel.id, params.file);
        if (path === undefined) throw gone();
        // Never shown by a browser: nobody knows what is in it.
        return new Response(Bun.file(path), {
          headers: {
            "content-type": "application/octet-stream",
            "content-disposition": `attachment; filename="${params.file.replaceAll(/[^\w.+-]/g, "_")}"`,
            "x-content-type-options": "nosniff",
            "cache-control": "no-store",
          },
        });
      },
      access("operator", { hide: true }),
    )
    .post(
      "/-/files/:channel/quarantine/:file/remove",
      async ({ params, request }) => {
        const channel = channelOf(params.channel);
        // One that somebody else deleted is gone as well.
        await quarantine.remove(channel.id, params.file);
        if (wantsFragment(request))
          return htmlFragment(h(QuarantineList, { channel, files: await quarantine.list(channel.id) }));
        const location = `/-/files/${channel.id}/quarantine`;
        return new Response(null, { status: 303, headers: { location, "cache-control": "no-store" } });
      },
      { parse: "none", ...access("operator", { hide: true }) },
    );
}
