import type { Clock } from "../../platform/clock.ts";
import { errorText } from "../../platform/errors.ts";
import type { KeptSink, SourceEnd } from "../source.ts";
import { endOfError } from "./ends.ts";
import { FetchFailure } from "./fetch-failure.ts";
import { findPlace } from "./find-place.ts";
import { bodyBuffers } from "./lent-buffers.ts";
import { KeptRuns, usualPauseMs } from "./kept-runs.ts";
import type { SegmentLoader } from "./loader.ts";
import type { ReadMedia } from "./media-reader.ts";
import type { PlaylistReader } from "./playlist-reader.ts";
import { SegmentQueue, type Arrived } from "./segment-queue.ts";
import { pollMs, retryMs, WindowTracker, type Listing } from "./window.ts";

export type SessionOptions = {
  reader: Pick<PlaylistReader, "read">;
  loader: SegmentLoader;
  media: ReadMedia;
  sink: KeptSink;
  clock: Clock;
  signal: AbortSignal;
};

/** So many segments that are stored are looked for in a window. */
const MAX_TAIL = 2000;
/** Wrong passwords lock accounts: they are not tried through a whole stall. */
const MAX_REFUSALS = 2;
/** A segment that comes slowly is waited for, but no longer than this. */
const SLOW_MS = 45_000;
/** After so many segments that can't be used, and none that can, it is given up. */
const MAX_UNUSABLE = 3;
const WATCH_MS = 500;

/**
 * Pulls one source from its first list until it ends: asks for its list, has the segments fetched, and hands them on.
 * Only what is lasting ends it; a source that is away for a moment is waited for.
 */
export class PullSession {
  readonly #over = new AbortController();
  readonly #signal: AbortSignal;
  readonly #queue: SegmentQueue;
  readonly #runs: KeptRuns;
  readonly #tracker = new WindowTracker();
  #listing: Listing;
  #end: SourceEnd | undefined;
  /** Monotonic. */
  #lastKeptMs: number;
  #hasKept = false;
  #unusable = 0;
  /** Why the newest list or segment could not be had; forgotten when one could. */
  #trouble: SourceEnd | undefined;
  #isTaking = false;
  /** Its list has come to its end, and all of it is recorded. */
  isFinished = false;

  constructor(
    private readonly options: SessionOptions,
    first: Listing,
  ) {
    const { clock, loader, sink, signal } = options;
    this.#listing = first;
    this.#signal = AbortSignal.any([signal, this.#over.signal]);
    this.#queue = new SegmentQueue((entry, how) => loader.load(entry, how), clock, this.#signal);
    this.#runs = new KeptRuns({ sink, targetSeconds: () => this.#listing.targetSeconds });
    this.#lastKeptMs = clock.monotonicMs();
    loader.targetSeconds = first.targetSeconds;
  }

  /** Resolves with the reason why it ended; with that of an aborted signal it is the caller's to say. */
  async run(): Promise<SourceEnd> {
    const ended = (error: unknown) => this.#conclude(endOfError(error));
    await Promise.all([this.#poll().catch(ended), this.#take().catch(ended), this.#watch().catch(ended)]);
    return this.#end ?? { reason: "stopped", detail: "", retry: "later" };
  }

  /** The newest list. */
  get listing(): Listing {
    return this.#listing;
  }

  #conclude(end: SourceEnd): void {
    this.#end ??= end;
    this.#over.abort();
  }

  /** Asks for the list at the pace of RFC 8216 6.3.4. */
  async #poll(): Promise<void> {
    const { clock, reader } = this.options;
    let askedMs = clock.monotonicMs();
    await this.#attach(this.#listing);
    let waitMs = pollMs(this.#listing, true);
    let failures = 0;
    let refusals = 0;
    while (!this.#signal.aborted) {
      if (this.#listing.isEnded) return await this.#finish();
      await clock.sleep(Math.max(0, askedMs + waitMs - clock.monotonicMs()), this.#signal);
      if (this.#signal.aborted) return;
      askedMs = clock.monotonicMs();
      try {
        const read = await reader.read(this.#signal);
        if (read.kind === "separate-sound") {
          return this.#conclude({
            reason: "init-changed",
            detail: "its sound is separate now",
            retry: "now",
          });
        }
        [failures, refusals] = [0, 0];
        waitMs = pollMs(read.listing, await this.#follow(read.listing));
      } catch (error) {
        if (this.#signal.aborted) return;
        const end = endOfError(error);
        this.#trouble = end;
        failures += 1;
        refusals = end.reason === "source-auth" ? refusals + 1 : 0;
        if (refusals >= MAX_REFUSALS || end.reason === "source-unsupported") return this.#conclude(end);
        waitMs = retryMs(this.#listing, failures);
      }
    }
  }

  /** @returns whether the list had changed */
  async #follow(listing: Listing): Promise<boolean> {
    const step = this.#tracker.take(listing, this.options.clock.monotonicMs());
    if (step.kind === "same") {
      // The end of a list may be told after its last segment.
      if (listing.isEnded) this.#listing = listing;
      return false;
    }
    const isListed = new Set(listing.entries.map(({ sequence }) => sequence));
    this.#queue.expire(({ sequence }) => step.kind === "grown" && isListed.has(sequence));
    if (step.kind === "reset") {
      await this.#drained();
      this.options.loader.forget();
      await this.#attach(listing);
      return true;
    }
    this.#setListing(listing);
    if (step.missed > 0) {
      const seconds = step.missed * listing.targetSeconds;
      this.#queue.lose(step.missed, seconds, `${step.missed} segments went by before they could be fetched`);
    }
    this.#queue.offer(step.fresh);
    return true;
  }

  #setListing(listing: Listing): void {
    this.#listing = listing;
    this.options.loader.targetSeconds = listing.targetSeconds;
  }

  /** Takes up a list of which nothing is known: what of it is stored, the archive knows. */
  async #attach(listing: Listing): Promise<void> {
    const { sink, loader, media } = this.options;
    this.#setListing(listing);
    const { entries } = listing;
    const tail = await sink.keptTail(Math.min(MAX_TAIL, entries.length + 1));
    const { skip, known, found } = await findPlace(entries, tail, async (entry) => {
      try {
        this.#lastKeptMs = this.options.clock.monotonicMs();
        return await loader.load(entry, { signal: this.#signal });
      } catch (error) {
        if (!(error instanceof FetchFailure) || error.kind === "cancelled") throw error;
        return undefined;
      }
    });
    // An old state of the list, as some caches give it: all of it is stored, and more.
    if (found?.isNewest === false && skip === entries.length) return;
    const newest = tail.at(-1);
    const floorMs = newest && newest.startMs + newest.durationTicks / 90;
    if (found?.isNewest === true && floorMs !== undefined) {
      const { parameters, sourceTicks, durationTicks } = media(found.loaded, this.#runs.parameters);
      const clock = { ticks: sourceTicks + durationTicks, format: parameters.format };
      this.#runs.resume({ clock, endMs: floorMs });
    } else this.#runs.resume(floorMs === undefined ? {} : { floorMs });
    this.#tracker.attach(listing);
    this.#queue.offer(entries.slice(skip), known);
  }

  /** All that was listed is recorded or lost. */
  async #drained(): Promise<void> {
    while ((!this.#queue.isEmpty || this.#isTaking) && !this.#signal.aborted) {
      await this.options.clock.sleep(WATCH_MS / 5, this.#signal);
    }
  }

  async #finish(): Promise<void> {
    await this.#drained();
    if (this.#signal.aborted) return;
    this.isFinished = true;
    const detail = "its playlist has come to its end (EXT-X-ENDLIST)";
    this.#conclude({ reason: "source-stalled", detail, retry: "rarely" });
  }

  async #take(): Promise<void> {
    for (;;) {
      const arrived = await this.#queue.next();
      if (arrived === undefined) return;
      this.#isTaking = true;
      if (arrived.kind === "lost") {
        if (arrived.failure) this.#trouble = endOfError(arrived.failure);
        await this.#runs.lose(arrived.seconds, arrived.detail);
      } else await this.#keep(arrived).finally(() => bodyBuffers.giveBack(arrived.loaded.bytes));
      this.#isTaking = false;
    }
  }

  async #keep({ entry, loaded }: Extract<Arrived, { kind: "segment" }>): Promise<void> {
    const { clock, media } = this.options;
    let facts;
    try {
      facts = media(loaded, this.#runs.parameters);
    } catch (error) {
      this.#unusable += 1;
      const detail = errorText(error);
      this.#trouble = { reason: "source-unsupported", detail, retry: "later" };
      if (!this.#hasKept && this.#unusable >= MAX_UNUSABLE) return this.#conclude(this.#trouble);
      return await this.#runs.lose(entry.durationSeconds, `a segment could not be used: ${detail}`);
    }
    await this.#runs.take(entry, loaded.bytes, facts);
    this.#hasKept = true;
    this.#trouble = undefined;
    this.#lastKeptMs = clock.monotonicMs();
  }

  /** Ends it when nothing came for too long. Time in which this program itself stood still does not count. */
  async #watch(): Promise<void> {
    const { clock } = this.options;
    let beforeMs = clock.monotonicMs();
    while (!this.#signal.aborted) {
      await clock.sleep(WATCH_MS, this.#signal);
      const nowMs = clock.monotonicMs();
      const lateMs = nowMs - beforeMs - WATCH_MS;
      beforeMs = nowMs;
      if (lateMs > WATCH_MS) this.#lastKeptMs += lateMs;
      const isComing = !this.#queue.isEmpty && nowMs - this.#queue.lastByteMs < WATCH_MS * 4;
      const silentMs = nowMs - this.#lastKeptMs - (isComing ? SLOW_MS : 0);
      const limitMs = usualPauseMs(this.#listing.targetSeconds);
      if (silentMs < limitMs || this.#isTaking) continue;
      const detail = `no new segment for ${Math.round((nowMs - this.#lastKeptMs) / 1000)} s`;
      this.#conclude(this.#trouble ?? { reason: "source-stalled", detail, retry: "later" });
    }
  }
}
