import { constants, crc32, deflateRawSync } from "node:zlib";

/** A part of a gzip file that was compressed by itself: other parts may stand before and behind it. */
export type DeflatedPiece = {
  /** Deflate blocks that end on a whole byte, none of them the last (RFC 1951 3.2.3). */
  bytes: Uint8Array;
  /** CRC-32 and length of what was compressed. */
  crc: number;
  sizeBytes: number;
};

/** Compresses a piece so that it can be joined with others. */
export function deflatePiece(text: string): DeflatedPiece {
  const bytes = Buffer.from(text);
  const deflated = deflateRawSync(bytes, { level: 6, finishFlush: constants.Z_SYNC_FLUSH });
  return { bytes: new Uint8Array(deflated), crc: crc32(bytes), sizeBytes: bytes.length };
}

/** RFC 1952 2.3: deflate, no flags, no time, unknown system. */
const GZIP_HEAD = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/** An empty last block. */
const DEFLATE_END = [0x03, 0x00];
const TRAILER_BYTES = 8;

/** One gzip member of the pieces. Members of their own, one after the other, Chromium would not read. */
export function gzipOf(pieces: readonly DeflatedPiece[]): Uint8Array<ArrayBuffer> {
  const bodyBytes = pieces.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const out = new Uint8Array(GZIP_HEAD.length + bodyBytes + DEFLATE_END.length + TRAILER_BYTES);
  out.set(GZIP_HEAD);
  let at = GZIP_HEAD.length;
  let crc = 0;
  let sizeBytes = 0;
  for (const piece of pieces) {
    out.set(piece.bytes, at);
    at += piece.bytes.length;
    crc = joinedCrc32(crc, piece.crc, piece.sizeBytes);
    sizeBytes += piece.sizeBytes;
  }
  out.set(DEFLATE_END, at);
  const trailer = new DataView(out.buffer, at + DEFLATE_END.length);
  trailer.setUint32(0, crc, true);
  trailer.setUint32(4, sizeBytes % 2 ** 32, true);
  return out;
}

/** The polynomial of CRC-32, bits reversed. */
const POLYNOMIAL = 0xedb88320;

/** A 32 × 32 matrix over GF(2), a column a number, times a vector. */
function times(matrix: Uint32Array, vector: number): number {
  let sum = 0;
  for (let rest = vector, bit = 0; rest !== 0; rest >>>= 1, bit++) {
    if (rest & 1) sum ^= matrix[bit] ?? 0;
  }
  return sum >>> 0;
}

const squared = (matrix: Uint32Array): Uint32Array => matrix.map((column) => times(matrix, column));

/** What a zero byte does to a CRC, and 2, 4, 8 … of them. */
const zeroBytes: Uint32Array[] = (() => {
  const oneBit = new Uint32Array(32).map((_, bit) => (bit === 0 ? POLYNOMIAL : 1 << (bit - 1)));
  const matrices = [squared(squared(squared(oneBit)))];
  for (let power = 1; power < 32; power++) matrices.push(squared(matrices[power - 1]!));
  return matrices;
})();

/** CRC-32 of two pieces one after the other, from the CRC of each and the length of the second in bytes. */
export function joinedCrc32(first: number, second: number, secondBytes: number): number {
  let crc = first;
  for (let rest = secondBytes, power = 0; rest > 0; rest = Math.floor(rest / 2), power++) {
    if (rest % 2 === 1) crc = times(zeroBytes[power]!, crc);
  }
  return (crc ^ second) >>> 0;
}
