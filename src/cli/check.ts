import type { ChannelConfig, Config, KeepConfig, SourceConfig } from "../config/config.ts";
import { formatDuration } from "../config/duration.ts";
import { variantText } from "../config/hls-keys.ts";
import { listenText } from "../config/listen-address.ts";
import { formatShare, formatSize } from "../config/size.ts";
import { sourceText } from "../config/source-address.ts";

function keepText(keep: KeepConfig): string {
  const limits = [
    ...(keep.days === undefined ? [] : [`today and ${keep.days} days before it`]),
    ...(keep.maxAgeMs === undefined ? [] : [`${keep.maxAgeMs / 3_600_000} hours`]),
    ...(keep.maxBytes === undefined ? [] : [formatSize(keep.maxBytes)]),
  ];
  return limits.length === 0 ? "until the disk is full" : limits.join(", at most ");
}

/** What holds of some kinds of sources only; values of headers are secrets. */
function sourceNotes(source: SourceConfig): string[] {
  if (source.kind === "folder") return [source.manage ? "old files are deleted" : "read only"];
  if (source.kind !== "hls") return [];
  const { variant, headers, allowPrivate } = source;
  return [
    variant === "highest" ? "" : `variant ${variantText(variant)}`,
    headers.size === 0 ? "" : `with the headers ${[...headers.keys()].join(", ")}`,
    allowPrivate ? "may lead to private addresses" : "",
  ];
}

function channelLines(channel: ChannelConfig, serverZone: string): string[] {
  const notes = [
    channel.enabled ? "" : "not recorded",
    ...sourceNotes(channel.source),
    channel.audio ? "" : "without sound",
    channel.zone === serverZone ? "" : channel.zone,
    channel.was.length === 0 ? "" : `was ${channel.was.join(", ")}`,
  ].filter((note) => note !== "");
  const name = channel.name === channel.id ? "" : ` (${channel.name})`;
  return [
    `  ${channel.id}${name}`,
    `    source  ${sourceText(channel.source)}`,
    `    keep    ${keepText(channel.keep)}`,
    ...(notes.length === 0 ? [] : [`    also    ${notes.join("; ")}`]),
  ];
}

/** What a configuration means, for people. Shows no password. */
export function configSummary(config: Config): string[] {
  const { storage, segment } = config;
  const auth = config.auth === "none" ? "none: everyone who reaches the port may do everything" : "accounts";
  return [
    `configuration  ${config.file ?? "none found; defaults"}`,
    `listen         ${config.listen.map(listenText).join(", ")}`,
    ...(config.publicUrl === undefined ? [] : [`public_url     ${config.publicUrl}`]),
    `auth           ${auth}`,
    `timezone       ${config.zone}`,
    `data           ${config.dataFolder}`,
    `storage        ${storage.path}`,
    `               ${formatShare(storage.minFree)} stays free; synced every ${formatDuration(storage.flushMs)}`,
    `segments       from ${formatDuration(segment.targetMs)} to ${formatDuration(segment.maxMs)} or ${formatSize(segment.maxBytes)}`,
    `channels       ${config.channels.size === 0 ? "none" : config.channels.size}`,
    ...[...config.channels.values()].flatMap((channel) => channelLines(channel, config.zone)),
  ];
}

/** `nightjar check`: the configuration was read without a mistake; shows what it means. */
export function runCheck(context: { config: Config; stdout: (line: string) => void }): number {
  for (const line of configSummary(context.config)) context.stdout(line);
  context.stdout("The configuration is fine.");
  return 0;
}
