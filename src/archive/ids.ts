const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
const LENGTH = 10;

/**
 * Ten random base-32 letters: the id of a run or a recording. Drawn, not counted: a counter repeats after a lost
 * row, a restored backup, or a second disk.
 */
export const newId = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(LENGTH)), (byte) => ALPHABET[byte & 31]).join("");
