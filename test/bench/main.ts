import { cpus } from "node:os";
import { benchAgeing } from "./ageing.ts";
import { benchCapture } from "./capture.ts";
import { benchFlush } from "./flush.ts";
import { benchHls } from "./hls.ts";
import { benchLive } from "./live.ts";
import { benchLosses } from "./losses.ts";
import { benchMoment } from "./moment.ts";
import { benchPlaylists } from "./playlists.ts";
import { benchPvr } from "./pvr.ts";
import { benchSegments } from "./segments.ts";
import { benchStart } from "./start.ts";
import { benchStill } from "./still.ts";
import { tableOf, type Row } from "./table.ts";
import { benchTimelapse } from "./timelapse.ts";
import { benchUploads } from "./uploads.ts";
import { benchWall } from "./wall.ts";

const series: Record<string, () => Promise<Row[]>> = {
  capture1: () => benchCapture(1),
  capture4: () => benchCapture(4),
  capture16: () => benchCapture(16),
  start: benchStart,
  flush: benchFlush,
  live: benchLive,
  losses: benchLosses,
  segments: benchSegments,
  playlists: benchPlaylists,
  wall: benchWall,
  still: benchStill,
  moment: benchMoment,
  timelapse: benchTimelapse,
  ageing: benchAgeing,
  hls: benchHls,
  uploads: benchUploads,
  pvr: benchPvr,
};

const wanted = process.argv.slice(2);
const rows: Row[] = [];
let failed = 0;
for (const [name, measure] of Object.entries(series)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const started = performance.now();
  try {
    rows.push(...(await measure()));
    process.stderr.write(`${name}: ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
  } catch (error) {
    failed += 1;
    process.stderr.write(`${name}: ${error instanceof Error ? error.stack : String(error)}\n`);
  }
}
const machine = cpus();
process.stdout.write(
  `\n${machine.length} × ${machine[0]?.model ?? "unknown processor"}, ${new Date().toISOString().slice(0, 10)}\n\n`,
);
process.stdout.write(`${tableOf(rows)}\n`);
process.exit(failed === 0 ? 0 : 1);
