import type { IndexDatabase } from "../db/index/index-database.ts";
import type { StateDatabase } from "../db/state/state-database.ts";
import { newId } from "./ids.ts";

/** Both databases carry the same one; a database without it was made anew. */
const PAIR_KEY = "pair";
const WAIT_KEY = "limits-wait-left-ms";
const TRUSTED_KEY = "clock-trusted-ms";
const CONFIRMED_KEY = "clock-confirmed";

/** How long limits of age and size wait after a database was lost. */
export const LIMITS_WAIT_MS = 24 * 3_600_000;

/** Which database was not the one that it was at the last start. */
export type LostDatabases = { index: boolean; state: boolean };

export type Databases = { index: IndexDatabase; state: StateDatabase };

const numberOf = (text: string | undefined): number | undefined =>
  text === undefined || !Number.isFinite(Number(text)) ? undefined : Number(text);

/**
 * Compares the two databases and makes them a pair again. To be called by everything that opens both for
 * writing, before anything else: a database that was lost is made anew by opening it, and only this notices.
 *
 * Roots that the index knows are told to the state database. The other way round they are not: a root that the
 * index does not know is one whose footage has to be read in first.
 */
export function pairDatabases({ index, state }: Databases): LostDatabases {
  const inIndex = index.meta(PAIR_KEY);
  const inState = state.meta(PAIR_KEY);
  const known = new Set(state.roots().map((root) => root.id));
  for (const root of index.roots()) if (!known.has(root.id)) state.setRoot(root);
  if (inIndex === inState && inIndex !== undefined) return { index: false, state: false };
  const isFirstStart = inIndex === undefined && inState === undefined;
  if (!isFirstStart) holdLimits({ index, state });
  // The mark comes last, so that a kill in between is noticed at the next start.
  const pair = inState ?? inIndex ?? newId();
  state.setMeta(PAIR_KEY, pair);
  index.setMeta(PAIR_KEY, pair);
  return { index: !isFirstStart && inIndex !== pair, state: !isFirstStart && inState === undefined };
}

/** From now on, limits of age and size wait for a person, or for a day of running. */
export function holdLimits(databases: Databases): void {
  setLimitsWaitMs(databases, LIMITS_WAIT_MS);
}

/**
 * How much longer limits of age and size wait, in milliseconds of running; 0 when they apply. Counted by the
 * monotonic clock: the wall clock may jump by a day.
 */
export const limitsWaitMs = ({ index, state }: Databases): number =>
  Math.max(numberOf(index.meta(WAIT_KEY)) ?? 0, numberOf(state.meta(WAIT_KEY)) ?? 0);

export function setLimitsWaitMs({ index, state }: Databases, ms: number): void {
  const text = String(Math.max(0, Math.round(ms)));
  state.setMeta(WAIT_KEY, text);
  index.setMeta(WAIT_KEY, text);
}

/** The last wall time that was trusted for deleting by age, ms UTC; `undefined` before the first one. */
export const trustedMs = ({ index, state }: Databases): number | undefined =>
  numberOf(state.meta(TRUSTED_KEY)) ?? numberOf(index.meta(TRUSTED_KEY));

export function setTrustedMs({ index, state }: Databases, ms: number): void {
  state.setMeta(TRUSTED_KEY, String(ms));
  index.setMeta(TRUSTED_KEY, String(ms));
}

type ClockState = { bootId: string; nowMs: number; readonly bootMs: number };

/** By how much a confirmed clock may have been slewed since. */
const CONFIRMED_WITHIN_MS = 60_000;

/** A person says: this machine's clock is right, and limits apply. Holds until the clock is set or the machine starts again. */
export function confirmLimits({ index, state }: Databases, clock: ClockState): void {
  const text = `${clock.bootId} ${Math.round(clock.nowMs - clock.bootMs)}`;
  state.setMeta(CONFIRMED_KEY, text);
  index.setMeta(CONFIRMED_KEY, text);
  setLimitsWaitMs({ index, state }, 0);
}

/** Whether a person confirmed the clock as it goes now. */
export function isClockConfirmed({ state }: Pick<Databases, "state">, clock: ClockState): boolean {
  const [bootId, originMs] = (state.meta(CONFIRMED_KEY) ?? "").split(" ");
  const origin = numberOf(originMs);
  if (bootId !== clock.bootId || origin === undefined) return false;
  return Math.abs(clock.nowMs - clock.bootMs - origin) < CONFIRMED_WITHIN_MS;
}
