import type { IndexDatabase } from "../../db/index/index-database.ts";
import type { CounterRow, RunRow } from "../../db/index/rows.ts";
import type { RunEnd } from "../../media/reasons.ts";
import type { JournalGap } from "../journal/journal.ts";
import { LiveChannel } from "../live/live-channel.ts";
import type { OpenRun } from "./open-run.ts";

/** Most reasons that one outage is told with. */
const MAX_REASONS = 20;

type Cause = RunEnd & { sinceMs: number };

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/**
 * What a channel counts on through all its runs: media time, media sequence, discontinuities, timelines; and why
 * nothing has been recorded since its newest footage.
 */
export class ChannelWriter {
  readonly id: string;
  #counter: CounterRow;
  #lastRun: Pick<RunRow, "id" | "init" | "format" | "timeline" | "unsure" | "bootId"> | undefined;
  /** Why there is no footage now: since the end of the newest, and each time the reason changed. */
  #causes: Cause[] = [];
  /** The run that is being recorded. */
  run: OpenRun<unknown> | undefined;
  /** The newest footage in parts. */
  readonly live = new LiveChannel();
  /** Settles when the run before it has written its last. */
  former: Promise<void> = Promise.resolve();

  private constructor(counter: CounterRow) {
    this.id = counter.channel;
    this.#counter = counter;
  }

  /**
   * Takes up a channel where it stood, or where a former id (`was`) of it did, whichever has the newest footage. No
   * number of either is used again.
   * @param writerOf what was recorded since the start has a writer, which knows more than the index
   */
  static load(
    index: IndexDatabase,
    id: string,
    was: readonly string[],
    writerOf: (id: string) => ChannelWriter | undefined = () => undefined,
  ): ChannelWriter {
    const stored = (each: string): ChannelWriter[] => {
      const counter = index.counter(each);
      return counter ? [ChannelWriter.#stored(index, counter)] : [];
    };
    const known = [id, ...was].flatMap((each) => writerOf(each) ?? stored(each));
    const newest = known.toSorted((a, b) => b.newestEndMs - a.newestEndMs)[0];
    if (newest === undefined) {
      const numbers = { nextMediaSequence: 0, discontinuitySequence: 0, timeline: 0, nextTicks: 0 };
      return ChannelWriter.#stored(index, { channel: id, ...numbers, newestEndMs: 0 });
    }
    if (known.length === 1 && newest.id === id) return newest;
    const most = (of: (counter: CounterRow) => number): number =>
      Math.max(...known.map((each) => of(each.#counter)));
    const channel = new ChannelWriter({
      channel: id,
      nextMediaSequence: most((counter) => counter.nextMediaSequence),
      discontinuitySequence: most((counter) => counter.discontinuitySequence),
      timeline: most((counter) => counter.timeline),
      nextTicks: most((counter) => counter.nextTicks),
      newestEndMs: newest.newestEndMs,
    });
    const { timeline, nextTicks } = newest.#counter;
    const goesOn = timeline === channel.#counter.timeline && nextTicks === channel.#counter.nextTicks;
    if (goesOn) channel.#lastRun = newest.#lastRun;
    channel.#causes = [...newest.#causes];
    channel.former = Promise.all(known.map((each) => each.former)).then(() => undefined);
    return channel;
  }

  static #stored(index: IndexDatabase, counter: CounterRow): ChannelWriter {
    const channel = new ChannelWriter(counter);
    const run = index.newestRun(counter.channel);
    channel.#lastRun = run;
    if (run?.endReason && run.endMs !== null)
      channel.#causes = [
        { reason: run.endReason, detail: run.endDetail ?? "", sinceMs: channel.newestEndMs },
      ];
    return channel;
  }

  get counter(): CounterRow {
    return { ...this.#counter };
  }

  /** End of the newest footage, ms UTC; 0 before any. */
  get newestEndMs(): number {
    return this.#counter.newestEndMs;
  }

  /** Init of the newest run, if our own writer made its segments. */
  get lastInit(): Uint8Array | undefined {
    return this.#lastRun?.format === "nightjar" ? this.#lastRun.init : undefined;
  }

  /** Why nothing is recorded now; `undefined` while footage arrives or before anything happened. */
  get outage(): Cause | undefined {
    const last = this.#causes.at(-1);
    const [first] = this.#causes;
    return last && first && { ...last, sinceMs: first.sinceMs };
  }

  /**
   * The first segment of a run is about to be stored: gives the run its timeline. An init like the last one's
   * goes on with its timeline; another one, other kinds of segments, and what is no continuation on the source's clock
   * begin a new one, with a discontinuity.
   */
  beginRun(
    run: Pick<RunRow, "id" | "init" | "format" | "unsure" | "bootId">,
    isContinuation: boolean,
  ): number {
    const last = this.#lastRun;
    const goesOn = isContinuation && last?.format === run.format && sameBytes(last.init, run.init);
    if (!goesOn) {
      if (this.#counter.timeline > 0) this.#counter.discontinuitySequence += 1;
      this.#counter.timeline += 1;
    }
    const { id, init, format, unsure, bootId } = run;
    this.#lastRun = { id, init, format, unsure, bootId, timeline: this.#counter.timeline };
    return this.#counter.timeline;
  }

  /**
   * The spans without footage up to `startMs`, each with its reason. Before an unsure run there is always one,
   * perhaps without a length: it gets its true one when the run is dated anew.
   */
  gapsUntil(startMs: number, isUnsure: boolean): JournalGap[] {
    const fromMs = this.newestEndMs;
    if (fromMs === 0 || (startMs <= fromMs && !isUnsure)) return [];
    const causes =
      this.#causes.length > 0
        ? this.#causes
        : [{ reason: "interrupted" as const, detail: "", sinceMs: fromMs }];
    const bounds = causes.map((cause, i) =>
      i === 0 ? fromMs : Math.min(startMs, Math.max(fromMs, cause.sinceMs)),
    );
    for (let i = 1; i < bounds.length; i += 1) bounds[i] = Math.max(bounds[i]!, bounds[i - 1]!);
    return causes
      .map(({ reason, detail }, i) => ({
        startMs: bounds[i]!,
        endMs: bounds[i + 1] ?? startMs,
        reason,
        detail,
      }))
      .filter((gap, i) => gap.endMs > gap.startMs || (isUnsure && i === 0));
  }

  /** A segment of the current run was stored; it ends at `endTicks` of channel-wide media time. */
  stored(endTicks: number, endMs: number): void {
    this.#counter.nextMediaSequence += 1;
    this.#counter.nextTicks = endTicks;
    this.#counter.newestEndMs = endMs;
    this.#causes = [];
  }

  /**
   * Segments behind `endMs` that had been listed are lost, or not there for now: what follows does not begin where
   * the listed ones ended.
   */
  lost(endMs: number): void {
    this.#counter.discontinuitySequence += 1;
    this.#counter.newestEndMs = endMs;
  }

  /** A run ended, or could not begin. */
  noteEnd(end: RunEnd, nowMs: number): void {
    const last = this.#causes.at(-1);
    if (last?.reason === end.reason || this.#causes.length >= MAX_REASONS) return;
    const sinceMs = last ? nowMs : this.newestEndMs || nowMs;
    this.#causes.push({ reason: end.reason, detail: end.detail, sinceMs });
  }

  /** The newest footage was dated anew. */
  redated(runId: string, deltaMs: number): void {
    if (this.#lastRun?.id !== runId) return;
    this.#lastRun = { ...this.#lastRun, unsure: false };
    this.#counter.newestEndMs += deltaMs;
    const [first] = this.#causes;
    if (first) this.#causes[0] = { ...first, sinceMs: this.#counter.newestEndMs };
  }

  /** Takes over what recovery found, unless newer footage was stored since. */
  recovered(counter: CounterRow, lastRun: RunRow | undefined): void {
    if (this.run?.row || this.#counter.nextMediaSequence > counter.nextMediaSequence) return;
    this.#counter = counter;
    this.#lastRun = lastRun ?? this.#lastRun;
  }
}
