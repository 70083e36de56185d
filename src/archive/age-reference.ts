const DAY_MS = 24 * 3_600_000;
/** A jump by more than this since the last footage is believed only when a person confirms it. */
const MAX_JUMP_MS = 30 * DAY_MS;

export type AgeInput = {
  /** The wall clock, which may be wrong. */
  nowMs: number;
  /** Wall time at which this process started. */
  startedMs: number;
  /** End of the newest footage from before this start; `undefined` when there was none. */
  newestBeforeMs: number | undefined;
  /** The last wall time that was trusted, by this process or an earlier one. */
  trustedBeforeMs: number | undefined;
  /** What the kernel says of its clock. */
  isSynchronised: boolean | undefined;
  /** A person said that the clock is right. */
  isConfirmed: boolean;
};

/**
 * The time from which ages are counted. Deleting by age believes the clock only so far: up to a day after the
 * newest footage from before this start, until the kernel says that the clock is synchronised and it went less
 * than 30 days since then, or a person confirms it. The footage alone can't vouch for a time: a clock that woke
 * in 2036 twice has dated some itself, so the last trusted time bounds it as well.
 */
export function ageReference(input: AgeInput): { atMs: number; isTrusted: boolean } {
  const { nowMs, newestBeforeMs, trustedBeforeMs } = input;
  const known = [newestBeforeMs, trustedBeforeMs].filter((ms) => ms !== undefined);
  const baseMs = known.length > 0 ? Math.min(...known) : undefined;
  const isSmallJump = baseMs === undefined || nowMs - baseMs < MAX_JUMP_MS;
  if (input.isConfirmed || (input.isSynchronised === true && isSmallJump))
    return { atMs: nowMs, isTrusted: true };
  return { atMs: Math.min(nowMs, (baseMs ?? input.startedMs) + DAY_MS), isTrusted: false };
}
