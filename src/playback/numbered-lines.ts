const ZERO = 48;

/** Bytes in which lines are put together; text that is longer is put together in parts. */
const scratch = Buffer.allocUnsafeSlow(64 * 1024);

/** Numbers up to here have their digits in a table, four bytes each, left-aligned. */
const TABLE_NUMBERS = 10_000;
const MOST_DIGITS = 4;
let table: Uint8Array | undefined;

function digitTable(): Uint8Array {
  if (table) return table;
  table = new Uint8Array(TABLE_NUMBERS * MOST_DIGITS);
  for (let number = 0; number < TABLE_NUMBERS; number++)
    for (let rest = number, at = String(number).length - 1; at >= 0; at--, rest = Math.floor(rest / 10))
      table[number * MOST_DIGITS + at] = ZERO + (rest % 10);
  return table;
}

/** `head`, number and `tail` for each number of `[from, to)`, all of as many digits; at most what the scratch holds. */
function linesOfWidth(head: string, from: number, to: number, tail: string, digits: number): string {
  const lineBytes = head.length + digits + tail.length;
  const endBytes = (to - from) * lineBytes;
  scratch.write(head, 0, "latin1");
  scratch.write(tail, head.length + digits, "latin1");
  // What is there is doubled until it is enough; then each line gets its number.
  for (let done = lineBytes; done < endBytes; done *= 2)
    scratch.copyWithin(done, 0, Math.min(done, endBytes - done));
  const known = digitTable();
  let at = head.length;
  for (let from4 = from * MOST_DIGITS, to4 = to * MOST_DIGITS; from4 < to4; from4 += MOST_DIGITS) {
    for (let digit = 0; digit < digits; digit++) scratch[at + digit] = known[from4 + digit] ?? 0;
    at += lineBytes;
  }
  return scratch.toString("latin1", 0, endBytes);
}

/**
 * `head`, a number and `tail`, for each number of `[from, to)`: an hour of a list differs in nothing else, and thousands of
 * pieces of text cost more than their bytes. `head` and `tail` are ASCII.
 */
export function numberedLines(head: string, from: number, to: number, tail: string): string {
  if (to === from + 1) return `${head}${from}${tail}`;
  const mostLines = Math.floor(scratch.length / (head.length + MOST_DIGITS + tail.length));
  let text = "";
  for (let next = from; next < to;) {
    const digits = String(next).length;
    if (digits > MOST_DIGITS || mostLines === 0) {
      text += `${head}${next}${tail}`;
      next++;
      continue;
    }
    const end = Math.min(to, 10 ** digits, next + mostLines);
    text += linesOfWidth(head, next, end, tail, digits);
    next = end;
  }
  return text;
}
