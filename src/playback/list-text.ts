import { deflatePiece, gzipOf, type DeflatedPiece } from "../platform/gzip-pieces.ts";

/** A part of a list's text. */
export type ListPiece = {
  /** Names the text: equal tags, equal texts. */
  tag(): string;
  /** Segments that it lists. */
  count: number;
  text(): string;
  /** The same compressed, where that is kept from one answer to the next. */
  deflated?(): DeflatedPiece;
};

/** Lines that are made anew each time. */
export const plainPiece = (text: string): ListPiece => ({ tag: () => text, count: 0, text: () => text });

/** A text that is answered: put together only as far as the answer needs it. */
export type AnswerText = {
  /** Entity tag without quotation marks. */
  tag: string;
  /** Worth compressing. */
  isLong: boolean;
  /** About how long it is. */
  sizeBytes: number;
  text(): string;
  gzip(): Uint8Array<ArrayBuffer>;
};

/** Less than this fits into one packet, compressed or not. */
const LONG_BYTES = 1400;
const LONG_COUNT = 30;
const ENTRY_BYTES = 60;

const countOf = (pieces: readonly ListPiece[]): number => pieces.reduce((sum, { count }) => sum + count, 0);

/** A list as an answer. Its tag comes from what the pieces are made of, not from the text. */
export const listText = (pieces: readonly ListPiece[]): AnswerText => ({
  tag: Bun.hash(pieces.map((piece) => piece.tag()).join("\n")).toString(36),
  isLong: countOf(pieces) >= LONG_COUNT,
  sizeBytes: countOf(pieces) * ENTRY_BYTES,
  text: () => pieces.map((piece) => piece.text()).join(""),
  gzip() {
    const deflated: DeflatedPiece[] = [];
    let plain: string[] = [];
    const flush = () => {
      if (plain.length > 0) deflated.push(deflatePiece(plain.join("")));
      plain = [];
    };
    for (const piece of pieces) {
      if (piece.deflated) {
        flush();
        deflated.push(piece.deflated());
      } else plain.push(piece.text());
    }
    flush();
    return gzipOf(deflated);
  },
});

/** Any other text as an answer. */
export const plainText = (text: string): AnswerText => ({
  tag: Bun.hash(text).toString(36),
  isLong: text.length > LONG_BYTES,
  sizeBytes: text.length,
  text: () => text,
  gzip: () => gzipOf([deflatePiece(text)]),
});
