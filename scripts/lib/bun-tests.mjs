// What `bun test` printed, read.

/** Lines of what came before a failure that are told again with it. */
const TOLD_LINES = 40;

/** What a program printed, without colours, which would hide the words. */
const withoutColours = (text) => text.replaceAll(/\u001b\[[\d;]*m/g, "");

/**
 * Each failed test of a run, as `{ file, told }`: its file's path, and what was printed after the test before it, at
 * most 40 lines, with its name at the end.
 */
export function failedTests(text) {
  const lines = withoutColours(text).split("\n");
  const failed = [];
  let file = "";
  let begin = 0;
  for (const [at, line] of lines.entries()) {
    // Bun lists all failures once more after this line.
    if (/^\d+ tests? failed:$/.test(line)) break;
    const heading = /^(\S+\.test\.tsx?):$/.exec(line)?.[1];
    if (heading !== undefined) file = heading;
    if (line.startsWith("(fail)"))
      failed.push({ file, told: lines.slice(Math.max(begin, at - TOLD_LINES), at + 1).join("\n") });
    if (/^\((pass|fail)\)/.test(line)) begin = at + 1;
  }
  return failed;
}

/** Counts what `bun test` says at its end; without its summary, what it said on the way and one failure more. */
export function countTests({ code, text, timedOut }) {
  const plain = withoutColours(text);
  const summed = (word) => [...plain.matchAll(new RegExp(`^ *(\\d+) ${word}$`, "gm"))].at(-1)?.[1];
  const listed = (word) => [...plain.matchAll(new RegExp(`^\\(${word}\\)`, "gm"))].length;
  const complete = !timedOut && summed("pass") !== undefined;
  const passed = complete ? Number(summed("pass")) : listed("pass");
  const left = Number(summed("skip") ?? 0) + Number(summed("todo") ?? 0);
  const failed = (complete ? Number(summed("fail") ?? 0) : listed("fail") + 1) + left;
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed };
}
