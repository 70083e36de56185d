import type { NotifyConfig } from "../config/notify.ts";
import type { NotificationTable } from "../db/state/notification-table.ts";
import type { Clock } from "../platform/clock.ts";
import { dailySpanEndMs } from "../platform/daily-span.ts";
import { errorText } from "../platform/errors.ts";
import { logOf } from "../platform/log.ts";
import { messageOf, type Wording } from "./message.ts";
import { noticeSchema, type Notice } from "./notice.ts";
import type { Post } from "./post.ts";

const log = logOf("notify");

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
/** Pauses between tries; after the last one a message is given up. Together four hours and a quarter. */
const PAUSES_MS = [
  10 * SECOND_MS,
  30 * SECOND_MS,
  ...[1, 2, 5, 10, 20, 40, 60, 120].map((m) => m * MINUTE_MS),
];
/** No wait is longer, whatever became of the wall clock meanwhile. */
const MAX_WAIT_MS = 24 * 60 * MINUTE_MS;
/** Messages that wait for one receiver; beyond it the oldest are dropped. */
const MAX_WAITING = 200;

type Item = {
  notice: Notice;
  /** Its row; `undefined` when it could not be stored. */
  id: number | undefined;
  isHeld: boolean;
  tries: number;
  /** Monotonic time from which on it may be sent. */
  dueMs: number;
};

export type DeliveryDeps = {
  /** Names the receiver in the database. */
  key: string;
  receiver: NotifyConfig;
  table: Pick<NotificationTable, "waiting" | "add" | "postpone" | "delete">;
  clock: Clock;
  wording: Wording;
  post: Post;
};

/**
 * Brings one receiver its messages, in order, each until it was taken, refused or tried often enough. A message may
 * come twice when the program ends between its being taken and that being stored.
 */
export class Delivery {
  readonly #deps: DeliveryDeps;
  readonly #queue: Item[] = [];
  readonly #stop = new AbortController();
  #wake = new AbortController();
  #done: Promise<void> = Promise.resolve();
  #hasFailed = false;

  constructor(deps: DeliveryDeps) {
    this.#deps = deps;
    const { clock, key, table } = deps;
    const rows = this.#stored("read", () => table.waiting(key)) ?? [];
    for (const row of rows) {
      const notice = noticeSchema.safeParse(parsed(row.notice)).data;
      const waitMs = Math.min(MAX_WAIT_MS, Math.max(0, row.nextTryMs - clock.nowMs()));
      if (notice) {
        const dueMs = clock.monotonicMs() + waitMs;
        this.#queue.push({ notice, id: row.id, isHeld: row.held, tries: row.tries, dueMs });
      }
    }
  }

  start(): void {
    this.#done = this.#run();
  }

  /** Ends with what is being sent; the rest waits for the next start. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake.abort();
    await this.#done;
  }

  /** Puts a message at the end of the line. */
  push(notice: Notice): void {
    const { clock, key, receiver, table, wording } = this.#deps;
    const nowMs = clock.nowMs();
    const endMs = receiver.quiet && dailySpanEndMs(receiver.quiet, nowMs, wording.zone);
    const row = {
      receiver: key,
      notice: JSON.stringify(notice),
      held: endMs !== undefined,
      tries: 0,
      nextTryMs: endMs ?? nowMs,
    };
    const id = this.#stored("stored", () => table.add(row));
    const dueMs = clock.monotonicMs() + Math.min(MAX_WAIT_MS, row.nextTryMs - nowMs);
    this.#queue.push({ notice, id, isHeld: row.held, tries: 0, dueMs });
    if (this.#queue.length > MAX_WAITING) {
      log.warn("Too many messages wait for {receiver}; the oldest is dropped", this.#names());
      this.#forget(this.#queue.slice(0, 1));
    }
    this.#wake.abort();
  }

  async #run(): Promise<void> {
    const { clock } = this.#deps;
    while (!this.#stop.signal.aborted) {
      this.#wake = new AbortController();
      const head = this.#queue[0];
      const waitMs = head ? head.dueMs - clock.monotonicMs() : MAX_WAIT_MS;
      if (head && waitMs <= 0) await this.#send(head);
      else await clock.sleep(waitMs, this.#wake.signal);
    }
  }

  /** Sends the first message, with those that waited through the same quiet time. */
  async #send(head: Item): Promise<void> {
    const { clock, receiver, wording, post } = this.#deps;
    const end = head.isHeld ? this.#queue.findIndex(({ isHeld }) => !isHeld) : 1;
    const batch = this.#queue.slice(0, end < 0 ? this.#queue.length : end);
    const message = messageOf(
      receiver,
      batch.map(({ notice }) => notice),
      wording,
      clock.nowMs(),
    );
    const posted = await post(receiver, message, this.#stop.signal);
    if (this.#stop.signal.aborted && posted.kind === "failed") return;
    if (posted.kind === "failed") return this.#postpone(batch, posted.why, posted.retryAfterMs);
    if (posted.kind === "refused") {
      log.error("{receiver} refuses a message: {why}", { ...this.#names(), why: posted.why });
    } else if (this.#hasFailed) {
      log.info("{receiver} takes messages again", this.#names());
      this.#hasFailed = false;
    }
    this.#forget(batch);
  }

  #postpone(batch: readonly Item[], why: string, askedMs: number | undefined): void {
    const { clock, table } = this.#deps;
    const tries = (batch[0]?.tries ?? 0) + 1;
    const pauseMs = PAUSES_MS[tries - 1];
    if (!this.#hasFailed) log.warn("{receiver} can't be told: {why}", { ...this.#names(), why });
    this.#hasFailed = true;
    if (pauseMs === undefined) {
      log.error("{receiver} could not be told in {tries} tries: {why}", { ...this.#names(), tries, why });
      this.#forget(batch);
      return;
    }
    const waitMs = Math.max(pauseMs, askedMs ?? 0);
    for (const item of batch) {
      item.tries = tries;
      item.dueMs = clock.monotonicMs() + waitMs;
      const { id } = item;
      if (id !== undefined) this.#stored("stored", () => table.postpone(id, tries, clock.nowMs() + waitMs));
    }
  }

  /** Takes messages out of the line. */
  #forget(items: readonly Item[]): void {
    for (const item of items) {
      const place = this.#queue.indexOf(item);
      if (place >= 0) this.#queue.splice(place, 1);
    }
    const ids = items.flatMap(({ id }) => id ?? []);
    this.#stored("stored", () => this.#deps.table.delete(ids));
  }

  /** A database that fails, as on a full disk, must not keep anybody from being told of just that. */
  #stored<T>(verb: string, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      log.error("Messages can't be {verb}: {error}", { verb, error: errorText(error) });
      return undefined;
    }
  }

  #names(): { receiver: string } {
    return { receiver: this.#deps.receiver.url.shown };
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
