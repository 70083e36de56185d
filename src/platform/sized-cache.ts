type Version = number | string;
type Entry<T> = { version: Version; value: T; size: number; isUsed: boolean };

/**
 * Values by key, each good for one version of what it was made from. When all together are larger than the limit, the
 * oldest go that were not used since they came to their turn last (a second chance costs less than an order of use).
 */
export class SizedCache<T> {
  readonly #limit: number;
  readonly #entries = new Map<string, Entry<T>>();
  #size = 0;

  /** `limit`: of all sizes together, in whatever unit `set` is told. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: string, version: Version): T | undefined {
    const known = this.#entries.get(key);
    if (known?.version !== version) return undefined;
    known.isUsed = true;
    return known.value;
  }

  /** Keeps a value in place of any other version's; returns it. */
  set(key: string, version: Version, value: T, size: number): T {
    this.delete(key);
    const added = { version, value, size, isUsed: true };
    this.#entries.set(key, added);
    this.#size += size;
    for (const [oldest, entry] of this.#entries) {
      if (this.#size <= this.#limit) break;
      if (entry.isUsed) {
        entry.isUsed = false;
        this.#entries.delete(oldest);
        this.#entries.set(oldest, entry);
      } else this.delete(oldest);
    }
    added.isUsed = false;
    return value;
  }

  delete(key: string): void {
    const known = this.#entries.get(key);
    if (!known) return;
    this.#entries.delete(key);
    this.#size -= known.size;
  }

  clear(): void {
    this.#entries.clear();
    this.#size = 0;
  }
}
