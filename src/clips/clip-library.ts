import { dirname, join } from "node:path";
import type { Footage } from "../archive/footage.ts";
import { newId } from "../archive/ids.ts";
import { deleteClip } from "../archive/keep/clip-deletion.ts";
import type { KnownRoots } from "../archive/roots/roots.ts";
import { pathBelow } from "../archive/write/recording-paths.ts";
import type { ClipRow } from "../db/state/clip-table.ts";
import type { KeepLimits, StateDatabase } from "../db/state/state-database.ts";
import type { Clock } from "../platform/clock.ts";
import { errorText, NightjarError, notFound, systemErrorCode } from "../platform/errors.ts";
import type { Files } from "../platform/files.ts";
import { logOf } from "../platform/log.ts";
import { clipKinds, type Clip, type ClipKind, type ClipPlace, type Clips } from "./clip.ts";
import { clipsOverLimits } from "./clip-limits.ts";
import { CLIPS_FOLDER, WORK_PREFIX } from "./clip-names.ts";
import { clipPlace } from "./clip-place.ts";
import { adoptedClips, clipOfRow, isGif } from "./clip-rows.ts";
import { reconcileClips } from "./reconcile.ts";

const log = logOf("clips");

export type ClipLibraryDeps = {
  clock: Clock;
  files: Files;
  state: Pick<StateDatabase, "clips" | "adoptedClips">;
  roots: Pick<KnownRoots, "current" | "look" | "pathOf" | "onChange" | "present">;
  footage: Pick<Footage, "channel">;
  /** The ids under which films of a channel may be stored: its own and those it had before. */
  idsOf: (channel: string) => readonly string[];
  /** How long a channel's films of a kind stay; without a limit until a person deletes them. */
  keepOf: (kind: ClipKind, channel: string) => KeepLimits;
  /** From when ages are counted, ms UTC; `undefined` while limits wait. */
  ageAtMs: () => number | undefined;
};

/**
 * The films of all channels: those that were made here, in `<root>/<channel>/clips/` with their rows, and those of
 * earlier tools, where they lie. `start` first: it clears up what was left half made.
 */
export class ClipLibrary implements Clips {
  readonly #deps: ClipLibraryDeps;
  /** Paths, without extension, of what is being made. */
  readonly #making = new Set<string>();
  #naming: Promise<unknown> = Promise.resolve();
  #reconciling: Promise<void> = Promise.resolve();

  constructor(deps: ClipLibraryDeps) {
    this.#deps = deps;
  }

  /** Looks through the storage that is there, and through each that comes. */
  start(): void {
    const { roots } = this.#deps;
    roots.onChange((id) => {
      const path = roots.pathOf(id);
      if (path !== undefined) void this.#reconcile({ id, path });
    });
    for (const root of roots.present()) void this.#reconcile(root);
  }

  /** Resolves when the storage that was there at the start has been looked through. */
  lookedThrough(): Promise<void> {
    return this.#reconciling;
  }

  async close(): Promise<void> {
    await Promise.all([this.#reconciling, this.#naming]);
  }

  async place(channel: string, kind: ClipKind): Promise<ClipPlace> {
    const { files, roots, clock, state } = this.#deps;
    await roots.look();
    const root = roots.current();
    if ("missing" in root)
      throw new NightjarError("unavailable", `There is no place for films now: ${root.missing.detail}`);
    const id = this.#current(channel);
    const folder = join(root.path, id, CLIPS_FOLDER);
    try {
      for (const made of await files.makeFolder(folder)) await files.syncFolder(dirname(made));
    } catch (error) {
      throw new NightjarError("unavailable", `There is no place for films now: ${errorText(error)}`, {
        cause: error,
      });
    }
    const stem = join(folder, `${WORK_PREFIX}${kind}-${newId()}`);
    this.#making.add(stem);
    return clipPlace(
      {
        files,
        root,
        channel: id,
        stem,
        nowMs: () => clock.nowMs(),
        zone: () => this.#zoneOf(id),
        naming: (work) => this.#inTurn(work),
        store: (row) => state.clips.add(row),
        done: () => this.#making.delete(stem),
      },
      (row) => clipOfRow(row, id),
    );
  }

  list(kind: ClipKind, channel?: string): Clip[] {
    return [...this.#own(kind, channel), ...this.#adopted(kind, channel)].sort(
      (a, b) => b.startMs - a.startMs || (b.id ?? 0) - (a.id ?? 0),
    );
  }

  get(id: number): Clip | undefined {
    const row = this.#deps.state.clips.get(id);
    return row && clipOfRow(row, this.#current(row.channel));
  }

  path(clip: Clip, file: "mp4" | "gif"): string | undefined {
    if (clip.id === undefined) return this.#adoptedPath(clip, file);
    const row = this.#deps.state.clips.get(clip.id);
    const below = file === "mp4" ? row?.path : row?.gifPath;
    const root = row && this.#deps.roots.pathOf(row.root);
    return root === undefined || below === undefined || below === null ? undefined : pathBelow(root, below);
  }

  async delete(id: number): Promise<void> {
    const { files, state, roots } = this.#deps;
    const row = state.clips.get(id);
    if (!row) throw notFound(`There is no film ${id}`);
    try {
      if (await deleteClip({ files, clips: state.clips, roots }, row)) return;
    } catch (error) {
      const code = systemErrorCode(error);
      if (code === undefined) throw error;
      throw new NightjarError("conflict", `The film can't be deleted now (${code})`, { cause: error });
    }
    throw new NightjarError("conflict", "The storage that holds this film is not there at the moment");
  }

  #own(kind: ClipKind, channel: string | undefined): Clip[] {
    const { clips } = this.#deps.state;
    const rows =
      channel === undefined
        ? clips.ofKind(kind)
        : this.#deps.idsOf(channel).flatMap((id) => clips.ofChannel(id, kind));
    return rows.map((row) => clipOfRow(row, this.#current(row.channel)));
  }

  #adopted(kind: ClipKind, channel: string | undefined): Clip[] {
    if (kind === "clip") return [];
    const { adoptedClips: table } = this.#deps.state;
    const rows =
      channel === undefined
        ? table.ofKind(kind)
        : this.#deps.idsOf(channel).flatMap((id) => table.list(id, kind));
    return [...Map.groupBy(rows, (row) => this.#current(row.channel))].flatMap(([id, ofChannel]) =>
      adoptedClips(ofChannel, id, this.#zoneOf(id)),
    );
  }

  #adoptedPath({ kind, channel, localTime }: Clip, file: "mp4" | "gif"): string | undefined {
    if (kind === "clip") return undefined;
    const { idsOf, state } = this.#deps;
    return idsOf(channel)
      .flatMap((id) => state.adoptedClips.list(id, kind))
      .find((row) => row.localTime === localTime && isGif(row) === (file === "gif"))?.path;
  }

  /** The id that a channel has now. */
  #current(channel: string): string {
    return this.#deps.footage.channel(channel)?.id ?? channel;
  }

  #zoneOf(channel: string): string {
    return this.#deps.footage.channel(channel)?.zone ?? "UTC";
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#naming.then(work);
    this.#naming = done.catch(() => {});
    return done;
  }

  /** One look after the other, and not while a film gets its name. */
  #reconcile(root: { id: string; path: string }): Promise<void> {
    const { files, state } = this.#deps;
    const isBeingMade = (path: string) => [...this.#making].some((stem) => path.startsWith(stem));
    const zoneOf = (channel: string) => this.#zoneOf(channel);
    this.#reconciling = this.#reconciling.then(() =>
      this.#inTurn(() => reconcileClips({ files, table: state.clips, zoneOf, isBeingMade }, root)).catch(
        (error: unknown) =>
          log.error("The films at {path} can't be looked through: {error}", {
            path: root.path,
            error: errorText(error),
          }),
      ),
    );
    return this.#reconciling;
  }

  /** Deletes what is over the limits of its kind. Rejects with errors of disk or database. */
  async applyLimits(): Promise<void> {
    const { state, keepOf, ageAtMs, files, roots } = this.#deps;
    await this.#reconciling;
    const atMs = ageAtMs();
    if (atMs === undefined) return;
    for (const kind of clipKinds) {
      const ofChannels = Map.groupBy(state.clips.ofKind(kind), (row) => this.#current(row.channel));
      for (const [channel, rows] of ofChannels) {
        const over = clipsOverLimits(rows, keepOf(kind, channel), { atMs, zone: this.#zoneOf(channel) });
        const gone: ClipRow[] = [];
        for (const row of over)
          if (await deleteClip({ files, clips: state.clips, roots }, row)) gone.push(row);
        if (gone.length > 0)
          log.info("Deleted {count} films of {channel} by their limits", { count: gone.length, channel });
      }
    }
  }
}
