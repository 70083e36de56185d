import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import { StateDatabase } from "../../src/db/state/state-database.ts";
import { JobQueue } from "../../src/jobs/job-queue.ts";
import type { Holding } from "../../src/jobs/running-job.ts";
import { BackgroundGroup } from "../../src/platform/background.ts";
import { runTool, spawnStream, type StreamProcess } from "../../src/platform/process.ts";
import { systemClock } from "../../src/platform/system-clock.ts";
import { cleanEnvironment, finished } from "../support/processes.ts";
import { tempFolder } from "../support/temp.ts";
import { waitFor } from "../support/wait.ts";

setDefaultTimeout(60_000);

/** An encoder with threads, that has enough to do. */
const encoder = (seconds: number): string[] => {
  const source = `testsrc2=size=640x360:duration=${seconds}`;
  const work = "-c:v libx264 -threads 4 -f null -".split(" ");
  return ["ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i", source, ...work];
};

/** Fields of proc_pid_stat(5) from the state on. */
const statOf = (pid: number, thread = pid): string[] => {
  const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
};
const stateOf = (pid: number): string => statOf(pid)[0] ?? "";
const niceOf = (pid: number, thread?: number): number => Number(statOf(pid, thread)[16]);
const cpuTicksOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return Number(fields[11]) + Number(fields[12]);
};
const threadsOf = (pid: number): number[] => readdirSync(`/proc/${pid}/task`).map(Number);
const isHeld = (pid: number): boolean => threadsOf(pid).every((thread) => statOf(pid, thread)[0] === "T");
const isThere = (pid: number): boolean => {
  try {
    return stateOf(pid) !== "Z";
  } catch {
    return false;
  }
};

/** Reads and forgets what a program writes, as all who start one have to. */
const drained = (child: StreamProcess): StreamProcess => {
  void child.stdout.pipeTo(new WritableStream()).catch(() => {});
  return child;
};

test("all threads of a background process have the lowest claim on processor, disk and memory", async () => {
  const child = drained(spawnStream(encoder(600), { isBackground: true }));
  try {
    expect(niceOf(child.pid)).toBe(19);
    const threads = await waitFor("the threads of the encoder", () => {
      const found = threadsOf(child.pid);
      return found.length >= 5 && found;
    });
    expect(threads.map((thread) => niceOf(child.pid, thread))).toEqual(threads.map(() => 19));
    const classes = await finished(["ionice", "-p", ...threads.map(String)]);
    expect(classes.stdout.trim().split("\n")).toEqual(threads.map(() => "idle"));
    expect(readFileSync(`/proc/${child.pid}/oom_score_adj`, "utf8").trim()).toBe("500");
  } finally {
    await child.stop();
  }
});

test("a background process that is held does nothing, goes on where it was, and comes to its end", async () => {
  const group = new BackgroundGroup();
  const child = group.run(() => drained(spawnStream(encoder(8), { isBackground: true })));
  expect(group.size).toBe(1);
  await waitFor("some work", () => cpuTicksOf(child.pid) > 3);
  group.pause();
  await waitFor("the hold", () => isHeld(child.pid));
  const ticks = cpuTicksOf(child.pid);
  await Bun.sleep(300);
  expect(cpuTicksOf(child.pid)).toBe(ticks);
  expect(child.pausedMs()).toBeGreaterThanOrEqual(300);
  group.resume();
  expect(await child.exited).toEqual({ code: 0, signal: undefined });
  const heldMs = child.pausedMs();
  await Bun.sleep(20);
  expect(child.pausedMs()).toBe(heldMs);
  await waitFor("an empty group", () => group.size === 0);
});

test("one that begins while its group is held begins to work when the group goes on", async () => {
  const group = new BackgroundGroup();
  group.pause();
  const child = group.run(() => drained(spawnStream(encoder(1), { isBackground: true })));
  await waitFor("the hold", () => stateOf(child.pid) === "T");
  group.resume();
  expect((await child.exited).code).toBe(0);
});

test("a held process ends when it is stopped, or its work is aborted", async () => {
  const abort = new AbortController();
  const group = new BackgroundGroup();
  const child = group.run(() =>
    drained(spawnStream(encoder(600), { isBackground: true, signal: abort.signal })),
  );
  group.pause();
  await waitFor("the hold", () => stateOf(child.pid) === "T");
  const startMs = performance.now();
  abort.abort();
  await child.exited;
  expect(performance.now() - startMs).toBeLessThan(2500);
  expect(isThere(child.pid)).toBe(false);
});

test("the time in which a tool is held does not count against its limit", async () => {
  const group = new BackgroundGroup();
  const result = group.run(() =>
    runTool(["sh", "-c", "sleep 0.3; echo done"], {
      timeoutMs: 2000,
      maxOutputBytes: 100,
      isBackground: true,
    }),
  );
  group.pause();
  await Bun.sleep(2500);
  group.resume();
  expect((await result).stdout).toBe("done\n");
});

test("nothing stays of a held background process when the program is killed", async () => {
  const source = JSON.stringify(resolve(import.meta.dir, "../../src/platform"));
  const script = `
    const { spawnStream } = await import(${source} + "/process.ts");
    const child = spawnStream(${JSON.stringify(encoder(600))}, { isBackground: true });
    child.pause();
    console.log(child.pid);
    await Bun.sleep(60_000);
  `;
  const parent = Bun.spawn([process.execPath, "--no-orphans", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
    env: cleanEnvironment(),
  });
  let said = "";
  for await (const chunk of parent.stdout) {
    said += new TextDecoder().decode(chunk);
    if (said.includes("\n")) break;
  }
  const pid = Number(said);
  await waitFor("the hold", () => stateOf(pid) === "T");
  parent.kill("SIGKILL");
  await parent.exited;
  await waitFor("the end of what it started", () => !isThere(pid));
});

test("the processes of a heavy job are held while recording falls behind; those of a light one go on", async () => {
  await using folder = await tempFolder();
  const state = StateDatabase.open(folder.file("state.db"));
  let holding: Holding | undefined;
  const gate = {
    look: () => holding,
    get last() {
      return holding;
    },
  };
  const queue = new JobQueue({ table: state.jobs, clock: systemClock(), zone: () => "UTC", gate });
  const children = new Map<string, StreamProcess>();
  for (const [name, isHeavy] of [
    ["ageing", true],
    ["moment", false],
  ] as const) {
    queue.register({
      name,
      isHeavy,
      atOnce: 1,
      payload: z.null(),
      title: () => name,
      async run(_payload, { signal }) {
        // However deep within the work it is started.
        await Bun.sleep(10);
        const child = drained(spawnStream(encoder(600), { isBackground: true, signal }));
        children.set(name, child);
        await child.exited;
        signal.throwIfAborted();
        return "done";
      },
    });
  }
  queue.start();
  try {
    const heavy = queue.add({ kind: "ageing", payload: null, who: "" });
    queue.add({ kind: "moment", payload: null, who: "ann" });
    await waitFor("both", () => children.size === 2);
    const pidOf = (name: string): number => children.get(name)?.pid ?? 0;
    holding = { cause: "recording", why: "Waits while recording falls behind", holdsProcesses: true };
    await waitFor("the hold", () => stateOf(pidOf("ageing")) === "T");
    expect(stateOf(pidOf("moment"))).not.toBe("T");
    expect(queue.get(heavy.id)?.note).toBe(holding.why);
    holding = undefined;
    await waitFor("its going on", () => stateOf(pidOf("ageing")) !== "T");
    holding = { cause: "window", why: "Waits for 22:00", holdsProcesses: true };
    await waitFor("the hold", () => stateOf(pidOf("ageing")) === "T");
    await queue.stop();
    expect([...children.values()].map(({ pid }) => isThere(pid))).toEqual([false, false]);
    expect(queue.list().map((job) => job.state)).toEqual(["queued", "queued"]);
  } finally {
    await queue.stop();
    state.close();
  }
});
