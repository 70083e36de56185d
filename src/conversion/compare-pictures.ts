import { NightjarError } from "../platform/errors.ts";
import { SAMPLE } from "./commands.ts";

/** Differences that say broken, not ugly: no encoder that works comes near at this size. */
const LEAST_PSNR_DB = 18;
/** Pictures with less contrast than this, in steps of grey, say nothing by their shapes. */
const LEAST_CONTRAST = 6;
const LEAST_CORRELATION = 0.7;

const PICTURE_BYTES = SAMPLE.width * SAMPLE.height;

type Likeness = { psnrDb: number; correlation: number | undefined };

/** How alike two grey pictures are; no correlation where one of them has no shapes. */
function likenessOf(one: Uint8Array, other: Uint8Array): Likeness {
  let [sumOne, sumOther, squares] = [0, 0, 0];
  for (let i = 0; i < one.length; i++) {
    const [a = 0, b = 0] = [one[i], other[i]];
    sumOne += a;
    sumOther += b;
    squares += (a - b) ** 2;
  }
  const [meanOne, meanOther] = [sumOne / one.length, sumOther / one.length];
  let [varOne, varOther, covariance] = [0, 0, 0];
  for (let i = 0; i < one.length; i++) {
    const [a, b] = [(one[i] ?? 0) - meanOne, (other[i] ?? 0) - meanOther];
    varOne += a * a;
    varOther += b * b;
    covariance += a * b;
  }
  const psnrDb =
    squares === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10((255 ** 2 * one.length) / squares);
  const isFlat = Math.sqrt(varOne / one.length) < LEAST_CONTRAST;
  if (isFlat) return { psnrDb, correlation: undefined };
  return { psnrDb, correlation: varOther === 0 ? 0 : covariance / Math.sqrt(varOne * varOther) };
}

/**
 * Compares pictures of the original with those of the result, both as small grey ones in a row. Answers how many they are.
 * @throws NightjarError `unprocessable` when their numbers differ or a picture is another one
 */
export function comparePictures(original: Uint8Array, result: Uint8Array): number {
  const count = Math.floor(original.length / PICTURE_BYTES);
  if (count === 0 || original.length !== result.length)
    throw new NightjarError(
      "unprocessable",
      `The result can't be compared with the original: ${count} and ${result.length / PICTURE_BYTES} pictures`,
    );
  for (let index = 0; index < count; index++) {
    const part = (bytes: Uint8Array): Uint8Array =>
      bytes.subarray(index * PICTURE_BYTES, (index + 1) * PICTURE_BYTES);
    const { psnrDb, correlation } = likenessOf(part(original), part(result));
    if (psnrDb >= LEAST_PSNR_DB && (correlation ?? 1) >= LEAST_CORRELATION) continue;
    const shapes = correlation === undefined ? "" : `, correlation ${correlation.toFixed(2)}`;
    throw new NightjarError(
      "unprocessable",
      `A picture of the result is not that of the original (sample ${index + 1} of ${count}: ${psnrDb.toFixed(1)} dB${shapes})`,
    );
  }
  return count;
}
