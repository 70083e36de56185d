import { expect, test } from "bun:test";
import { resolve } from "node:path";
import { cleanEnvironment, finished } from "../support/processes.ts";

const memory = JSON.stringify(resolve(import.meta.dir, "../../src/platform/memory.ts"));

/** Holds 150 MB until they count as old, lets go of them, and goes on with little to do; prints what lies there then. */
const script = (isGivenBack: boolean): string => `
  import { giveBackBuffers } from ${memory};
  if (${isGivenBack}) giveBackBuffers(50);
  const holder = { kept: [] };
  const fill = () => {
    for (let i = 0; i < 150; i += 1) holder.kept.push(new Uint8Array(new ArrayBuffer(1 << 20)).fill(1));
  };
  fill();
  Bun.gc(true);
  Bun.gc(true);
  holder.kept = [];
  for (let i = 0; i < 50; i += 1) await Bun.sleep(20);
  console.log(Math.round(process.memoryUsage().external / 1e6));
  process.exit(0);
`;

async function heldMegabytes(isGivenBack: boolean): Promise<number> {
  const done = await finished([process.execPath, "-e", script(isGivenBack)], {
    timeoutMs: 10_000,
    env: cleanEnvironment(),
  });
  return Number(done.stdout);
}

test("old buffers that nobody needs are given back while the program runs", async () => {
  const [without, withIt] = [await heldMegabytes(false), await heldMegabytes(true)];
  expect(without).toBeGreaterThan(150);
  expect(withIt).toBeLessThan(40);
});
