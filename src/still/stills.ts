import { NightjarError } from "../platform/errors.ts";
import type { CodedPicture, DecodeOptions } from "./decode.ts";
import { DecoderSlots } from "./decoder-slots.ts";
import { ReadyDecoder } from "./ready-decoder.ts";

export type Jpeg = Uint8Array<ArrayBuffer>;

export type StillsOptions = {
  /** How many decoders may run at once. */
  decoders: number;
  decode?: ((picture: CodedPicture, options: DecodeOptions) => Promise<Jpeg>) | undefined;
  maxCachedBytes?: number | undefined;
  /** How many different pictures may wait for a decoder. */
  maxWaiting?: number | undefined;
  /** How long one asker waits, its turn in the line included. */
  patienceMs?: number | undefined;
};

export type StillRequest = {
  /** Names picture and size: equal keys are equal JPEGs. */
  key: string;
  read: () => Promise<CodedPicture>;
  widthPixels?: number | undefined;
  /** Aborted when the asker is gone. */
  signal: AbortSignal;
};

type Job = { jpeg: Promise<Jpeg>; askers: number; controller: AbortController };

const MAX_CACHED_BYTES = 16_000_000;
const MAX_WAITING = 64;
const PATIENCE_MS = 20_000;

const givenUp = (): NightjarError =>
  new NightjarError("unavailable", "The picture was not ready in time", {
    details: ["Many pictures are being asked for, or this machine is busy; ask again in a moment"],
  });

/** Makes JPEGs: each once for all who ask for it, few at a time, and none that nobody waits for any more. */
export class Stills {
  readonly #slots: DecoderSlots;
  readonly #decode: NonNullable<StillsOptions["decode"]>;
  readonly #maxCachedBytes: number;
  readonly #maxWaiting: number;
  readonly #patienceMs: number;
  readonly #jobs = new Map<string, Job>();
  /** The least recently used first. */
  readonly #cached = new Map<string, Jpeg>();
  #cachedBytes = 0;

  constructor({ decoders, decode, maxCachedBytes, maxWaiting, patienceMs }: StillsOptions) {
    this.#slots = new DecoderSlots(decoders);
    const ready = new ReadyDecoder();
    this.#decode = decode ?? ((picture, wanted) => ready.decode(picture, wanted));
    this.#maxCachedBytes = maxCachedBytes ?? MAX_CACHED_BYTES;
    this.#maxWaiting = maxWaiting ?? MAX_WAITING;
    this.#patienceMs = patienceMs ?? PATIENCE_MS;
  }

  /** A picture as JPEG. Throws `unavailable` when too many are asked for, and what reading and decoding throw. */
  async still(request: StillRequest): Promise<Jpeg> {
    const { key } = request;
    const cached = this.#cached.get(key);
    if (cached) {
      this.#cached.delete(key);
      this.#cached.set(key, cached);
      return cached;
    }
    const job = this.#jobs.get(key) ?? this.#begin(request);
    job.askers += 1;
    try {
      return await this.#wait(job.jpeg, request.signal);
    } finally {
      job.askers -= 1;
      if (job.askers === 0) this.#end(key, job);
    }
  }

  #begin(request: StillRequest): Job {
    if (this.#slots.waiting >= this.#maxWaiting) {
      throw new NightjarError("unavailable", "Too many pictures are being asked for at once");
    }
    const controller = new AbortController();
    const jpeg = this.#make(request, controller.signal);
    // Each asker hears of a failure itself; there may be none left.
    jpeg.catch(() => undefined);
    const job = { jpeg, askers: 0, controller };
    this.#jobs.set(request.key, job);
    return job;
  }

  /** Ends a job: it is done, or nobody waits for it. */
  #end(key: string, job: Job): void {
    job.controller.abort();
    if (this.#jobs.get(key) === job) this.#jobs.delete(key);
  }

  async #make({ key, read, widthPixels }: StillRequest, signal: AbortSignal): Promise<Jpeg> {
    const done = await this.#slots.take(signal);
    if (!done) throw givenUp();
    try {
      const jpeg = await this.#decode(await read(), { widthPixels, signal });
      this.#keep(key, jpeg);
      return jpeg;
    } finally {
      done();
    }
  }

  async #wait(jpeg: Promise<Jpeg>, signal: AbortSignal): Promise<Jpeg> {
    const { promise: gone, reject } = Promise.withResolvers<never>();
    const leave = () => reject(givenUp());
    const timer = setTimeout(leave, this.#patienceMs);
    if (signal.aborted) leave();
    signal.addEventListener("abort", leave, { once: true });
    try {
      return await Promise.race([jpeg, gone]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", leave);
    }
  }

  #keep(key: string, jpeg: Jpeg): void {
    // Somebody who asked, went and asked again may have had it made twice.
    this.#cachedBytes += jpeg.length - (this.#cached.get(key)?.length ?? 0);
    this.#cached.set(key, jpeg);
    for (const [oldest, { length }] of this.#cached) {
      if (this.#cachedBytes <= this.#maxCachedBytes) break;
      this.#cached.delete(oldest);
      this.#cachedBytes -= length;
    }
  }
}
