/** What may go for one byte that Nightjar wrote. */
const FACTOR = 1.1;

/**
 * How much footage may be deleted to make room: never more, counted from the start, than 1.1 times what
 * Nightjar wrote since then plus one recording of each channel. What a pass does not use is carried to the next,
 * but while the disk has room enough no more than those recordings are: what was written into free space must
 * not be paid back with old footage when something else fills the disk later.
 */
export class DeletionAllowance {
  #carriedBytes: number | undefined;
  #writtenBytes: number;

  /** `writtenBytes`: what the counter of written bytes says at the start. */
  constructor(writtenBytes: number) {
    this.#writtenBytes = writtenBytes;
  }

  /**
   * What may be deleted in this pass. `graceBytes`: one recording of each channel, the largest; `isShort`:
   * whether the disk has less room than wanted.
   */
  atPass(writtenBytes: number, graceBytes: number, isShort: boolean): number {
    const earned = FACTOR * Math.max(0, writtenBytes - this.#writtenBytes);
    this.#writtenBytes = writtenBytes;
    const carried = (this.#carriedBytes ?? graceBytes) + earned;
    this.#carriedBytes = isShort ? carried : Math.min(carried, graceBytes);
    return this.#carriedBytes;
  }

  /** Counts what was deleted for room. */
  used(sizeBytes: number): void {
    this.#carriedBytes = (this.#carriedBytes ?? 0) - sizeBytes;
  }
}
