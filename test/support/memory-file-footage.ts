import { isAbsolute } from "node:path";
import type { FileFootage, FoundFile, KnownFile } from "../../src/archive/files/file-footage.ts";

/** What an archive knows of files, in memory. */
export class MemoryFileFootage implements FileFootage {
  readonly #channels = new Map<string, Map<string, Map<string, FoundFile>>>();
  /** Thrown by `putFile` while it is set. */
  failure: Error | undefined;
  settled: number | undefined;

  fileDates(channel: string): readonly string[] {
    return [...(this.#channels.get(channel) ?? [])]
      .filter(([, files]) => files.size > 0)
      .map(([date]) => date)
      .sort();
  }

  filesOf(channel: string, date: string): Promise<ReadonlyMap<string, KnownFile>> {
    const files = this.#channels.get(channel)?.get(date) ?? new Map<string, FoundFile>();
    return Promise.resolve(
      new Map([...files].map(([name, file]) => [name, { ...file, durationTicks: file.facts.durationTicks }])),
    );
  }

  putFile(channel: string, file: FoundFile): Promise<void> {
    if (this.failure) return Promise.reject(this.failure);
    const dates = this.#channels.get(channel) ?? new Map<string, Map<string, FoundFile>>();
    this.#channels.set(channel, dates);
    const files = dates.get(file.date) ?? new Map<string, FoundFile>();
    dates.set(file.date, files);
    files.set(file.name, file);
    return Promise.resolve();
  }

  dropFile(channel: string, date: string, name: string): Promise<void> {
    this.#channels.get(channel)?.get(date)?.delete(name);
    return Promise.resolve();
  }

  /** What begins before this is forgotten, ms UTC. */
  forgottenMs = -Infinity;

  isForgotten(_: string, startMs: number): boolean {
    return startMs < this.forgottenMs;
  }

  /** From when to when an aged day reaches, ms UTC. */
  aged = { fromMs: Infinity, toMs: Infinity };

  isAged(_: string, startMs: number): boolean {
    return startMs >= this.aged.fromMs && startMs < this.aged.toMs;
  }

  settledMs(): number | undefined {
    return this.settled;
  }

  /** All files of a channel, by wall time; names of watched folders without their folder. */
  all(channel: string): { name: string; startMs: number; seconds: number }[] {
    return [...(this.#channels.get(channel)?.values() ?? [])]
      .flatMap((files) => [...files.values()])
      .map(({ date, name, startMs, facts }) => ({
        name: `${date}/${isAbsolute(name) ? name.split("/").at(-1) : name}`,
        startMs,
        seconds: facts.durationTicks / 90_000,
      }))
      .sort((a, b) => a.startMs - b.startMs);
  }
}
