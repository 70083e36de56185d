import { errorText } from "../../platform/errors.ts";
import { logOf } from "../../platform/log.ts";
import { diskEnd } from "./disk-end.ts";
import type { RecordingWriter } from "./recording-writer.ts";
import type { WriteContext } from "./write-context.ts";
import type { RunEnd } from "../../media/reasons.ts";

const log = logOf("archive");

/** What the rounds of syncing have cost since the start. */
export type FlushFigures = {
  rounds: number;
  syncs: number;
  bytesWritten: number;
  lastMs: number;
  longestMs: number;
  /** For how long the present round has been going on; 0 between two. */
  presentMs: number;
  /** What has come, and waits to be written. */
  waitingBytes: number;
};

export type FlusherEvents = {
  /** These may be closed in the index. */
  closable: (recordings: readonly RecordingWriter[]) => Promise<void>;
  /** A sync of this recording failed; it is abandoned, and its run has to end. */
  failed: (recording: RecordingWriter, end: RunEnd) => void;
};

/**
 * Makes what has been written durable, for all open recordings at once: one round every `flushMs`. Rounds never
 * overlap; a round that is asked for while one is under way begins right after it.
 */
export class Flusher {
  readonly #context: WriteContext;
  readonly #events: FlusherEvents;
  #current: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #rounds = 0;
  #startMs: number | undefined;
  #lastMs = 0;
  #longestMs = 0;

  constructor(context: WriteContext, events: FlusherEvents) {
    this.#context = context;
    this.#events = events;
  }

  get figures(): FlushFigures {
    const presentMs = this.#startMs === undefined ? 0 : this.#context.clock.monotonicMs() - this.#startMs;
    return {
      ...this.#context.figures,
      rounds: this.#rounds,
      lastMs: this.#lastMs,
      longestMs: this.#longestMs,
      presentMs,
    };
  }

  /** Resolves when everything that was written before the call is durable, or was given up. */
  flush(): Promise<void> {
    if (!this.#current) {
      this.#current = this.#round().finally(() => {
        this.#current = undefined;
        this.#startMs = undefined;
      });
      return this.#current;
    }
    this.#next ??= this.#current
      .catch(() => {})
      .then(() => {
        this.#next = undefined;
        return this.flush();
      });
    return this.#next;
  }

  async #round(): Promise<void> {
    const { clock, files, figures, open } = this.#context;
    const startMs = clock.monotonicMs();
    this.#startMs = startMs;
    const batch = [...open];
    const folders = new Map<string, Promise<void>>();
    const syncFolder = (path: string): Promise<void> => {
      let sync = folders.get(path);
      if (!sync) {
        figures.syncs += 1;
        sync = files.syncFolder(path);
        folders.set(path, sync);
      }
      return sync;
    };
    await Promise.all(batch.map((recording) => this.#sync(recording, syncFolder)));
    const closable = batch.filter((recording) => recording.isClosable && open.has(recording));
    if (closable.length > 0) await this.#events.closable(closable);
    this.#rounds += 1;
    this.#lastMs = clock.monotonicMs() - startMs;
    this.#longestMs = Math.max(this.#longestMs, this.#lastMs);
  }

  async #sync(recording: RecordingWriter, syncFolder: (path: string) => Promise<void>): Promise<void> {
    try {
      await recording.sync(syncFolder);
    } catch (error) {
      const { roots, open } = this.#context;
      const end = diskEnd(error, roots, recording.row.root);
      log.error("{path} could not be synced: {text}", { path: recording.mediaPath, text: errorText(error) });
      if (end.reason === "disk-missing") {
        await recording.leave();
        open.delete(recording);
      } else await recording.abandon(end);
      this.#events.failed(recording, end);
    }
  }
}
