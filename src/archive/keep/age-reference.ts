const DAY_MS = 24 * 3_600_000;
/** A jump by more than this since the last footage is believed only when a person confirms it. */
const MAX_JUMP_MS = 30 * DAY_MS;

export type AgeInput = {
  /** The wall clock, which may be wrong. */
  nowMs: number;
  /** Wall time at which this process started. */
  startedMs: number;
  /** Wall time up to which the clock is vouched for, see `vouchedMs`; `undefined` when nothing does. */
  vouchedMs: number | undefined;
  /** What the kernel says of its clock. */
  isSynchronised: boolean | undefined;
  /** A person said that the clock is right. */
  isConfirmed: boolean;
};

/**
 * Up to where the past vouches for a clock, at a start: the end of the newest footage. That alone won't do, a
 * clock that wakes in 2036 twice has dated some footage itself; so the last time that was trusted bounds it.
 */
export function vouchedMs(
  newestBeforeMs: number | undefined,
  trustedMs: number | undefined,
): number | undefined {
  const known = [newestBeforeMs, trustedMs].filter((ms) => ms !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
}

/**
 * The time from which ages are counted. Deleting by age believes the clock only up to a day after what vouches
 * for it, until the kernel says that the clock is synchronised and it is less than 30 days later, or a person
 * confirms it.
 */
export function ageReference(input: AgeInput): { atMs: number; isTrusted: boolean } {
  const { nowMs, vouchedMs } = input;
  const isSmallJump = vouchedMs === undefined || nowMs - vouchedMs < MAX_JUMP_MS;
  if (input.isConfirmed || (input.isSynchronised === true && isSmallJump))
    return { atMs: nowMs, isTrusted: true };
  return { atMs: Math.min(nowMs, (vouchedMs ?? input.startedMs) + DAY_MS), isTrusted: false };
}
