/** Letters that decompose into nothing of a-z. */
const letters: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "ae",
  ø: "o",
  œ: "oe",
  đ: "d",
  ł: "l",
  þ: "th",
};

/** The text with the marks of its letters taken off, as far as they have a letter of a-z below: `Haustür` is `Haustur`. */
export const withLatinLetters = (text: string): string =>
  text
    .replaceAll(/[ßæøœđłþ]/gi, (letter) => letters[letter.toLowerCase()] ?? letter)
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "");
