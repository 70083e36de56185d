/** Addresses of a channel for players, absolute. */
export function playlistAddresses(channel: string, base: string) {
  const below = `${base}/${channel}`;
  return {
    addresses: [
      { id: "live", label: "Live", url: `${below}/live.m3u8` },
      { id: "today", label: "Today, back to midnight", url: `${below}/stream/today/playlist.m3u8` },
      { id: "master", label: "Live, with its variants listed", url: `${below}/master.m3u8` },
      { id: "all", label: "All channels", url: `${base}/playlist.m3u` },
    ],
    intervalForm: `${below}/archive-START-LENGTH.m3u8`,
  };
}
