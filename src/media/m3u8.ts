/** Writers of HLS playlists (RFC 8216) and of M3U channel lists. Pure: the same input gives the same bytes. */

export const PLAYLIST_TYPE = "application/vnd.apple.mpegurl";

/** Ticks a second of all media times that playlists are made from. */
const TICKS_PER_SECOND = 90_000;

/** What a media playlist says once, before its first segment. */
export type MediaPlaylistHead = {
  /** Upper limit of every EXTINF, rounded to whole seconds (RFC 8216 4.3.3.1). */
  targetDurationSeconds: number;
  mediaSequence: number;
  discontinuitySequence: number;
  /** `VOD`: never changes; `EVENT`: only grows; absent: entries also leave at the front. */
  type?: "VOD" | "EVENT";
  /** Where a player shall begin, in seconds from the start of the list. */
  startOffsetSeconds?: number;
  /** What the server does for those who ask; absent where nothing is offered. */
  serverControl?: ServerControl;
  /** The oldest segments are left out, so many (Playlist Delta Update): the asker has them. */
  skippedSegments?: number;
};

/** EXT-X-SERVER-CONTROL (draft-pantos-hls-rfc8216bis 4.4.3.8). */
export type ServerControl = {
  /** Segments that begin farther than this from the list's end may be skipped; six target durations at least. */
  canSkipUntilSeconds?: number;
  /** How far from the end players stay that play parts; three part targets are advised. */
  partHoldBackSeconds?: number;
  /** Answers wait for a segment or part that is asked for by its number. */
  canBlockReload?: boolean;
  /** How far from the end other players stay; three target durations at least, which is also the default. */
  holdBackSeconds?: number;
};

function serverControlLine(control: ServerControl): string {
  const { canBlockReload = false, canSkipUntilSeconds, holdBackSeconds, partHoldBackSeconds } = control;
  const attributes = [
    ...(canBlockReload ? ["CAN-BLOCK-RELOAD=YES"] : []),
    ...(canSkipUntilSeconds === undefined ? [] : [`CAN-SKIP-UNTIL=${canSkipUntilSeconds.toFixed(3)}`]),
    ...(holdBackSeconds === undefined ? [] : [`HOLD-BACK=${holdBackSeconds.toFixed(3)}`]),
    ...(partHoldBackSeconds === undefined ? [] : [`PART-HOLD-BACK=${partHoldBackSeconds.toFixed(3)}`]),
  ];
  return attributes.length > 0 ? `#EXT-X-SERVER-CONTROL:${attributes.join(",")}\n` : "";
}

/**
 * The lines before the first segment, each ended. Version 7: initialization sections of fragmented MP4; version 9
 * where segments are skipped (draft-pantos-hls-rfc8216bis 8).
 */
export function mediaPlaylistHead(head: MediaPlaylistHead): string {
  const { skippedSegments = 0 } = head;
  let text = `#EXTM3U\n#EXT-X-VERSION:${skippedSegments > 0 ? 9 : 7}\n`;
  text += `#EXT-X-TARGETDURATION:${head.targetDurationSeconds}\n`;
  if (head.serverControl) text += serverControlLine(head.serverControl);
  text += `#EXT-X-MEDIA-SEQUENCE:${head.mediaSequence}\n`;
  if (head.discontinuitySequence > 0) text += `#EXT-X-DISCONTINUITY-SEQUENCE:${head.discontinuitySequence}\n`;
  if (head.type) text += `#EXT-X-PLAYLIST-TYPE:${head.type}\n`;
  if (head.startOffsetSeconds !== undefined) {
    text += `#EXT-X-START:TIME-OFFSET=${head.startOffsetSeconds.toFixed(3)},PRECISE=YES\n`;
  }
  if (skippedSegments > 0) text += `#EXT-X-SKIP:SKIPPED-SEGMENTS=${skippedSegments}\n`;
  return text;
}

export const DISCONTINUITY_LINE = "#EXT-X-DISCONTINUITY\n";
export const ENDLIST_LINE = "#EXT-X-ENDLIST\n";

/** Initialization section of the segments that follow: all of what lies at an address, or so many bytes at its front. */
export const mapLine = (uri: string, frontBytes?: number): string =>
  `#EXT-X-MAP:URI="${uri}"${frontBytes === undefined ? "" : `,BYTERANGE="${frontBytes}@0"`}\n`;

const MINUTE_MS = 60_000;
/** What the lines of a minute begin with: that of the line that was written last. */
let minute = { startMs: Number.NaN, text: "" };

/** Wall time of the next segment's first picture, from ms UTC. */
export function programDateTimeLine(ms: number): string {
  // Where each segment is dated, most lines begin as the one before them.
  const startMs = Math.floor(ms / MINUTE_MS) * MINUTE_MS;
  if (startMs !== minute.startMs) {
    const text = new Date(startMs).toISOString().slice(0, "YYYY-MM-DDTHH:MM:".length);
    minute = { startMs, text: `#EXT-X-PROGRAM-DATE-TIME:${text}` };
  }
  const seconds = String(Math.floor(ms - startMs)).padStart(5, "0");
  return `${minute.text}${seconds.slice(0, 2)}.${seconds.slice(2)}Z\n`;
}

/** Length of the segment whose address is the next line, from 90,000ths of a second. */
export const durationLine = (ticks: number): string => `#EXTINF:${secondsText(ticks)},\n`;

const MICROSECONDS = 1e6;

/**
 * Seconds with six digits, rounded up: 180,000 ticks are `2.000000`. Where the sum of the durations falls behind the
 * media's time by a microsecond, hls.js drops the first key picture after going back to a list's beginning.
 */
export const secondsText = (ticks: number): string =>
  (Math.ceil((ticks * MICROSECONDS) / TICKS_PER_SECOND) / MICROSECONDS).toFixed(6);

/** A duration rounded as a target duration counts it: to the nearest whole second. */
export const roundedSeconds = (ticks: number): number => Math.round(ticks / TICKS_PER_SECOND);

/** A variant stream of a multivariant playlist (RFC 8216 4.3.4.2). */
export type Variant = {
  uri: string;
  /** Peak and average bit rate in bits a second. */
  peakBitrateBps: number;
  averageBitrateBps: number;
  /** RFC 6381 codec strings of all tracks. */
  codecs: readonly string[];
  width: number;
  height: number;
  frameRate?: number;
};

export function multivariantPlaylist(variants: readonly Variant[]): string {
  const lines = ["#EXTM3U", "#EXT-X-VERSION:7"];
  for (const variant of variants) {
    const attributes = [
      `BANDWIDTH=${variant.peakBitrateBps}`,
      `AVERAGE-BANDWIDTH=${variant.averageBitrateBps}`,
      `CODECS="${variant.codecs.join(",")}"`,
      `RESOLUTION=${variant.width}x${variant.height}`,
    ];
    if (variant.frameRate !== undefined) attributes.push(`FRAME-RATE=${variant.frameRate.toFixed(3)}`);
    lines.push(`#EXT-X-STREAM-INF:${attributes.join(",")}`, variant.uri);
  }
  return `${lines.join("\n")}\n`;
}

/** An entry of an M3U channel list. */
export type ChannelEntry = { name: string; uri: string; attributes: readonly (readonly [string, string])[] };

const CONTROL = /\p{Cc}+/gu;

/** M3U of channels as IPTV players read it. Names lose what would break a line or an attribute. */
export function channelList(entries: readonly ChannelEntry[]): string {
  const lines = ["#EXTM3U"];
  for (const entry of entries) {
    const attributes = entry.attributes.map(
      ([name, value]) => ` ${name}="${value.replaceAll('"', "'").replaceAll(CONTROL, " ")}"`,
    );
    lines.push(`#EXTINF:-1${attributes.join("")},${entry.name.replaceAll(CONTROL, " ")}`, entry.uri);
  }
  return `${lines.join("\n")}\n`;
}
