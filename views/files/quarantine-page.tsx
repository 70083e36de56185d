import type { QuarantinedFile } from "../../src/capture/channel-status.ts";
import { dateWords, sizeWords, timeWords } from "../../src/status/words.ts";
import { Layout } from "../layout.tsx";
import type { Site } from "../site.ts";

export type QuarantineProps = {
  channel: { id: string; name: string; zone: string };
  files: readonly QuarantinedFile[];
};

/** `/-/files/<channel>/quarantine`: what was received and is no segment. */
export function QuarantinePage({ site, ...props }: QuarantineProps & { site: Site }) {
  const { channel } = props;
  return (
    <Layout title={`Quarantine, ${channel.name}`} site={{ ...site, zone: channel.zone }} here="live">
      <p class="quiet">
        <a href={`/${channel.id}`}>{channel.name}</a> › <a href={`/-/files/${channel.id}`}>Files</a>
      </p>
      <h1>Quarantine</h1>
      <p class="quiet">
        Files that were received and that no player could read. They are kept for 7 days, and are no part of
        any playlist.
      </p>
      <div id="quarantine">
        <QuarantineList {...props} />
      </div>
    </Layout>
  );
}

/** Fills `#quarantine`. */
export function QuarantineList({ channel, files }: QuarantineProps) {
  if (files.length === 0) return <p class="notice">There is nothing in quarantine.</p>;
  return (
    <ul class="file-list">
      {files.map((file) => (
        <QuarantineItem key={file.id} channel={channel} file={file} />
      ))}
    </ul>
  );
}

function QuarantineItem({ channel, file }: { channel: QuarantineProps["channel"]; file: QuarantinedFile }) {
  const { id, name, reason, sizeBytes, arrivedMs } = file;
  const path = `/-/files/${channel.id}/quarantine/${encodeURIComponent(id)}`;
  return (
    <li>
      <h2>
        <code>{name}</code> <span class="quiet">{sizeWords(sizeBytes)}</span>
      </h2>
      <p>{reason}</p>
      <p class="quiet">
        Came {dateWords(arrivedMs, channel.zone)}, {timeWords(arrivedMs, channel.zone)}
      </p>
      <div class="links">
        <a href={path} aria-label={`Download ${name}`}>
          Download
        </a>
        <details class="confirm">
          <summary aria-label={`Delete ${name}`}>Delete</summary>
          <form
            method="post"
            action={`${path}/remove`}
            hx-post={`${path}/remove`}
            hx-target="#quarantine"
            hx-swap="innerHTML"
          >
            <p>It can't be brought back.</p>
            <button class="danger" type="submit" aria-label={`Delete ${name} for good`}>
              Delete it
            </button>
          </form>
        </details>
      </div>
    </li>
  );
}
