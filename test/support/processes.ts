import { readdirSync, readFileSync } from "node:fs";
import { within } from "./wait.ts";

export type RunningProcess = { pid: number; command: string };

/**
 * Processes that have `name=value` in the environment they were started with, and so all that descend from one
 * that was given it, whoever is their parent now. Those that have ended and only wait to be counted are left out.
 */
export function processesMarked(name: string, value: string): RunningProcess[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        const environment = readFileSync(`/proc/${entry}/environ`, "utf8").split("\0");
        if (!environment.includes(`${name}=${value}`)) return [];
        const command = readFileSync(`/proc/${entry}/cmdline`, "utf8").replaceAll("\0", " ").trim();
        return [{ pid: Number(entry), command }];
      } catch {
        return [];
      }
    });
}

/** The environment of this process without Nightjar's own variables, which it would take for configuration. */
export function cleanEnvironment(extra: Record<string, string> = {}): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith("NIGHTJAR_"),
  );
  return { ...Object.fromEntries(kept), ...extra };
}

export type Finished = { code: number; stdout: string; stderr: string };

/**
 * Runs a program to its end, with `input` on its standard input, and returns all that it wrote.
 * @throws Error when it takes longer than `timeoutMs`; it is killed then.
 */
export async function finished(
  argv: readonly string[],
  {
    timeoutMs = 60_000,
    env,
    cwd,
    input,
  }: { timeoutMs?: number; env?: Record<string, string>; cwd?: string; input?: string } = {},
): Promise<Finished> {
  const child = Bun.spawn([...argv], {
    stdin: input === undefined ? "ignore" : Buffer.from(input),
    stdout: "pipe",
    stderr: "pipe",
    env: env ?? cleanEnvironment(),
    ...(cwd === undefined ? {} : { cwd }),
  });
  try {
    const all = Promise.all([
      child.exited,
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ]);
    const [code, stdout, stderr] = await within(argv.join(" "), timeoutMs, all);
    return { code, stdout, stderr };
  } finally {
    child.kill("SIGKILL");
  }
}

/** CPU time in seconds (user and system) of a process and of all its children that have ended. */
export function cpuSecondsWithChildren(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticksPerSecond = 100;
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / ticksPerSecond;
}

/** CPU time in seconds (user and system) and proportional memory in bytes of a process at this moment. */
export function usageOf(pid: number): { cpuSeconds: number; memoryBytes: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticksPerSecond = 100;
  const cpuTicks = Number(fields[11]) + Number(fields[12]);
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const pssKibibytes = Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
  return { cpuSeconds: cpuTicks / ticksPerSecond, memoryBytes: pssKibibytes * 1024 };
}
