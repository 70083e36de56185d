import { NightjarError } from "../platform/errors.ts";

/** Quotient rounded towards minus infinity; exact, as the remainder of two safe integers is. */
function floorDivide(dividend: number, divisor: number): number {
  const remainder = dividend % divisor;
  // Not `-0` for a negative dividend that is a multiple of the divisor.
  return (dividend - (remainder < 0 ? remainder + divisor : remainder)) / divisor + 0;
}

/** `floor(value * factor / divisor)`, exact as long as value and result are safe integers. */
function scaleFloor(value: number, factor: number, divisor: number): number {
  const product = value * factor;
  if (Number.isSafeInteger(product)) return floorDivide(product, divisor);
  const wide = BigInt(value) * BigInt(factor);
  const wideDivisor = BigInt(divisor);
  const truncated = wide / wideDivisor;
  const floored = wide < 0n && truncated * wideDivisor !== wide ? truncated - 1n : truncated;
  return checked(Number(floored), "a time");
}

function checked(value: number, what: string): number {
  if (Number.isSafeInteger(value)) return value;
  throw new NightjarError("unprocessable", `${what} is ${value}; wanted: an integer of at most 2^53 - 1`);
}

function checkedScale(ticksPerSecond: number): number {
  if (Number.isSafeInteger(ticksPerSecond) && ticksPerSecond > 0) return ticksPerSecond;
  throw new NightjarError("unprocessable", `A timescale is ${ticksPerSecond}; wanted: a positive integer`);
}

/**
 * Ticks of one timescale in ticks of another, rounded towards minus infinity (also for negative times, so that
 * order is kept). Exact for all safe integers.
 * @throws NightjarError `unprocessable` when a value is not a safe integer or a scale not positive.
 */
export function convertTicks(ticks: number, fromScale: number, toScale: number): number {
  checked(ticks, "a time");
  if (checkedScale(fromScale) === checkedScale(toScale)) return ticks;
  return scaleFloor(ticks, toScale, fromScale);
}

/** As `convertTicks`, but to the nearest tick; halves go up. */
export function convertTicksNearest(ticks: number, fromScale: number, toScale: number): number {
  checked(ticks, "a time");
  checkedScale(toScale);
  const whole = floorDivide(ticks, checkedScale(fromScale));
  const rest = ticks - whole * fromScale;
  const halves = scaleFloor(rest, 2 * toScale, fromScale);
  return checked(whole * toScale + floorDivide(halves + 1, 2), "a time");
}

/**
 * Milliseconds, to the nearest one; halves go up. `ticksToMs(msToTicks(ms, scale), scale)` is `ms` again for
 * every scale of at least 1000.
 */
export const ticksToMs = (ticks: number, scale: number): number => convertTicksNearest(ticks, scale, 1000);

/** Ticks, to the nearest one; halves go up. */
export const msToTicks = (ms: number, scale: number): number => convertTicksNearest(ms, 1000, scale);
