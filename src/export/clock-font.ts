/**
 * A font of our own with what a date and a time need, so that a clock can be written into pictures on machines without any
 * font. Each glyph is drawn of squares, as TrueType outlines.
 */

/** Five squares wide and seven high, the topmost row first. */
const GLYPHS: Readonly<Record<string, readonly string[]>> = {
  "0": [".###.", "#...#", "#..##", "#.#.#", "##..#", "#...#", ".###."],
  "1": ["..#..", ".##..", "..#..", "..#..", "..#..", "..#..", ".###."],
  "2": [".###.", "#...#", "....#", "...#.", "..#..", ".#...", "#####"],
  "3": ["#####", "...#.", "..#..", "...#.", "....#", "#...#", ".###."],
  "4": ["...#.", "..##.", ".#.#.", "#..#.", "#####", "...#.", "...#."],
  "5": ["#####", "#....", "####.", "....#", "....#", "#...#", ".###."],
  "6": ["..##.", ".#...", "#....", "####.", "#...#", "#...#", ".###."],
  "7": ["#####", "....#", "...#.", "..#..", "..#..", "..#..", "..#.."],
  "8": [".###.", "#...#", "#...#", ".###.", "#...#", "#...#", ".###."],
  "9": [".###.", "#...#", "#...#", ".####", "....#", "...#.", ".##.."],
  "-": [".....", ".....", ".....", ".###.", ".....", ".....", "....."],
  ":": [".....", "..#..", "..#..", ".....", "..#..", "..#..", "....."],
  " ": [],
};

/** Units of one square, and of the square around a letter. */
const SQUARE = 128;
const EM = 8 * SQUARE;
const ROWS = 7;
const ADVANCE = 6 * SQUARE;

/** Big-endian fields, one after the other. */
class Fields {
  readonly #bytes: number[] = [];

  u16(...values: number[]): this {
    for (const value of values) this.#bytes.push((value >> 8) & 0xff, value & 0xff);
    return this;
  }

  u32(...values: number[]): this {
    for (const value of values) this.u16(Math.floor(value / 65_536) & 0xffff, value & 0xffff);
    return this;
  }

  u8(...values: number[]): this {
    this.#bytes.push(...values);
    return this;
  }

  text(text: string): this {
    return this.u8(...new TextEncoder().encode(text));
  }

  get length(): number {
    return this.#bytes.length;
  }

  /** Padded to a multiple of four bytes. */
  bytes(): Uint8Array {
    const padded = new Uint8Array(Math.ceil(this.#bytes.length / 4) * 4);
    padded.set(this.#bytes);
    return padded;
  }
}

type Box = { left: number; right: number; bottom: number; top: number };

/** The filled squares of a glyph, neighbours in a row as one box. */
function boxesOf(rows: readonly string[]): Box[] {
  return rows.flatMap((row, index) =>
    [...row.matchAll(/#+/g)].map(({ index: from, 0: run }) => ({
      left: from * SQUARE,
      right: (from + run.length) * SQUARE,
      bottom: (ROWS - 1 - index) * SQUARE,
      top: (ROWS - index) * SQUARE,
    })),
  );
}

/** A simple glyph: each box is a contour of four points, clockwise. */
function glyphBytes(rows: readonly string[]): Uint8Array {
  const boxes = boxesOf(rows);
  if (boxes.length === 0) return new Uint8Array();
  const points = boxes.flatMap(({ left, right, bottom, top }) => [
    [left, bottom],
    [left, top],
    [right, top],
    [right, bottom],
  ]);
  const xs = points.map(([x = 0]) => x);
  const ys = points.map(([, y = 0]) => y);
  const steps = (values: readonly number[]) =>
    values.map((value, index) => value - (index === 0 ? 0 : (values[index - 1] ?? 0)));
  const onCurve = 1;
  return new Fields()
    .u16(boxes.length, Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys))
    .u16(...boxes.map((_, index) => index * 4 + 3), 0)
    .u8(...points.map(() => onCurve))
    .u16(...steps(xs), ...steps(ys))
    .bytes();
}

/** Glyph 0 stands for what the font does not have; the others follow in the order of their codes. */
const letters = Object.keys(GLYPHS).sort();

/** Where the ink of a letter begins. */
const leftOf = (letter: string): number =>
  Math.min(...boxesOf(GLYPHS[letter] ?? []).map(({ left }) => left), EM) % EM;

/** `cmap` of one table, format 4: a segment for each letter. */
function characterMap(): Fields {
  const codes = letters.map((letter) => letter.codePointAt(0) ?? 0);
  const count = codes.length + 1;
  const power = 2 ** Math.floor(Math.log2(count));
  const windows = [3, 1];
  return new Fields()
    .u16(0, 1, ...windows)
    .u32(12)
    .u16(4, 16 + 8 * count, 0, 2 * count, 2 * power, Math.log2(power), 2 * (count - power))
    .u16(...codes, 0xffff, 0)
    .u16(...codes, 0xffff)
    .u16(...codes.map((code, index) => (index + 1 - code) & 0xffff), 1)
    .u16(...Array.from({ length: count }, () => 0));
}

/** The font's bytes (OpenType 1.9, TrueType outlines), as FreeType reads them. */
export function clockFont(): Uint8Array {
  const glyphs = [new Uint8Array(), ...letters.map((letter) => glyphBytes(GLYPHS[letter] ?? []))];
  const glyf = Buffer.concat(glyphs);
  let at = 0;
  const offsets = [0, ...glyphs.map(({ length }) => (at += length))];
  const bounds = [0, 0, 5 * SQUARE, ROWS * SQUARE];
  const tables: [tag: string, bytes: Uint8Array][] = [
    ["cmap", characterMap().bytes()],
    ["glyf", glyf],
    [
      "head",
      new Fields()
        .u32(0x1_0000, 0x1_0000, 0, 0x5f0f_3cf5)
        .u16(3, EM)
        .u32(0, 0, 0, 0)
        .u16(...bounds, 0, 8, 2, 1, 0)
        .bytes(),
    ],
    [
      "hhea",
      new Fields()
        .u32(0x1_0000)
        .u16(ROWS * SQUARE, -SQUARE, 0, ADVANCE, 0, 0, 5 * SQUARE, 1, 0, 0, 0, 0, 0, 0, 0, glyphs.length)
        .bytes(),
    ],
    ["hmtx", new Fields().u16(ADVANCE, 0, ...letters.flatMap((letter) => [ADVANCE, leftOf(letter)])).bytes()],
    ["loca", new Fields().u32(...offsets).bytes()],
    [
      "maxp",
      new Fields()
        .u32(0x1_0000)
        .u16(glyphs.length, 4 * 4 * ROWS, 4 * ROWS, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0)
        .bytes(),
    ],
  ];
  const head = new Fields().u32(0x1_0000).u16(tables.length, 64, 2, tables.length * 16 - 64);
  let position = 12 + 16 * tables.length;
  for (const [tag, { length }] of tables) {
    head.text(tag).u32(0, position, length);
    position += length;
  }
  return Buffer.concat([head.bytes(), ...tables.map(([, bytes]) => bytes)]);
}
