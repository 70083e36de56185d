import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { shareBytes } from "../config/size.ts";
import { IndexDatabase } from "../db/index/index-database.ts";
import type { ListedRow, LockRow } from "../db/index/rows.ts";
import { StateDatabase } from "../db/state/state-database.ts";
import type { RunEnd } from "../media/reasons.ts";
import type { Clock } from "../platform/clock.ts";
import { errorText } from "../platform/errors.ts";
import { diskFiles, type Files } from "../platform/files.ts";
import { RecordingArchive } from "./archive.ts";
import { AgedDayArchive } from "./aged/aged-day-archive.ts";
import { ChannelRegistry } from "./channel-registry.ts";
import { ArchiveHistory, type FootageHistory } from "./footage-history.ts";
import { Locks } from "./keep/locks.ts";
import { ForeignUse } from "./files/foreign-use.ts";
import { managedFolder } from "./files/managed-folder.ts";
import { Retention } from "./keep/retention.ts";
import type { KnownRoots } from "./roots/roots.ts";
import { checkFiles, startupChecks } from "./startup.ts";
import { storageUse, type StorageUse } from "./storage-use.ts";

/** What the archive says about the place that footage goes to. */
export type ArchiveStorage = {
  path: string;
  /** Why it is not there; a full one is. */
  missing: RunEnd | undefined;
  freeBytes: number | undefined;
  totalBytes: number | undefined;
  isFull: boolean;
  messages: readonly string[];
};

/** Where files that are segments go, and how long they stay. */
export type FilesPlace = {
  storage: Pick<KnownRoots, "current" | "look" | "storageThere">;
  /** Whether footage lies on another storage, too, that was written to before. */
  hasFormerStorage(): boolean;
  /** What ends before this (ms UTC) is too old for the channel; -Infinity without a limit. */
  keptFromMs(channel: string): number;
};

/** The archive, recording and keeping. */
export type OpenArchive = {
  archive: RecordingArchive;
  history: FootageHistory;
  locks: Locks;
  /** Days whose footage is made smaller. */
  aged: AgedDayArchive;
  /** Target durations of channels' growing playlists, kept for ever. */
  targetDurations: { read(channel: string): number; raise(channel: string, seconds: number): void };
  /** The segment file by which a channel's growing playlists are numbered, kept for ever. */
  listed: { read(channel: string): ListedRow | undefined; write(row: ListedRow): void };
  /** What else has to outlive everything: accounts. Closed with the archive. */
  state: StateDatabase;
  /** Locked spans of a channel. */
  locksOf(channel: string): LockRow[];
  storage(): ArchiveStorage;
  /** Roots, limits and bounds: what a forecast needs. */
  storageUse(): StorageUse;
  /** What is wrong with the databases; `undefined` while they answer. */
  databaseTrouble(): string | undefined;
  /** What receiving files has to know of the storage. */
  files: FilesPlace;
  /** What else lies on the storage has to know of it. */
  roots: KnownRoots;
  /** The ids under which a channel's footage is stored: its own and those it had before. */
  idsOf(channel: string): readonly string[];
  /** From when ages are counted, ms UTC, by a clock that may be wrong; `undefined` while limits wait. */
  ageAtMs(): number | undefined;
  /** Takes a changed configuration up. */
  configure(config: Config): void;
  /** Writes what there is, closes recordings and databases. */
  close(): Promise<void>;
};

/**
 * Opens databases and storage, mends what a kill or a power cut left, and begins to keep house. Throws `config`
 * when the databases can't be used; a missing storage is no error, but nothing is recorded until it is there.
 */
export async function openArchive({
  config,
  clock,
  files = diskFiles(),
}: {
  config: Config;
  clock: Clock;
  files?: Files;
}): Promise<OpenArchive> {
  const { dataFolder, storage, segment, zone } = config;
  const index = IndexDatabase.open(join(dataFolder, "index.db"));
  const state = StateDatabase.open(join(dataFolder, "state.db"));
  let current = config;
  const { roots, deleter } = await startupChecks({
    clock,
    files,
    index,
    state,
    storagePath: storage.path,
    managed: (channel) => managedFolder(current, channel),
  });
  const registry = new ChannelRegistry({ state, index, clock, zone });
  registry.apply([...config.channels.values()]);

  const lockedMaxBytes = async (rootId: string): Promise<number> => {
    const path = roots.pathOf(rootId);
    return path === undefined ? 0 : shareBytes(storage.lockedMax, (await files.space(path)).totalBytes);
  };
  const archive = new RecordingArchive({
    clock,
    files,
    index,
    roots,
    settings: {
      channels: () => registry.channels(),
      flushMs: storage.flushMs,
      fileMax: config.fileMax,
      segmentTargetMs: segment.targetMs,
      segmentMaxMs: segment.maxMs,
      segmentMaxBytes: segment.maxBytes,
      lockedMaxBytes,
    },
  });
  await archive.start();
  deleter.filesGuard = archive.fileFootage;
  const retention = new Retention({
    clock,
    files,
    index,
    state,
    roots,
    deleter,
    channels: () => registry.channels(),
    zone,
    minFree: storage.minFree,
    writtenBytes: () => archive.figures.bytesWritten,
  });
  const idsOf = (id: string) => [
    id,
    ...(registry.channels().find((channel) => channel.id === id)?.was ?? []),
  ];
  const locks = new Locks({
    isIndexed: () => archive.fileFootage.flush(),
    idsOf,
    files,
    index,
    roots,
    bound: lockedMaxBytes,
  });
  const aged = new AgedDayArchive({
    clock,
    files,
    index,
    roots,
    idsOf,
    managed: (channel) => managedFolder(current, channel),
    fileFootage: archive.fileFootage,
    onRootChange: (listener) => roots.onChange(listener),
  });
  aged.start();
  const stop = new AbortController();
  const keeping = (async () => {
    await checkFiles({ index, files }, roots.present());
    while (!stop.signal.aborted) {
      await retention.pass();
      await clock.sleep(storage.flushMs, stop.signal);
    }
  })();
  const foreign = new ForeignUse(index);
  const history = new ArchiveHistory({
    index,
    channels: () => registry.channels(),
    open: () => archive.openRecordings.flatMap((id) => archive.recording(id) ?? []),
    changed: (ids) => archive.fileFootage.changed(ids).map(({ recording }) => recording),
  });
  return {
    archive,
    history,
    locks,
    aged,
    targetDurations: {
      read: (channel) => index.targetDuration(channel),
      raise: (channel, seconds) => index.raiseTargetDuration(channel, seconds),
    },
    listed: { read: (channel) => index.listed(channel), write: (row) => index.setListed(row) },
    state,
    locksOf: (channel) => locks.list(channel),
    storage() {
      const current = roots.current();
      return {
        path: storage.path,
        missing: "missing" in current && current.missing.reason !== "disk-full" ? current.missing : undefined,
        ...retention.state(),
      };
    },
    storageUse: () =>
      storageUse({
        index,
        foreign,
        state,
        roots,
        channels: () => registry.channels(),
        minFree: storage.minFree,
        totalBytes: () => retention.state().totalBytes,
      }),
    databaseTrouble() {
      try {
        index.roots();
        state.roots();
        return undefined;
      } catch (error) {
        return `The databases in ${dataFolder} do not answer: ${errorText(error)}`;
      }
    },
    files: {
      storage: roots,
      hasFormerStorage: () => index.roots().length > 1,
      keptFromMs: (channel) => retention.keptFromMs(channel),
    },
    roots,
    idsOf,
    ageAtMs: () => retention.ageAtMs(),
    configure(next) {
      current = next;
      registry.apply([...next.channels.values()]);
    },
    async close() {
      stop.abort();
      await aged.close();
      await archive.close();
      await keeping;
      await roots.close();
      index.close();
      state.close();
    },
  };
}
