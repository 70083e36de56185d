import type { ChannelStatus } from "../../src/status/channel-status.ts";
import { Layout } from "../layout.tsx";
import { quietPolling } from "../polling.ts";
import type { Site } from "../site.ts";
import { ArrivalPart } from "./arrival-part.tsx";
import { SendPart, type SendAddress } from "./send-part.tsx";

export type WatchedFolder = { path: string; manage: boolean };

export type FilesPageProps = {
  site: Site;
  channel: ChannelStatus;
  nowMs: number;
  canSeeQuarantine: boolean;
  /** Of a channel for uploads. */
  send?: SendAddress | undefined;
  /** Of a watched folder; its path is for those who may change it. */
  folder?: WatchedFolder | undefined;
};

/** `/-/files/<channel>`: how the files of a channel arrive, and how to send some. */
export function FilesPage({ site, channel, nowMs, canSeeQuarantine, send, folder }: FilesPageProps) {
  return (
    <Layout title={`Files, ${channel.name}`} site={{ ...site, zone: channel.zone }} here="live">
      <p class="quiet">
        <a href={`/${channel.id}`}>{channel.name}</a>
      </p>
      <h1>Files of {channel.name}</h1>
      {folder && <FolderWords folder={folder} />}
      <div id="arrivals" class="part" hx-get={`/-/files/${channel.id}`} {...quietPolling}>
        <ArrivalPart channel={channel} nowMs={nowMs} canSeeQuarantine={canSeeQuarantine} />
      </div>
      {send && (
        <section id="send" class="part" aria-label="How to send files">
          <SendPart {...send} />
        </section>
      )}
    </Layout>
  );
}

function FolderWords({ folder }: { folder: WatchedFolder }) {
  return (
    <p>
      The folder <code>{folder.path}</code> is watched.{" "}
      {folder.manage
        ? "Old files in it are deleted, as the limits of the channel say."
        : "Nightjar changes nothing in it; journals and locks lie in its own storage."}
    </p>
  );
}
