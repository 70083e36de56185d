import { describe, expect, test } from "bun:test";
import { findTool, runTool, spawnStream } from "../../../src/platform/process.ts";
import { LineBuffer } from "../../../src/platform/lines.ts";
import { NightjarError } from "../../../src/platform/errors.ts";

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** The message with which a run failed. */
const failureOf = (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => "it did not fail",
    (error: unknown) => (error instanceof NightjarError ? error.message : "another error"),
  );

describe("runTool", () => {
  test("returns output, error output and exit code", async () => {
    const result = await runTool(["sh", "-c", "echo out; echo err >&2; exit 3"], {
      timeoutMs: 5000,
      maxOutputBytes: 100,
    });
    expect(result).toEqual({ code: 3, stdout: "out\n", stderr: "err" });
  });

  test("names a missing program", async () => {
    const run = runTool(["no-such-program"], { timeoutMs: 1000, maxOutputBytes: 100 });
    expect(await failureOf(run)).toContain('The program "no-such-program" was not found');
    expect(findTool("no-such-program")).toBeUndefined();
    expect(findTool("sh")).toEndWith("/sh");
  });

  test("ends a program that takes too long", async () => {
    const started = performance.now();
    const run = runTool(["sleep", "30"], { timeoutMs: 100, maxOutputBytes: 100 });
    expect(await failureOf(run)).toContain("did not end within 100 ms");
    expect(performance.now() - started).toBeLessThan(2000);
  });

  test("ends a program that writes too much", async () => {
    const run = runTool(["yes"], { timeoutMs: 5000, maxOutputBytes: 1000 });
    expect(await failureOf(run)).toContain("wrote more than 1000 bytes");
  });
});

describe("spawnStream", () => {
  test("holds back a program whose output is not read", async () => {
    const child = spawnStream(["sh", "-c", "head -c 50000000 /dev/zero; echo done >&2"]);
    const reader = child.stdout.getReader();
    await reader.read();
    await Bun.sleep(200);
    expect(child.lastStderrLines()).toEqual([]);
    await child.stop();
    expect(alive(child.pid)).toBe(false);
    await reader.cancel();
  });

  test("feeds a stream to the standard input", async () => {
    const first = spawnStream(["sh", "-c", "head -c 300000 /dev/zero"]);
    const second = spawnStream(["wc", "-c"], { stdin: first.stdout });
    expect((await new Response(second.stdout).text()).trim()).toBe("300000");
    expect((await second.exited).code).toBe(0);
  });

  test("climbs the ladder when a program ignores the signals", async () => {
    const child = spawnStream(["sh", "-c", "trap '' INT TERM; echo ready; while :; do sleep 0.05; done"], {
      stopLadder: [
        { signal: "SIGINT", waitMs: 100 },
        { signal: "SIGTERM", waitMs: 100 },
        { signal: "SIGKILL", waitMs: 500 },
      ],
    });
    await child.stdout.getReader().read();
    expect(await child.stop()).toEqual({ code: undefined, signal: "SIGKILL" });
  });

  test("stops when its signal is aborted, also when that happened before", async () => {
    const controller = new AbortController();
    const child = spawnStream(["sleep", "30"], { signal: controller.signal });
    controller.abort();
    expect((await child.exited).signal).toBe("SIGINT");
    const late = spawnStream(["sleep", "30"], { signal: controller.signal });
    expect((await late.exited).signal).toBe("SIGINT");
  });

  test("does not wait for a grandchild that holds the error output", async () => {
    const started = performance.now();
    const child = spawnStream(["sh", "-c", "sleep 2 & exit 0"]);
    expect((await child.exited).code).toBe(0);
    expect(performance.now() - started).toBeLessThan(1500);
  });
});

test("lines are bounded in length and number", () => {
  const seen: string[] = [];
  const lines = new LineBuffer((line) => seen.push(line), 2);
  lines.push(new TextEncoder().encode("one\ntw"));
  lines.push(new TextEncoder().encode("o\rthree\n\n"));
  lines.push(new TextEncoder().encode("x".repeat(5000)));
  lines.end();
  expect(seen.slice(0, 3)).toEqual(["one", "two", "three"]);
  expect(seen[3]?.length).toBe(2000);
  expect(lines.lastLines.length).toBe(2);
});
