type Version = number | string;
type Entry<T> = { version: Version; value: T; size: number };

/**
 * Values by key, each good for one version of what it was made from. Those that were used longest ago go when all
 * together are larger than the limit.
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
    this.#entries.delete(key);
    this.#entries.set(key, known);
    return known.value;
  }

  /** Keeps a value in place of any other version's; returns it. */
  set(key: string, version: Version, value: T, size: number): T {
    this.delete(key);
    this.#entries.set(key, { version, value, size });
    this.#size += size;
    for (const oldest of this.#entries.keys()) {
      if (this.#size <= this.#limit) break;
      this.delete(oldest);
    }
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
