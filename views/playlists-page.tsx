import type { FootageChannel } from "../src/archive/footage.ts";
import { AddressList, type PlaylistAddress } from "./address-list.tsx";
import { ChannelChoice } from "./dates-page.tsx";
import { IntervalForm, type IntervalFormProps } from "./interval-form.tsx";
import { Layout } from "./layout.tsx";
import type { Site } from "./site.ts";

/** Addresses of one kind, under a heading. */
export type AddressGroup = {
  id: string;
  heading: string;
  addresses: readonly PlaylistAddress[];
  /** Shown at once; the others are opened when wanted. */
  isOpen: boolean;
};

export type PlaylistsPageProps = {
  site: Site;
  channels: readonly FootageChannel[];
  chosen?: FootageChannel | undefined;
  groups: readonly AddressGroup[];
  interval?: IntervalFormProps | undefined;
  /** Whether the addresses carry a ticket. */
  hasTickets: boolean;
};

/** `/playlists`: every address for players, of all channels and of each. */
export function PlaylistsPage(props: PlaylistsPageProps) {
  const { site, channels, chosen, groups, interval } = props;
  const zone = chosen?.zone ?? site.zone;
  return (
    <Layout
      title={chosen ? `Playlists, ${chosen.name}` : "Playlists"}
      site={{ ...site, zone }}
      here="playlists"
    >
      <h1>Playlists</h1>
      <p class="quiet">
        Paste an address into VLC (Media, Open Network Stream), Kodi, TiviMate, a TV or your own page.
      </p>
      <TicketNote {...props} />
      <ChannelChoice channels={channels} chosen={chosen} path="/playlists" all="All channels" />
      {channels.length === 0 && <p class="notice">There are no channels yet, and so no addresses.</p>}
      {groups.map((group) => (
        <details key={group.id} class="group" open={group.isOpen}>
          <summary>
            <h2>{group.heading}</h2>
          </summary>
          <AddressList addresses={group.addresses} />
        </details>
      ))}
      {interval && <IntervalForm {...interval} />}
    </Layout>
  );
}

/** Says how players get in, where accounts are asked for. */
function TicketNote({ site, chosen, hasTickets }: PlaylistsPageProps) {
  if (site.auth === "none") return null;
  const channel = chosen ? `channel=${chosen.id}&` : "";
  return hasTickets ? (
    <p class="notice">
      These addresses work in any player without a password for the next 30 days, for whoever has them, or
      until your password changes. <a href={`/playlists?${channel}`}>Addresses with sign-in</a>
    </p>
  ) : (
    <p class="notice">
      Players ask for your name and password.{" "}
      <a href={`/playlists?${channel}tickets=1`}>Addresses with a ticket</a> work in any player without them
      for 30 days.
    </p>
  );
}
