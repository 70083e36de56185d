import type { Status } from "../src/status/status.ts";
import { ChannelList } from "./channel-list.tsx";
import { Layout } from "./layout.tsx";
import { quietPolling } from "./polling.ts";
import type { Site } from "./site.ts";

/** `/`: every channel. */
export function ChannelsPage({ site, status }: { site: Site; status: Status }) {
  return (
    <Layout title="Nightjar" site={site} scripts={{ modules: [site.assets.bar] }}>
      <div class="head">
        <h1>Channels</h1>
        <a href="/playlist.m3u">All of them in a player (M3U)</a>
      </div>
      <div id="channels" hx-get="/" {...quietPolling}>
        <ChannelList status={status} />
      </div>
    </Layout>
  );
}
