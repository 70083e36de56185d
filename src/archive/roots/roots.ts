import { join } from "node:path";
import type { RootRow } from "../../db/index/rows.ts";
import type { RunEnd } from "../../media/reasons.ts";
import type { Clock } from "../../platform/clock.ts";
import { errorText, NightjarError } from "../../platform/errors.ts";
import type { Files } from "../../platform/files.ts";
import { logOf } from "../../platform/log.ts";
import { holdLimits, type Databases } from "../database-pair.ts";
import { newId } from "../ids.ts";
import { readRootFile, writeRootId } from "./root-file.ts";
import type { Roots, StorageAway } from "./root.ts";

const log = logOf("archive");

/** Time between two looks at the roots. */
const POLL_MS = 2000;
/** A disk that does not answer for so long counts as not there: a network storage may hang for hours. */
const ANSWER_MS = 15_000;

export type KnownRootsDeps = Databases & {
  clock: Clock;
  files: Files;
  /** The configured folder of the footage, absolute. */
  storagePath: string;
  /** The mount point of `/etc/fstab` that the path is or lies below, when nothing is mounted there. */
  unmountedPoint: (path: string) => string | undefined;
  /** Reads the footage of a root into the index, which does not know it yet. */
  indexRoot: (root: { id: string; path: string }) => Promise<void>;
};

type Present = { path: string; device: number };

/**
 * The storage roots of this archive: which of them are there now, and which one new footage goes to. Only a
 * folder with the id file of a known root counts, so that nothing is ever recorded into an empty mount point or
 * onto another disk.
 */
export class KnownRoots implements Roots {
  readonly #deps: KnownRootsDeps;
  readonly #present = new Map<string, Present>();
  readonly #listeners: ((rootId: string) => void)[] = [];
  readonly #stop = new AbortController();
  #current: { id: string; path: string } | { missing: RunEnd } = {
    missing: { reason: "disk-missing", detail: "the storage has not been looked at yet" },
  };
  #full: RunEnd | undefined;
  /** When the current root went away; of one that was not there at the start, nobody knows. */
  #awaySinceMs: number | undefined;
  /** Path of a former root with footage that the index does not know. */
  #unreadPath: string | undefined;
  #isIndexing = false;
  #loop: Promise<void> = Promise.resolve();
  #look: Promise<void> | undefined;

  constructor(deps: KnownRootsDeps) {
    this.#deps = deps;
  }

  current(): { id: string; path: string } | { missing: RunEnd } {
    if ("missing" in this.#current || this.#full === undefined) return this.#current;
    return { missing: this.#full };
  }

  pathOf(rootId: string): string | undefined {
    return this.#present.get(rootId)?.path;
  }

  onChange(listener: (rootId: string) => void): void {
    this.#listeners.push(listener);
  }

  /** The root at the configured path, full or not; `undefined` while it is not there. */
  storageThere(): { id: string; path: string } | undefined {
    return "missing" in this.#current ? undefined : this.#current;
  }

  away(): StorageAway | undefined {
    if ("missing" in this.#current)
      return { detail: this.#current.missing.detail, sinceMs: this.#awaySinceMs };
    return this.#unreadPath === undefined ? undefined : { detail: `${this.#unreadPath}: it is not there` };
  }

  /** The roots that are there. */
  present(): { id: string; path: string }[] {
    return [...this.#present].map(([id, { path }]) => ({ id, path }));
  }

  /** Says that the current root takes no more footage, or with `undefined` that it does again. */
  setFull(end: RunEnd | undefined): void {
    this.#full = end;
  }

  /**
   * Looks at all roots once, adopts and reads in what is new, and goes on looking until `close`. A disk that does
   * not answer does not stop the start.
   */
  async start(): Promise<void> {
    await this.#lookPatiently();
    this.#loop = this.#watch();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  /** Looks at all roots now. Callers at the same time share one look. */
  look(): Promise<void> {
    this.#look ??= this.#lookOnce().finally(() => {
      this.#look = undefined;
    });
    return this.#look;
  }

  async #watch(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#deps.clock.sleep(POLL_MS, this.#stop.signal);
      if (!this.#stop.signal.aborted) await this.#lookPatiently();
    }
  }

  async #lookPatiently(): Promise<void> {
    const patience = new AbortController();
    const looked = this.look()
      .catch((error: unknown) =>
        log.error("The storage can't be looked at: {error}", { error: errorText(error) }),
      )
      .finally(() => patience.abort());
    const stopped = AbortSignal.any([patience.signal, this.#stop.signal]);
    await Promise.race([looked, this.#deps.clock.sleep(ANSWER_MS, stopped)]);
    // What is read in takes as long as it takes.
    if (this.#isIndexing && !this.#stop.signal.aborted) await looked;
    else if (!stopped.aborted) this.#doesNotAnswer();
  }

  #doesNotAnswer(): void {
    const gone = [...this.#present.keys()];
    this.#present.clear();
    this.#set({ missing: this.#missing("does not answer; is the disk or the network storage alive?") });
    for (const id of gone) this.#tell(id);
  }

  async #lookOnce(): Promise<void> {
    const { index, state, storagePath } = this.#deps;
    const [indexRows, stateRows] = [index.roots(), state.roots()];
    const indexed = new Set(indexRows.map(({ id }) => id));
    const kept = new Set(stateRows.map(({ id }) => id));
    const known = new Map([...indexRows, ...stateRows].map((root) => [root.id, root]));
    const found = new Map<string, Present>();
    let current: { id: string } | { missing: RunEnd };
    try {
      current = await this.#identify(storagePath, { known, kept }, found);
    } catch (error) {
      current = { missing: this.#missingBy(error) };
    }
    for (const root of known.values()) await this.#lookAtFormer(root, found);
    this.#unreadPath = [...known.values()].find(({ id }) => !indexed.has(id) && !found.has(id))?.path;
    for (const [id, { path }] of found) {
      if (indexed.has(id)) continue;
      try {
        await this.#readIn(known.get(id)!, path);
      } catch (error) {
        found.delete(id);
        log.error("The footage at {path} can't be read in: {error}", { path, error: errorText(error) });
        if ("id" in current && current.id === id) current = { missing: this.#missing(errorText(error)) };
      }
    }
    this.#take(found, current);
  }

  /** What is at the configured path: a known root, one to be adopted, or nothing to record to. */
  async #identify(
    path: string,
    { known, kept }: { known: Map<string, RootRow>; kept: ReadonlySet<string> },
    found: Map<string, Present>,
  ): Promise<{ id: string } | { missing: RunEnd }> {
    const { clock, files, state, unmountedPoint } = this.#deps;
    const point = unmountedPoint(path);
    if (point !== undefined)
      return {
        missing: this.#missing(`is not mounted: nothing is mounted at ${point}. Run: mount ${point}`),
      };
    const file = await readRootFile(files, path);
    let id = file?.id;
    if (id === undefined && known.size === 0) {
      id = newId();
      await writeRootId(files, path, id);
      log.info("New storage at {path}", { path });
    } else if (id !== undefined && known.size === 0) {
      // Footage without any database: both were lost.
      holdLimits(this.#deps);
    } else if (id === undefined || !known.has(id)) return { missing: this.#wrongDisk(path, id, known) };
    const before = known.get(id);
    const row: RootRow = { id, path, adoptedMs: before?.adoptedMs ?? clock.nowMs() };
    if (!before || before.path !== path || !kept.has(id)) {
      state.setRoot(row);
      if (this.#deps.index.roots().some((root) => root.id === id)) this.#deps.index.setRoot(row);
      known.set(id, row);
    }
    const device = file?.device ?? (await files.stat(path))?.device;
    if (device === undefined) return { missing: this.#missing("went away") };
    found.set(id, { path, device });
    return { id };
  }

  /** A root of an earlier configuration is read from where it was last. */
  async #lookAtFormer(root: RootRow, found: Map<string, Present>): Promise<void> {
    if (found.has(root.id) || root.path === this.#deps.storagePath) return;
    try {
      const file = await readRootFile(this.#deps.files, root.path);
      if (file?.id === root.id) found.set(root.id, { path: root.path, device: file.device });
    } catch (error) {
      log.debug("{path} can't be read: {error}", { path: root.path, error: errorText(error) });
    }
  }

  async #readIn(root: RootRow, path: string): Promise<void> {
    this.#isIndexing = true;
    try {
      await this.#deps.indexRoot({ id: root.id, path });
      this.#deps.index.setRoot({ ...root, path });
    } finally {
      this.#isIndexing = false;
    }
  }

  #take(found: Map<string, Present>, current: { id: string } | { missing: RunEnd }): void {
    const before = new Map(this.#present);
    this.#present.clear();
    for (const [id, present] of found) this.#present.set(id, present);
    this.#set("missing" in current ? current : { id: current.id, path: found.get(current.id)!.path });
    for (const id of new Set([...before.keys(), ...found.keys()])) {
      const [was, is] = [before.get(id), found.get(id)];
      // Another device under the same id: it was unmounted and mounted again between two looks.
      if (was?.path !== is?.path || was?.device !== is?.device) this.#tell(id);
    }
  }

  #set(current: { id: string; path: string } | { missing: RunEnd }): void {
    const before = this.#current;
    this.#current = current;
    if (!("missing" in current)) this.#awaySinceMs = undefined;
    else if (!("missing" in before)) this.#awaySinceMs = this.#deps.clock.nowMs();
    if ("missing" in current && (!("missing" in before) || before.missing.detail !== current.missing.detail))
      log.error("Nothing can be recorded: {detail}", { detail: current.missing.detail });
    else if (!("missing" in current) && "missing" in before)
      log.info("Footage goes to {path}", { path: current.path });
  }

  #tell(id: string): void {
    for (const listener of this.#listeners) listener(id);
  }

  #missing(detail: string): RunEnd {
    return { reason: "disk-missing", detail: `${this.#deps.storagePath}: ${detail}` };
  }

  /** Messages of our own name the path themselves. */
  #missingBy(error: unknown): RunEnd {
    return error instanceof NightjarError
      ? { reason: "disk-missing", detail: error.message }
      : this.#missing(errorText(error));
  }

  #wrongDisk(path: string, id: string | undefined, known: Map<string, RootRow>): RunEnd {
    const usual = [...known.values()].map((root) => root.path).join(", ");
    const what =
      id === undefined
        ? `this is not the storage that was used before (${usual}): no ${join(path, ".nightjar-storage.json")} is there`
        : `another storage is there (id ${id}) than the one that was used before (${usual})`;
    return this.#missing(
      `${what}. Mount the right disk; or, to record here from now on, run: nightjar storage add ${path}`,
    );
  }
}
