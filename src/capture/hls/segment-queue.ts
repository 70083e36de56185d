import type { Clock } from "../../platform/clock.ts";
import { FetchFailure, fetchFailureOf, UnsupportedSource } from "./fetch-failure.ts";
import type { Loaded, LoadOptions } from "./loader.ts";
import type { Entry } from "./window.ts";

/** What comes out, in the order of the source's list: a segment, or that some are lost. */
export type Arrived =
  | { kind: "segment"; entry: Entry; loaded: Loaded }
  | { kind: "lost"; count: number; seconds: number; detail: string; failure?: FetchFailure };

type Loading = {
  kind: "loading";
  entry: Entry;
  state: "waiting" | "running" | "done";
  loaded?: Loaded | undefined;
  heldBytes: number;
  /** What it took before it had to give way to the one in front. */
  neededBytes: number;
  tries: number;
  firstTryMs?: number;
  notBeforeMs: number;
  isListed: boolean;
  abort?: AbortController;
};
type Item = Loading | (Arrived & { kind: "lost" });

const MAX_RUNNING = 4;
/** Beyond the segment in front, which is always fetched. */
const MAX_AHEAD_BYTES = 32 * 1024 * 1024;
const RETRY_MS = { first: 250, most: 4000 };
/** A segment that is listed for hours is not tried for hours. */
const GIVE_UP_MS = 60_000;

const CANCELLED = new FetchFailure("cancelled", "it gave way");

/**
 * Fetches segments, several at a time, and hands them on in order. What fails is tried again while the source lists it.
 * What waits behind the segment in front is bounded: beyond 32 MB the others give way and are fetched again later.
 */
export class SegmentQueue {
  readonly #items: Item[] = [];
  #running = 0;
  #wake = Promise.withResolvers<void>();
  #unsupported: UnsupportedSource | undefined;
  /** Monotonic; when bytes came last. */
  lastByteMs = 0;

  constructor(
    private readonly load: (entry: Entry, options: LoadOptions) => Promise<Loaded>,
    private readonly clock: Clock,
    private readonly signal: AbortSignal,
  ) {
    signal.addEventListener("abort", () => this.#notify(), { once: true });
  }

  /** @param known segments that have been fetched already */
  offer(entries: readonly Entry[], known: ReadonlyMap<Entry, Loaded> = new Map()): void {
    for (const entry of entries) {
      const loaded = known.get(entry);
      if (entry.isGap) {
        this.lose(1, entry.durationSeconds, "the source marks a segment as missing (EXT-X-GAP)");
        continue;
      }
      this.#items.push({
        kind: "loading",
        entry,
        state: loaded === undefined ? "waiting" : "done",
        loaded,
        heldBytes: loaded?.bytes.length ?? 0,
        neededBytes: 0,
        tries: 0,
        notBeforeMs: 0,
        isListed: true,
      });
    }
    this.#pump();
    this.#notify();
  }

  /** Tells of segments that can't be fetched any more, at this place of the order. */
  lose(count: number, seconds: number, detail: string): void {
    this.#items.push({ kind: "lost", count, seconds, detail });
    this.#notify();
  }

  /** The source lists only these any more: what is missing then, is tried once and not again. */
  expire(isListed: (entry: Entry) => boolean): void {
    for (const item of this.#items) if (item.kind === "loading") item.isListed &&= isListed(item.entry);
  }

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  /**
   * The next in order, once it is there; `undefined` when the signal is aborted.
   * @throws UnsupportedSource
   */
  async next(): Promise<Arrived | undefined> {
    for (;;) {
      if (this.signal.aborted) return undefined;
      if (this.#unsupported) throw this.#unsupported;
      const [front] = this.#items;
      if (front?.kind === "lost") {
        this.#items.shift();
        this.#pump();
        return front;
      }
      if (front?.state === "done" && front.loaded !== undefined) {
        this.#items.shift();
        this.#pump();
        return { kind: "segment", entry: front.entry, loaded: front.loaded };
      }
      await this.#wake.promise;
    }
  }

  #notify(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers<void>();
  }

  #heldBehind(): number {
    return this.#items
      .slice(1)
      .reduce((sum, item) => sum + (item.kind === "loading" ? item.heldBytes : 0), 0);
  }

  /** Starts what may be started now. */
  #pump(): void {
    if (this.signal.aborted || this.#unsupported !== undefined) return;
    const nowMs = this.clock.monotonicMs();
    let aheadBytes = this.#heldBehind();
    for (const [index, item] of this.#items.entries()) {
      if (item.kind === "lost" || item.state !== "waiting" || item.notBeforeMs > nowMs) continue;
      const isFront = index === 0;
      if (this.#running >= MAX_RUNNING && !isFront) break;
      if (!isFront && aheadBytes + item.neededBytes >= MAX_AHEAD_BYTES) break;
      aheadBytes += item.neededBytes;
      void this.#fetch(item);
    }
  }

  async #fetch(item: Loading): Promise<void> {
    item.state = "running";
    item.firstTryMs ??= this.clock.monotonicMs();
    item.abort = new AbortController();
    this.#running += 1;
    const signal = AbortSignal.any([this.signal, item.abort.signal]);
    try {
      item.loaded = await this.load(item.entry, { signal, onBytes: (count) => this.#took(item, count) });
      item.heldBytes = item.loaded.bytes.length;
      item.state = "done";
    } catch (error) {
      item.heldBytes = 0;
      item.state = "waiting";
      if (error instanceof UnsupportedSource) this.#unsupported = error;
      else if (!item.abort.signal.aborted) this.#failed(item, error);
    } finally {
      this.#running -= 1;
    }
    this.#notify();
    this.#pump();
  }

  #took(item: Loading, count: number): void {
    item.heldBytes += count;
    this.lastByteMs = this.clock.monotonicMs();
    if (item === this.#items[0] || this.#heldBehind() <= MAX_AHEAD_BYTES) return;
    item.neededBytes = item.heldBytes;
    item.abort?.abort(CANCELLED);
  }

  #failed(item: Loading, error: unknown): void {
    if (this.signal.aborted) return;
    item.tries += 1;
    const failure = fetchFailureOf(error, new URL(item.entry.url, "http://invalid/").hostname);
    const nowMs = this.clock.monotonicMs();
    const triedMs = nowMs - (item.firstTryMs ?? nowMs);
    if (!item.isListed || triedMs > GIVE_UP_MS) {
      const detail = `a segment could not be fetched: ${failure.message}`;
      const at = this.#items.indexOf(item);
      this.#items[at] = { kind: "lost", count: 1, seconds: item.entry.durationSeconds, detail, failure };
      return;
    }
    const waitMs = Math.min(RETRY_MS.most, RETRY_MS.first * 2 ** (item.tries - 1));
    item.notBeforeMs = nowMs + waitMs;
    void this.clock.sleep(waitMs, this.signal).then(() => this.#pump());
  }
}
