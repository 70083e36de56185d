/** Prints one line about what is being done, on standard error so that output stays clean. */
export const say = (text) => process.stderr.write(`nightjar: ${text}\n`);

/** Says what is wrong and what to do, and ends with exit code 1. */
export function fail(text, ...whatToDo) {
  say(text);
  for (const line of whatToDo) process.stderr.write(`  ${line}\n`);
  process.exit(1);
}

/** A duration for people: `3.2 s`. */
export const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
