import type { ShownLock } from "../../src/locks/shown-locks.ts";
import { dateWords, durationWords, sizeWords, spanWords, timeWords } from "../../src/status/words.ts";
import { Layout } from "../layout.tsx";
import type { Site } from "../site.ts";

export type ChannelLocks = {
  channel: { id: string; name: string; zone: string };
  locks: readonly (ShownLock & { sizeBytes: number })[];
};

export type LockListProps = {
  channels: readonly ChannelLocks[];
  mayRelease: boolean;
  mistake?: string | undefined;
};

/** `/-/locks`: what is locked against deletion, of all channels. */
export function LocksPage({ site, ...list }: LockListProps & { site: Site }) {
  return (
    <Layout title="Locks" site={site} here="settings">
      <h1>Locks</h1>
      <p class="quiet">
        Locked footage stays, whatever the limits say. It is locked on the page of its day; together, all of
        it may take no more of the disk than <code>storage.locked_max</code> allows.
      </p>
      <div id="locks" class="part">
        <LockList {...list} />
      </div>
    </Layout>
  );
}

/** Fills `#locks`. */
export function LockList({ channels, mayRelease, mistake }: LockListProps) {
  return (
    <>
      {mistake !== undefined && (
        <p class="notice trouble" role="alert">
          {mistake}
        </p>
      )}
      {channels.length === 0 && <p class="notice">Nothing is locked.</p>}
      {channels.map(({ channel, locks }) => (
        <section key={channel.id} class="part" aria-label={channel.name}>
          <h2>{channel.name}</h2>
          <ul class="file-list">
            {locks.map((lock) => (
              <LockItem key={lock.id} channel={channel} lock={lock} mayRelease={mayRelease} />
            ))}
          </ul>
        </section>
      ))}
    </>
  );
}

function LockItem({
  channel,
  lock,
  mayRelease,
}: {
  channel: ChannelLocks["channel"];
  lock: ShownLock & { sizeBytes: number };
  mayRelease: boolean;
}) {
  const { startMs, endMs, who, why, sinceMs, sizeBytes } = lock;
  const words = spanWords(lock, channel.zone);
  const since =
    sinceMs > 0 ? `, ${dateWords(sinceMs, channel.zone)}, ${timeWords(sinceMs, channel.zone)}` : "";
  return (
    <li>
      <h3>
        <a href={`/${channel.id}?at=${Math.floor(startMs / 1000)}`}>{words}</a>
      </h3>
      {why !== "" && <p>{why}</p>}
      <p class="quiet">
        {durationWords(endMs - startMs)}, about {sizeWords(sizeBytes)}. Locked
        {who === "" ? "" : ` by ${who}`}
        {since}
      </p>
      {mayRelease && (
        <details class="confirm">
          <summary aria-label={`Release ${words}`}>Release</summary>
          <form
            method="post"
            action="/-/locks/release"
            hx-post="/-/locks/release"
            hx-target="#locks"
            hx-swap="innerHTML"
          >
            <input type="hidden" name="channel" value={channel.id} />
            <input type="hidden" name="lock" value={lock.id} />
            <p>It may be deleted by its limits then, except where another lock covers the same time.</p>
            <button class="danger" type="submit" aria-label={`Release ${words} now`}>
              Release it
            </button>
          </form>
        </details>
      )}
    </li>
  );
}
