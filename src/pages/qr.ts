import { encode } from "uqr";

/** Modules of quiet zone that ISO/IEC 18004 wants around a symbol. */
const QUIET = 4;

/** A text as a QR code: an SVG of one path, black on white whatever the page's colours are. */
export function qrSvg(text: string): string {
  const { size, data } = encode(text, { ecc: "M", border: QUIET });
  let path = "";
  for (const [y, row] of data.entries()) {
    for (let x = 0; x < size; x += 1) {
      const begin = x;
      while (row[x] === true) x += 1;
      if (x > begin) path += `M${begin} ${y}h${x - begin}v1H${begin}z`;
    }
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h${size}v${size}H0z"/><path d="${path}"/></svg>`;
}
