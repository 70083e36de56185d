import type { Status } from "../src/status/status.ts";
import { ChannelList } from "./channel-list.tsx";
import { Layout } from "./layout.tsx";
import { quietPolling } from "./polling.ts";
import type { Site } from "./site.ts";

/** `/`: every channel with its newest picture, its state and its day. */
export function WallPage({ site, status }: { site: Site; status: Status }) {
  return (
    <Layout
      title="Nightjar"
      site={site}
      here="live"
      width="wide"
      scripts={{ modules: [site.assets.bar, site.assets.wall] }}
    >
      <h1 class="unseen">Live</h1>
      <div id="channels" hx-get="/" data-hls={site.assets.hls} {...quietPolling}>
        <ChannelList status={status} />
      </div>
    </Layout>
  );
}
