import type { ChannelStatus } from "../src/status/channel-status.ts";
import { codecWords } from "../src/status/channel-status.ts";
import { AddressList, type PlaylistAddress } from "./address-list.tsx";
import { ChannelNow } from "./channel-now.tsx";
import { Layout } from "./layout.tsx";
import { quietPolling } from "./polling.ts";
import type { Site } from "./site.ts";

export type ChannelPageProps = {
  site: Site;
  channel: ChannelStatus;
  addresses: readonly PlaylistAddress[];
  intervalForm: string;
  /** The moment that the address asks for, ms UTC. */
  atMs?: number;
};

/** `/<channel>`: now and today. The player lies outside the part that renews itself. */
export function ChannelPage({ site, channel, addresses, intervalForm, atMs }: ChannelPageProps) {
  const { assets } = site;
  return (
    <Layout
      title={channel.name}
      site={{ ...site, zone: channel.zone }}
      scripts={{ classic: [assets.hls], modules: [assets.bar, assets.player] }}
    >
      <h1>{channel.name}</h1>
      {channel.hasFootage ? (
        <Player channel={channel} {...(atMs === undefined ? {} : { atMs })} />
      ) : (
        <NothingYet />
      )}
      <div id="now" hx-get={`/${channel.id}`} {...quietPolling}>
        <ChannelNow channel={channel} />
      </div>
      <AddressList addresses={addresses} intervalForm={intervalForm} />
    </Layout>
  );
}

function NothingYet() {
  return (
    <p class="notice">
      There is no footage yet. Once the first segment is recorded, load this page again to watch it.
    </p>
  );
}

function Player({ channel, atMs }: { channel: ChannelStatus; atMs?: number }) {
  const { picture } = channel;
  const codecs = [picture?.videoCodec, picture?.audioCodec].filter((codec) => codec !== undefined);
  const path = `/${channel.id}`;
  return (
    <section
      id="player"
      class="player"
      aria-label="Player"
      data-live={`${path}/live.m3u8`}
      data-today={`${path}/stream/today/playlist.m3u8`}
      data-archive={`${path}/archive-`}
      data-page={path}
      data-zone={channel.zone}
      data-codecs={codecs.join(",")}
      data-codec-name={picture ? codecWords(picture.videoCodec) : ""}
      {...(atMs === undefined ? {} : { "data-at": atMs })}
    >
      <div class="picture">
        <video
          controls
          muted
          playsInline
          tabIndex={0}
          {...(picture ? { width: picture.width, height: picture.height } : {})}
        />
        <p class="player-message" data-message role="status" hidden />
      </div>
      <div class="player-row" data-controls hidden>
        <button type="button" data-live-button>
          Live
        </button>
        <button type="button" data-skip="-10">
          −10 s
        </button>
        <button type="button" data-skip="10">
          +10 s
        </button>
        <output class="clock" data-clock />
        <button type="button" data-copy-moment>
          Copy link to this moment
        </button>
      </div>
    </section>
  );
}
