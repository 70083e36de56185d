import { type FSWatcher, watch } from "node:fs";
import { join } from "node:path";
import { logOf } from "../platform/log.ts";
import { errorText } from "../platform/errors.ts";
import { isDateFolder } from "./file-names.ts";

const log = logOf("uploads");

/** Days whose folders are watched; older ones are only looked at now and then. */
const WATCHED_DAYS = 3;

/** What the system said: something changed in a date's folder, and which name where it told. */
export type Hint = { date?: string; name?: string };

/**
 * Hears of changes in a folder of dates. The system may hear nothing (network storage) or lose some, so this only
 * hastens what is looked at anyway.
 */
export class FolderWatch {
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #onHint: (hint: Hint) => void;

  constructor(onHint: (hint: Hint) => void) {
    this.#onHint = onHint;
  }

  /** Watches a folder and its newest dates, and no others any more. */
  follow(root: string, datesNewestFirst: readonly string[]): void {
    const wanted = new Map<string, string | undefined>([[root, undefined]]);
    for (const date of datesNewestFirst.slice(0, WATCHED_DAYS)) wanted.set(join(root, date), date);
    for (const [path, watcher] of this.#watchers) {
      if (wanted.has(path)) continue;
      watcher.close();
      this.#watchers.delete(path);
    }
    for (const [path, date] of wanted) if (!this.#watchers.has(path)) this.#watch(path, date);
  }

  /** Whether any folder is heard of. */
  get isFollowing(): boolean {
    return this.#watchers.size > 0;
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #watch(path: string, date: string | undefined): void {
    try {
      const watcher = watch(path, { persistent: false }, (_, name) => {
        if (date !== undefined) this.#onHint({ date, ...(name === null ? {} : { name }) });
        else if (name === null || isDateFolder(name)) this.#onHint(name === null ? {} : { date: name });
      });
      watcher.on("error", () => this.#drop(path));
      this.#watchers.set(path, watcher);
    } catch (error) {
      log.debug("{path} can't be watched, it is looked at instead: {error}", {
        path,
        error: errorText(error),
      });
    }
  }

  #drop(path: string): void {
    this.#watchers.get(path)?.close();
    this.#watchers.delete(path);
  }
}
