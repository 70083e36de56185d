/** Those who wait for the end of a job. */
export class EndWaiters {
  readonly #waiting = new Map<number, Set<() => void>>();

  /** Resolves when the end of the job is told, or when `signal` is aborted. */
  wait(id: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const ofJob = this.#waiting.get(id) ?? new Set();
      this.#waiting.set(id, ofJob);
      const done = () => {
        ofJob.delete(done);
        if (ofJob.size === 0) this.#waiting.delete(id);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      ofJob.add(done);
      signal?.addEventListener("abort", done, { once: true });
    });
  }

  tell(id: number): void {
    for (const done of this.#waiting.get(id) ?? []) done();
  }

  /** Lets everybody go: nothing ends any more. */
  tellAll(): void {
    for (const id of this.#waiting.keys()) this.tell(id);
  }
}
