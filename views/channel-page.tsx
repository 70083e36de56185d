import type { ChannelStatus } from "../src/status/channel-status.ts";
import { ChannelNow, ChannelState } from "./channel-now.tsx";
import { Layout } from "./layout.tsx";
import { Player, type PlayerProps } from "./player.tsx";
import { quietPolling } from "./polling.ts";
import type { ShownDay } from "./shown-day.ts";
import type { Site } from "./site.ts";

export type ChannelPageProps = PlayerProps & { site: Site };

/** `/<channel>` and `/<channel>/<date>`: a day and its player, which lies outside the part that renews itself. */
export function ChannelPage({ site, ...player }: ChannelPageProps) {
  const { channel, shown } = player;
  const { assets } = site;
  const title = shown.isToday ? channel.name : `${channel.name}, ${shown.title}`;
  return (
    <Layout
      title={title}
      site={{ ...site, zone: channel.zone }}
      here={shown.isToday ? "live" : "dates"}
      width="wide"
      scripts={{ classic: [assets.hls], modules: [assets.bar, assets.player] }}
    >
      <div class="head">
        <div>
          <h1>{channel.name}</h1>
          {shown.isToday && <ChannelState channel={channel} />}
        </div>
        <DayNav channel={channel} shown={shown} />
      </div>
      {channel.hasFootage ? <Player {...player} /> : <NothingYet channel={channel} />}
      <div id="now" {...(shown.isToday ? { "hx-get": `/${channel.id}`, ...quietPolling } : {})}>
        <ChannelNow channel={channel} shown={shown} />
      </div>
    </Layout>
  );
}

function NothingYet({ channel }: { channel: ChannelStatus }) {
  if (channel.kind === "upload") {
    return (
      <p class="notice">
        There is no footage yet. <a href={`/-/files/${channel.id}`}>How to send files here</a>
      </p>
    );
  }
  return (
    <p class="notice">
      There is no footage yet. Once the first segment is {channel.kind === "folder" ? "found" : "recorded"},
      load this page again to watch it.
    </p>
  );
}

/** From day to day, over those without footage. */
function DayNav({ channel, shown }: { channel: ChannelStatus; shown: ShownDay }) {
  const path = `/${channel.id}`;
  return (
    <nav class="day-nav" aria-label="Days">
      {shown.before !== undefined && (
        <a href={`${path}/${shown.before}`} rel="prev">
          ‹ Earlier day
        </a>
      )}
      <a href={`/dates?channel=${channel.id}`} class="day-title">
        {shown.title}
      </a>
      {shown.after !== undefined && (
        <a href={`${path}/${shown.after}`} rel="next">
          Later day ›
        </a>
      )}
      {!shown.isToday && channel.condition !== "retired" && <a href={path}>Now</a>}
    </nav>
  );
}
