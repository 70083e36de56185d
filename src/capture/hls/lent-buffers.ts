/** Sizes are rounded up to this, so that one buffer serves bodies of about the same size. */
const STEP_BYTES = 256 * 1024;
/** Smaller ones cost nothing to make anew. */
const LEAST_BYTES = 64 * 1024;
const MAX_FREE_BYTES = 8 * 1024 * 1024;
/** A buffer serves bodies down to so many times smaller ones. */
const MAX_ROOM = 4;

/**
 * Memory that is used again and again: the system takes its time to hand it out, and the engine to find out that it is
 * needed no more.
 */
export class LentBuffers {
  readonly #free: ArrayBuffer[] = [];
  #freeBytes = 0;
  readonly #lent = new WeakSet<ArrayBufferLike>();

  /** Memory for at least `sizeBytes`, with whatever stands in it: new, or what was given back. */
  borrow(sizeBytes: number): Uint8Array<ArrayBuffer> {
    if (sizeBytes < LEAST_BYTES) return new Uint8Array(sizeBytes);
    const mostBytes = Math.max(sizeBytes, STEP_BYTES) * MAX_ROOM;
    const at = this.#free.findIndex(({ byteLength }) => byteLength >= sizeBytes && byteLength <= mostBytes);
    const [known] = at < 0 ? [] : this.#free.splice(at, 1);
    this.#freeBytes -= known?.byteLength ?? 0;
    const newBytes = Math.ceil(sizeBytes / STEP_BYTES) * STEP_BYTES;
    const buffer = known ?? Buffer.allocUnsafeSlow(newBytes).buffer;
    this.#lent.add(buffer);
    return new Uint8Array(buffer);
  }

  /**
   * Takes back what was borrowed; bytes of another origin are left alone. All views on it are empty from now on, so
   * that who holds on to one by mistake never sees what is put there later.
   */
  giveBack({ buffer }: Uint8Array): void {
    if (!(buffer instanceof ArrayBuffer) || !this.#lent.delete(buffer)) return;
    const isKept = this.#freeBytes + buffer.byteLength <= MAX_FREE_BYTES;
    const moved = buffer.transfer(isKept ? buffer.byteLength : 0);
    if (!isKept) return;
    this.#free.push(moved);
    this.#freeBytes += moved.byteLength;
  }
}

/** Those of the bodies that sources send, shared by all of them. */
export const bodyBuffers = new LentBuffers();
