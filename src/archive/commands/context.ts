import { join } from "node:path";
import type { Config } from "../../config/config.ts";
import { IndexDatabase } from "../../db/index/index-database.ts";
import { StateDatabase } from "../../db/state/state-database.ts";
import type { Clock } from "../../platform/clock.ts";
import { prepareDataFolder, requireData } from "../../platform/data-folder.ts";
import { acquireDataLock } from "../../platform/data-lock.ts";
import { NightjarError, notFound } from "../../platform/errors.ts";
import { pairDatabases, type Databases } from "../database-pair.ts";
import { readRootId } from "../roots/root-file.ts";
import type { Files } from "../../platform/files.ts";

/** What a command of the archive is given. */
export type CommandContext = {
  config: Pick<Config, "dataFolder" | "file" | "zone" | "channels" | "storage">;
  clock: Clock;
  /** Takes one line for people, or for a program with `--json`. */
  stdout: (line: string) => void;
  args: { arguments: readonly string[]; options: Readonly<Record<string, string | true>> };
};

const indexPath = (dataFolder: string): string => join(dataFolder, "index.db");
const statePath = (dataFolder: string): string => join(dataFolder, "state.db");

/** Opens both databases for writing, beside a running server. For small changes that it looks for itself. */
export async function withSharedDatabases<T>(
  { config }: Pick<CommandContext, "config">,
  work: (databases: Databases) => Promise<T>,
): Promise<T> {
  prepareDataFolder(config.dataFolder);
  const index = IndexDatabase.open(indexPath(config.dataFolder));
  try {
    const state = StateDatabase.open(statePath(config.dataFolder));
    try {
      pairDatabases({ index, state });
      return await work({ index, state });
    } finally {
      state.close();
    }
  } finally {
    index.close();
  }
}

/** Opens both databases as the only process that writes to them, for as long as `work` takes. */
export async function withDatabases<T>(
  context: Pick<CommandContext, "config" | "clock">,
  work: (databases: Databases) => Promise<T>,
): Promise<T> {
  const lock = acquireDataLock(context.config.dataFolder, context.clock.nowMs());
  try {
    return await withSharedDatabases(context, work);
  } finally {
    lock.release();
  }
}

/** Opens the index, and the state if it is there, beside a running server. Throws `not-found` without an index. */
export async function withIndex<T>(
  { config }: Pick<CommandContext, "config">,
  work: (index: IndexDatabase, state: StateDatabase | undefined) => Promise<T> | T,
): Promise<T> {
  requireData(config);
  const index = IndexDatabase.openForReading(indexPath(config.dataFolder));
  if (!index)
    throw new NightjarError(
      "not-found",
      `There is no index in ${config.dataFolder}: nothing was recorded yet`,
      {
        details: ["If there is footage, run: nightjar reindex"],
      },
    );
  const state = StateDatabase.openForReading(statePath(config.dataFolder));
  try {
    return await work(index, state);
  } finally {
    index.close();
    state?.close();
  }
}

/** The same where there may be none: nothing is made. */
export async function withIndexIfThere<T>(
  { config }: Pick<CommandContext, "config">,
  work: (index: IndexDatabase | undefined, state: StateDatabase | undefined) => Promise<T>,
): Promise<T> {
  const index = IndexDatabase.openForReading(indexPath(config.dataFolder));
  const state = StateDatabase.openForReading(statePath(config.dataFolder));
  try {
    return await work(index, state);
  } finally {
    index?.close();
    state?.close();
  }
}

/** The known roots that are there now, by the id files in their folders. */
export async function rootsThere(
  files: Files,
  storagePath: string,
  known: readonly { id: string; path: string }[],
): Promise<Map<string, string>> {
  const there = new Map<string, string>();
  const ids = new Set(known.map(({ id }) => id));
  for (const path of new Set([storagePath, ...known.map((root) => root.path)])) {
    const id = await readRootId(files, path).catch(() => undefined);
    if (id !== undefined && ids.has(id) && !there.has(id)) there.set(id, path);
  }
  return there;
}

/** The time zone of a channel's days: as configured, or as it was when it left the configuration. */
export function zoneOfChannels(
  config: Pick<Config, "channels" | "zone">,
  state: StateDatabase | undefined,
): (channel: string) => string {
  const zones = new Map(state?.channels().map(({ id, zone }) => [id, zone]));
  for (const { id, was, zone } of config.channels.values())
    for (const name of [...was, id]) zones.set(name, zone);
  return (channel) => zones.get(channel) ?? config.zone;
}

/** The id that a channel has now, by one that it has or had: that of the channel which names it in `was`, or its own. */
export function heirOfChannels(config: Pick<Config, "channels">): (channel: string) => string {
  const heirs = new Map<string, string>();
  for (const { id, was } of config.channels.values())
    for (const name of [...was, id]) heirs.set(name.toLowerCase(), id);
  return (channel) => heirs.get(channel.toLowerCase()) ?? channel;
}

/** The refusal of a channel that is neither configured nor has footage, with those that are or have. */
export function unknownChannel(
  {
    config,
    index,
    state,
  }: Pick<CommandContext, "config"> & { index: IndexDatabase; state: StateDatabase | undefined },
  channel: string,
): NightjarError | undefined {
  const heirOf = heirOfChannels(config);
  const stored = [...index.totals(), ...(state?.channels().map(({ id }) => ({ channel: id })) ?? [])];
  const known = new Set([...config.channels.keys(), ...stored.map((one) => heirOf(one.channel))]);
  const wanted = heirOf(channel).toLowerCase();
  if ([...known].some((id) => id.toLowerCase() === wanted)) return undefined;
  return notFound(`There is no channel ${JSON.stringify(channel)}`, [
    known.size === 0
      ? "There are no channels yet: none is configured, and none has footage"
      : `Channels: ${[...known].sort().join(", ")}`,
  ]);
}
