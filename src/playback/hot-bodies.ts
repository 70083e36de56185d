/** A body as it was read, or as it is kept, which can be sent without copying it once more. */
export type HotBody = {
  tag: string;
  contentType: string;
  maxAgeSeconds: number | undefined;
  bytes: Uint8Array<ArrayBuffer> | Blob;
};

/** All that is kept, in bytes: the newest segments of some channels. */
const MOST_BYTES = 16 << 20;
/** One body may take so much of it. */
const MOST_BODY_BYTES = MOST_BYTES / 4;
/** What was deleted is gone for everyone after so long, in ms. */
const KEPT_MS = 10_000;
/** What nobody has asked for in so long makes room for what somebody asks for, in ms. */
const UNUSED_MS = 1000;

type Entry = { body: Promise<HotBody>; sinceMs: number; usedMs: number; sizeBytes: number };

/**
 * Bodies that were asked for a moment ago. All who watch a channel live ask for the same segments one after the other;
 * each is read once for them, however many ask at the same time.
 */
export class HotBodies {
  /** The one that was used last comes last. */
  readonly #entries = new Map<string, Entry>();
  #sizeBytes = 0;

  /** The body of an address; `make` is called unless it is here. Throws what `make` throws, and keeps nothing then. */
  get(address: string, make: () => Promise<HotBody>): Promise<HotBody> {
    const nowMs = performance.now();
    const known = this.#entries.get(address);
    if (known && nowMs - known.sinceMs < KEPT_MS) {
      known.usedMs = nowMs;
      this.#entries.delete(address);
      this.#entries.set(address, known);
      return known.body;
    }
    if (known) this.#forget(address, known);
    const entry: Entry = { body: make(), sinceMs: nowMs, usedMs: nowMs, sizeBytes: 0 };
    entry.body = entry.body.then(
      (body) => this.#keep(address, entry, body),
      (error: unknown) => {
        this.#forget(address, entry);
        throw error;
      },
    );
    this.#entries.set(address, entry);
    return entry.body;
  }

  /** Keeps a body that has just been read, where there is room for it. */
  #keep(address: string, entry: Entry, body: HotBody): HotBody {
    const sizeBytes = body.bytes instanceof Blob ? body.bytes.size : body.bytes.length;
    if (this.#entries.get(address) !== entry) return body;
    if (!this.#makeRoom(sizeBytes)) {
      this.#forget(address, entry);
      return body;
    }
    entry.sizeBytes = sizeBytes;
    this.#sizeBytes += sizeBytes;
    return { ...body, bytes: new Blob([body.bytes]) };
  }

  #makeRoom(sizeBytes: number): boolean {
    if (sizeBytes > MOST_BODY_BYTES) return false;
    const unusedMs = performance.now() - UNUSED_MS;
    for (const [address, entry] of this.#entries) {
      if (this.#sizeBytes + sizeBytes <= MOST_BYTES || entry.usedMs > unusedMs) break;
      this.#forget(address, entry);
    }
    return this.#sizeBytes + sizeBytes <= MOST_BYTES;
  }

  #forget(address: string, entry: Entry): void {
    if (this.#entries.get(address) !== entry) return;
    this.#entries.delete(address);
    this.#sizeBytes -= entry.sizeBytes;
  }
}
