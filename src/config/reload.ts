import type { ChannelConfig, Config, SourceConfig } from "./config.ts";

/** Ids of channels, by what a reload means for their capture. A channel that is not enabled is not captured. */
export type ChannelDiff = {
  /** To be started. */
  added: string[];
  /** To be stopped. */
  removed: string[];
  /** Captured before and after, but otherwise: to be stopped and started. */
  changed: string[];
  /** To be left alone; name, keep and zone may differ all the same. */
  unchanged: string[];
};

/** With its secrets laid open: as they are, two of them would always compare equal. */
function secretSource(source: SourceConfig): unknown {
  if (!("url" in source)) return source;
  const url = source.url.reveal();
  if (source.kind !== "hls") return { ...source, url };
  return { ...source, url, headers: [...source.headers].map(([name, value]) => [name, value.reveal()]) };
}

/** All that capture depends on. */
const captureSettings = (channel: ChannelConfig): unknown => ({
  source: secretSource(channel.source),
  audio: channel.audio,
});

const captured = (config: Config): Map<string, ChannelConfig> =>
  new Map([...config.channels].filter(([, channel]) => channel.enabled));

/** Compares the channels of two configurations. */
export function diffChannels(before: Config, after: Config): ChannelDiff {
  const old = captured(before);
  const next = captured(after);
  const diff: ChannelDiff = { added: [], removed: [], changed: [], unchanged: [] };
  for (const id of old.keys()) if (!next.has(id)) diff.removed.push(id);
  for (const [id, channel] of next) {
    const former = old.get(id);
    if (former === undefined) diff.added.push(id);
    else if (Bun.deepEquals(captureSettings(former), captureSettings(channel), true)) diff.unchanged.push(id);
    else diff.changed.push(id);
  }
  return diff;
}

/** Keys beside `channels` and `timezone` that differ: they take effect with the next start. */
export function restartKeys(before: Config, after: Config): string[] {
  const pairs: [key: string, from: unknown, to: unknown][] = [
    ["listen", before.listen, after.listen],
    ["public_url", before.publicUrl, after.publicUrl],
    ["data", before.dataFolder, after.dataFolder],
    ["auth", before.auth, after.auth],
    ["storage", before.storage, after.storage],
    ["segment", before.segment, after.segment],
    ["file", before.fileMax, after.fileMax],
    ["stills", before.stills, after.stills],
    ["streamer", before.streamer, after.streamer],
    ["default_channel", before.defaultChannel, after.defaultChannel],
    ["log", before.log, after.log],
  ];
  return pairs.filter(([, from, to]) => !Bun.deepEquals(from, to, true)).map(([key]) => key);
}
