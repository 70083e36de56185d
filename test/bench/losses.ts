import { killSeries } from "../torture/kills.ts";
import { powerCutSeries } from "../torture/power-cuts.ts";
import { median, type Row } from "./table.ts";

const KILLS = 5;
const CUTS = 3;
/** What a segment of 2 s can cost when it is in flight; and besides that the flush. */
const SEGMENT_SECONDS = 2;
const FLUSH_SECONDS = 5;

const shown = (values: readonly number[]): string =>
  `${median(values).toFixed(1)} s, at most ${Math.max(...values).toFixed(1)} s`;

/** Seconds that a kill and a power cut cost. */
export async function benchLosses(): Promise<Row[]> {
  const killed = await killSeries(KILLS);
  const cut = await powerCutSeries(CUTS, FLUSH_SECONDS + 2 * SEGMENT_SECONDS + 2);
  const faults = [...killed.faults, ...cut.faults];
  if (faults.length > 0) throw new Error(faults.join("\n"));
  return [
    {
      what: `seconds lost by kill -9 (${KILLS} kills, 4 channels)`,
      ours: shown(killed.lostSeconds),
      against: "a segment",
      peer: `${SEGMENT_SECONDS} s`,
      ratio: median(killed.lostSeconds) / SEGMENT_SECONDS,
    },
    {
      what: `seconds lost by a power cut (${CUTS} cuts, 2 channels)`,
      ours: shown(cut.lostSeconds),
      against: "a flush and a segment",
      peer: `${FLUSH_SECONDS + SEGMENT_SECONDS} s`,
      ratio: median(cut.lostSeconds) / (FLUSH_SECONDS + SEGMENT_SECONDS),
    },
  ];
}
