const UNITS = ["bytes", "kB", "MB", "GB", "TB"] as const;

/** Bytes for people: three digits and a decimal unit, `1.25 GB`. */
export function sizeText(bytes: number): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : Number(value.toPrecision(3))} ${UNITS[unit]}`;
}
