/** The middle one of the steps between rising times, without those of 0; `undefined` when there is none. */
export function usualInterval(times: Float64Array): number | undefined {
  const steps = times
    .subarray(1)
    .map((ticks, index) => ticks - (times[index] ?? ticks))
    .filter((step) => step > 0)
    .sort();
  return steps[steps.length >> 1];
}
