import { expect, test } from "bun:test";
import { resolve } from "node:path";
import { cleanEnvironment, finished } from "../support/processes.ts";

const codeMemory = JSON.stringify(resolve(import.meta.dir, "../../src/platform/code-memory.ts"));
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

/** Lets 300 MB pass through a program with a large heap, each given back at once; prints what the engine was asked to do. */
const PASSING = `
  import { giveBackBuffers } from ${memory};
  const heap = Array.from({ length: 2_000_000 }, (_, index) => ({ index }));
  Bun.gc(true);
  let wholeCount = 0;
  Bun.gc = (isWhole) => void (wholeCount += isWhole ? 1 : 0);
  giveBackBuffers(2);
  let mostBytes = 0;
  for (let round = 0; round < 50; round += 1) {
    for (let i = 0; i < 6; i += 1) new Uint8Array(new ArrayBuffer(1 << 20)).fill(1).buffer.transfer(0);
    mostBytes = Math.max(mostBytes, process.memoryUsage().external);
    await Bun.sleep(5);
  }
  console.log(JSON.stringify({ wholeCount, mostMegabytes: Math.round(mostBytes / 1e6), heap: heap.length }));
  process.exit(0);
`;

test("old buffers that nobody needs are given back while the program runs", async () => {
  const [without, withIt] = [await heldMegabytes(false), await heldMegabytes(true)];
  expect(without).toBeGreaterThan(150);
  expect(withIt).toBeLessThan(40);
});

test("what is given back as it passes through does not have the engine look through everything", async () => {
  const done = await finished([process.execPath, "-e", PASSING], {
    timeoutMs: 20_000,
    env: cleanEnvironment(),
  });
  const { wholeCount, mostMegabytes } = JSON.parse(done.stdout) as Record<string, number>;
  // It was counted as if it were there.
  expect(mostMegabytes).toBeGreaterThan(135);
  expect(wholeCount).toBe(0);
});

/** Goes on after its start, which used much code; prints how much of what lies in files was in memory before and after. */
const AFTER_START = `
  import { readFileSync } from "node:fs";
  import { letGoOfCode } from ${codeMemory};
  const fileMegabytes = () => Number(/^RssFile:\\s+(\\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))[1]) / 1024;
  const before = fileMegabytes();
  letGoOfCode(100);
  await Bun.sleep(200);
  const after = fileMegabytes();
  const works = [JSON.parse("[1]")[0], new URL("http://a/b").pathname, /b+/.test("abb")];
  console.log(JSON.stringify({ before, after, works }));
  process.exit(0);
`;

test("code that only the start needed leaves the memory, and all goes on", async () => {
  const done = await finished([process.execPath, "-e", AFTER_START], {
    timeoutMs: 10_000,
    env: cleanEnvironment(),
  });
  const { before, after, works } = JSON.parse(done.stdout) as Record<string, unknown>;
  expect(works).toEqual([1, "/b", true]);
  expect(Number(after)).toBeLessThan(Number(before) * 0.75);
});
