/** What the parameters of playlists and manifests mean, for the descriptions of their routes. */

type Meanings = Readonly<Record<string, string>>;

export const downloadQuery: Meanings = { download: "1: a file that opens a player with this address" };

/** Of every HLS playlist. */
export const hlsQuery: Meanings = {
  ...downloadQuery,
  timeline: "Only what is of that timeline, for players that can't follow a change of codecs",
  player: "vlc or other, where the User-Agent does not tell",
};

/** Of those that grow and may be long. */
export const longHlsQuery: Meanings = {
  ...hlsQuery,
  _HLS_skip: "YES or v2: the changes alone, where the list offers that",
};

export const liveHlsQuery: Meanings = {
  ...hlsQuery,
  parts: "1: low-latency HLS, with parts of segments",
  _HLS_msn: "Answers once the list has the segment of that number",
  _HLS_part: "The same of a part of that segment",
};

const TIME = "ISO 8601, Unix seconds or milliseconds";

export const zoneQuery: Meanings = { tz: "Time zone of times without an offset; by default the channel's" };

/** Times as HLS PVR had them. */
export const pvrQuery: Meanings = {
  startTime: `Begin: D/M/YYYYTHH:MM:SS, ${TIME}; or startTimestamp`,
  endTime: "End, the same; now without it; or endTimestamp",
  startTimestamp: "Begin in Unix seconds",
  endTimestamp: "End in Unix seconds",
  ...zoneQuery,
};

export const intervalQuery: Meanings = {
  from: `Begin: ${TIME}`,
  to: "End, the same; now without it",
  ...zoneQuery,
};
