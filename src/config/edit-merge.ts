import { Lexer } from "yaml";

const bare = (line: string): string => line.replaceAll(/\s+/g, "");

/**
 * For each line of a rendering of a text the number of the text's line that it stands for; one more for the end.
 * The rendering may differ in blanks and leave empty lines out; `undefined` when it differs in more.
 */
function placesOf(original: readonly string[], rendered: readonly string[]): number[] | undefined {
  const places: number[] = [];
  let at = 0;
  for (const line of rendered) {
    while (at < original.length && bare(original[at] ?? "") === "" && bare(line) !== "") at += 1;
    if (at >= original.length || bare(original[at] ?? "") !== bare(line)) return undefined;
    places.push(at);
    at += 1;
  }
  const isRestEmpty = original.slice(at).every((line) => bare(line) === "");
  return isRestEmpty ? [...places, original.length] : undefined;
}

const linesOf = (text: string): string[] => text.replace(/\r?\n$/, "").split(/\r?\n/);

/**
 * Puts what differs between two renderings of a text into the text itself, so that every other line keeps its own
 * blanks. `undefined` when lines of the text and of its rendering can't be told to be the same.
 */
export function mergeRendered(original: string, before: string, after: string): string | undefined {
  const lineEnd = original.includes("\r\n") ? "\r\n" : "\n";
  const own = linesOf(original);
  const old = linesOf(before);
  const next = linesOf(after);
  const places = placesOf(own, old);
  if (places === undefined) return undefined;

  const most = Math.min(old.length, next.length);
  let head = 0;
  while (head < most && old[head] === next[head]) head += 1;
  let tail = 0;
  while (tail < most - head && old.at(-1 - tail) === next.at(-1 - tail)) tail += 1;

  // Empty lines that the rendering left out stay where they are: behind what is put in, around what is changed.
  const behind = (index: number): number => (index === 0 ? 0 : (places[index - 1] ?? 0) + 1);
  const lastChanged = old.length - tail;
  const from = lastChanged === head ? behind(head) : (places[head] ?? own.length);
  const lines = [
    ...own.slice(0, from),
    ...next.slice(head, next.length - tail),
    ...own.slice(Math.max(from, behind(lastChanged))),
  ];
  return `${lines.join(lineEnd)}${lineEnd}`;
}

function commentsOf(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const token of new Lexer().lex(text)) {
    if (!token.startsWith("#")) continue;
    const comment = token.trimEnd();
    counts.set(comment, (counts.get(comment) ?? 0) + 1);
  }
  return counts;
}

/** Comments of a text that another one no longer has, in order. */
export function lostComments(before: string, after: string): string[] {
  const left = commentsOf(after);
  return [...commentsOf(before)].flatMap(([comment, count]): string[] =>
    Array.from({ length: Math.max(0, count - (left.get(comment) ?? 0)) }, () => comment),
  );
}
