/** Writes down by how many milliseconds its timer came late at worst; on a thread of its own, that does nothing else. */
import { workerData } from "node:worker_threads";

const EVERY_MS = 20;

const worstMs = new Float64Array(workerData as SharedArrayBuffer);
let dueMs = performance.now() + EVERY_MS;
setInterval(() => {
  const nowMs = performance.now();
  worstMs[0] = Math.max(worstMs[0] ?? 0, nowMs - dueMs);
  dueMs = nowMs + EVERY_MS;
}, EVERY_MS);
