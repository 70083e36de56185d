/** Work on one name at a time, on different names side by side. */
export class NameLocks {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Does the work when all that was begun before under the same key is over. */
  async with<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve();
    const done = before.then(work, work);
    this.#last.set(key, done);
    try {
      return await done;
    } finally {
      if (this.#last.get(key) === done) this.#last.delete(key);
    }
  }
}
