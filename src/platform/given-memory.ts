/**
 * Frees the memory of bytes that nobody needs any more, where they are all that lies in it: left to the garbage
 * collector, many pile up before it runs. All views of it are empty from then on.
 */
export function freeWhole({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

/** How many bytes of a memory that was given away are still needed. */
const neededBytes = new WeakMap<ArrayBufferLike, number>();

/**
 * Gives the memory that these bytes lie in to whoever gets them: each byte of it is needed once, and its memory is freed
 * when that is over for the last of them. What is dropped instead is left to the garbage collector.
 */
export function giveMemory({ buffer }: Uint8Array): void {
  neededBytes.set(buffer, buffer.byteLength);
}

/** These bytes were needed for the last time. Nothing for those of a memory that was not given away. */
export function endNeed({ buffer, byteLength }: Uint8Array): void {
  const bytes = neededBytes.get(buffer);
  if (bytes === undefined) return;
  if (bytes > byteLength) {
    neededBytes.set(buffer, bytes - byteLength);
    return;
  }
  neededBytes.delete(buffer);
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}
