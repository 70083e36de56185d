import { Layout } from "./layout.tsx";
import type { Site } from "./site.ts";

const sample = `channels:
  front-door:
    name: Front door
    source: rtsp://user:password@192.168.0.10:554/stream1
    keep: { days: 7 }
`;

/** `/` while nothing is configured: what this is, and the one next step. */
export function EmptyPage({ site, configFile }: { site: Site; configFile: string }) {
  return (
    <Layout title="Nightjar" site={site} here="live">
      <div class="narrow">
        <h1>No channels yet</h1>
        <p>
          Nightjar records cameras, keeps the footage safe, and plays it back here and in players such as VLC.
          It needs to be told of the first camera.
        </p>
        {site.identity?.role === "admin" && (
          <p>
            <a class="button main" href="/settings/add-camera">
              Add a camera
            </a>
          </p>
        )}
        <h2>By hand</h2>
        <p>
          Write it into <code>{configFile}</code>, with the address that the camera's manual calls its RTSP
          stream:
        </p>
        <pre tabIndex={0}>
          <code>{sample}</code>
        </pre>
        <p>
          <code>nightjar check</code> tells you whether the file is right. Then restart Nightjar, or send it{" "}
          <code>SIGHUP</code>.
        </p>
      </div>
    </Layout>
  );
}
