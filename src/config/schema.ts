import { z } from "zod";
import { logLevels } from "../platform/log.ts";
import { channelNamePattern } from "./channel-name.ts";
import { authKinds, execFormats, transports } from "./config.ts";
import { parseDuration } from "./duration.ts";
import { parseListenAddress } from "./listen-address.ts";
import { parsePublicUrl } from "./public-url.ts";
import { convertKey } from "./schema-convert.ts";
import { jobsKey } from "./schema-jobs.ts";
import { momentsKey } from "./schema-moments.ts";
import { notifyKey } from "./schema-notify.ts";
import {
  AS_DESCRIBED,
  choice,
  duration,
  key,
  parsed,
  share,
  size,
  trueOrFalse,
  within,
  zone,
  zoneWanted,
} from "./schema-parts.ts";
import { stillsKey } from "./schema-stills.ts";
import { channelTimelapseKey, timelapseKey } from "./schema-timelapse.ts";
import { streamerKey } from "./schema-streamer.ts";
import { parseSize } from "./size.ts";
import { headerNamePattern, headerValuePattern, parseVariant, variantWanted } from "./hls-keys.ts";
import { parseSource, sourceWanted } from "./source-address.ts";

const listenValue = z.union([z.string(), z.int()]);
const listen = z.union([listenValue, z.array(listenValue).min(1)]).transform((value, context) => {
  const values = Array.isArray(value) ? value : [value];
  return values.flatMap((item, index) => {
    const address = parseListenAddress(item);
    if (address !== undefined) return [address];
    const path = Array.isArray(value) ? [index] : [];
    context.issues.push({ code: "custom", input: item, message: AS_DESCRIBED, path });
    return [];
  });
});

const MEGABYTE = 1e6;
const HOUR_MS = 3_600_000;
const target = duration(500, 10_000);
const maxSegmentSize = size(MEGABYTE, 256 * MEGABYTE);
const maxSegmentDuration = duration(1000, 60_000);
const flush = duration(1000, 60_000);
const settle = duration(1000, 24 * 3_600_000);
const minFree = share(90);
const lockedMax = share(100);
const channelSize = size(10 * MEGABYTE, 1e15);

const fileMax = parsed((text) => {
  const durationMs = within(parseDuration(text), 10_000, HOUR_MS);
  if (durationMs !== undefined) return { durationMs };
  const bytes = within(parseSize(text), MEGABYTE, 1e12);
  return bytes === undefined ? undefined : { bytes };
});

const execSource = z.strictObject({
  exec: key(
    z.array(z.string().min(1)).min(1).max(200),
    "a list of the program and its arguments",
    "A program, with its arguments as a list, that writes the stream to its standard output; no shell is involved.",
  ),
  format: key(
    z.enum(execFormats).optional(),
    choice(execFormats),
    "What the program writes, by default what ffmpeg sees in it.",
  ),
});

const addressSource = z.string().superRefine((text, context) => {
  const result = parseSource(text);
  if ("wanted" in result) context.addIssue({ code: "custom", message: result.wanted });
});

const keepSchema = z
  .strictObject({
    days: key(
      z.int().min(0).max(36_500).optional(),
      "a whole number of days from 0 to 36500",
      "Keeps today and that many calendar days before it; no limit by default.",
    ),
    hours: key(
      z.int().min(1).max(876_000).optional(),
      "a whole number of hours from 1 to 876000",
      "Keeps that many hours, counted back from now; no limit by default.",
    ),
    size: key(
      channelSize.type.optional(),
      channelSize.wanted,
      "Keeps at most that many bytes of this channel; no limit by default.",
    ),
  })
  .refine((keep) => Object.keys(keep).length > 0, { message: "days, hours or size below it" });

const channelSchema = z.strictObject({
  name: key(
    z.string().trim().min(1).max(100).regex(channelNamePattern).optional(),
    "a text of 1 to 100 characters on one line, in quotes if it looks like a number",
    "Name for people, by default the id.",
  ),
  source: key(
    z.union([addressSource, execSource]),
    sourceWanted,
    "Where the pictures come from: a camera's `rtsp://` or `rtsps://` address, `demo:` for a synthetic camera, another live address that ffmpeg opens, an `http(s)://` playlist `….m3u8` for a live stream, `upload` for files that clients send, `file:///…` for a folder of such files, or a program (`exec`).",
  ),
  transport: key(
    z.enum(transports).optional(),
    choice(transports),
    "How an RTSP camera sends, `tcp` by default; `udp` loses pictures on a poor network.",
  ),
  variant: key(
    parsed(parseVariant).optional(),
    variantWanted,
    "Which variant of an HLS source is recorded, `highest` by default.",
  ),
  headers: key(
    z
      .record(
        z.string().regex(headerNamePattern),
        key(
          z.string().regex(headerValuePattern),
          "a text on one line",
          "Value of one header; none by default.",
        ),
      )
      .optional(),
    "names of HTTP headers with a text each",
    "HTTP headers for an HLS source, such as `Authorization` or `Cookie`; they go to its own host alone; none by default.",
  ),
  allow_private: key(
    z.boolean().optional(),
    trueOrFalse,
    "Whether an HLS source on a public host may lead to addresses of this machine and the local network, `false` by default.",
  ),
  manage: key(
    z.boolean().optional(),
    trueOrFalse,
    "Whether old files of a watched folder are deleted, `false` by default: not a byte of the folder is changed.",
  ),
  settle: key(
    settle.type.optional(),
    settle.wanted,
    "How long live lists of uploads and watched folders wait for older files before they list a newer one, `1m` by default; what comes later is in its day's list alone.",
  ),
  audio: key(z.boolean().default(true), trueOrFalse, "Whether sound is recorded, `true` by default."),
  keep: key(
    keepSchema.optional(),
    "days, hours or size below it",
    "How long footage stays; each limit given applies, and without any it stays until the disk is full.",
  ),
  convert: convertKey,
  timelapse: channelTimelapseKey,
  timezone: key(zone().optional(), zoneWanted, "Time zone of this channel's days, by default the server's."),
  was: key(
    z.array(z.string()).default([]),
    "a list of former ids",
    "Former ids of this channel, whose footage it takes over; none by default.",
  ),
  enabled: key(
    z.boolean().default(true),
    trueOrFalse,
    "Whether it is recorded, `true` by default; when `false` its footage still plays and ages.",
  ),
});

/** The configuration file. Keys that are not here are mistakes. */
export const configSchema = z.strictObject({
  listen: key(
    listen.optional(),
    "HOST:PORT with a port from 1 to 65535, such as 0.0.0.0:6478 or [::1]:6478, or a list of them",
    "Address to listen on, or a list of them; by default every address of the machine, `[::]:6478`, but with `auth: none` only `127.0.0.1:6478`. A host alone gets port 6478, a port alone is on loopback.",
  ),
  public_url: key(
    parsed(parsePublicUrl).optional(),
    "an address such as https://cctv.example.org, without user, query and fragment",
    "Address that people reach Nightjar by, put before addresses that leave the page; by default that of each request.",
  ),
  data: key(
    z.string().min(1).optional(),
    "the path of a folder",
    "Folder of the databases, local and small, by default `nightjar-data` beside the configuration file, and `/var/lib/nightjar` for `/etc/nightjar/nightjar.yaml`.",
  ),
  timezone: key(zone().optional(), zoneWanted, "Time zone of days, by default the system's."),
  auth: key(
    z.enum(authKinds).default("accounts"),
    choice(authKinds),
    "`accounts` by default: people sign in, players have a password or an address with a ticket; `none` lets everyone who reaches the port do everything.",
  ),
  storage: key(
    z
      .strictObject({
        path: key(
          z.string().min(1).optional(),
          "the path of a folder",
          "Folder of the footage, large, by default `archive` in `data`.",
        ),
        min_free: key(
          minFree.type.default({ percent: 5, atMostBytes: 20e9 }),
          minFree.wanted,
          "What stays free on its disk, as a share or a size, by default 5% but at most 20 GB; the oldest footage makes room.",
        ),
        flush: key(
          flush.type.default(5000),
          flush.wanted,
          "Time between two syncs to the disk, and so what a power cut may cost, `5s` by default; `10s` spares an SD card.",
        ),
        locked_max: key(
          lockedMax.type.default({ percent: 25 }),
          lockedMax.wanted,
          "The most that locked footage may take of the disk, as a share or a size, `25%` by default.",
        ),
      })
      .prefault({}),
    "path, min_free, flush or locked_max below it",
    "Where footage lies.",
  ),
  segment: key(
    z
      .strictObject({
        target: key(
          target.type.default(2000),
          target.wanted,
          "Length from which on a segment ends at the next key frame, `2s` by default.",
        ),
        max: key(
          z
            .strictObject({
              size: key(
                maxSegmentSize.type.default(32 * MEGABYTE),
                maxSegmentSize.wanted,
                "Size beyond which a segment is cut between key frames, `32MB` by default.",
              ),
              duration: key(
                maxSegmentDuration.type.default(20_000),
                maxSegmentDuration.wanted,
                "Length beyond which a segment is cut between key frames, `20s` by default.",
              ),
            })
            .prefault({}),
          "size or duration below it",
          "Bounds for cameras with few key frames.",
        ),
      })
      .prefault({}),
    "target or max below it",
    "The pieces that players get.",
  ),
  file: key(
    z
      .strictObject({
        max: key(
          fileMax.optional(),
          "a duration from 10s to 1h, or a size from 1MB to 1TB",
          "Length or size at which a recording's file ends, by default one hour, less where little is kept or the disk is small.",
        ),
      })
      .prefault({}),
    "max below it",
    "The files of the archive.",
  ),
  stills: stillsKey,
  jobs: jobsKey,
  timelapse: timelapseKey,
  moments: momentsKey,
  notify: notifyKey,
  streamer: streamerKey,
  default_channel: key(
    z.string().optional(),
    "the id of a channel below channels",
    "Channel that addresses without a channel mean, by default the first that fits.",
  ),
  log: key(
    z
      .strictObject({
        level: key(
          z.enum(logLevels).default("info"),
          choice(logLevels),
          "The least that is logged, `info` by default.",
        ),
        format: key(
          z.enum(["text", "json"]).default("text"),
          "text or json",
          "Form of the log on standard error, `text` by default.",
        ),
      })
      .prefault({}),
    "level or format below it",
    "What is logged.",
  ),
  channels: key(
    z
      .record(
        z.string(),
        key(channelSchema, "a group of keys with source among them", "One channel, by its id."),
      )
      .default({}),
    "a group of channels, each an id with its keys below it",
    "What is recorded, each by an id of letters, digits, `-` and `_`; none by default.",
  ),
});

/** The file's contents, checked, with defaults, before paths and channels are resolved. */
export type CheckedFile = z.output<typeof configSchema>;
