import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { cleanEnvironment } from "../support/processes.ts";
import { tempFolder } from "../support/temp.ts";
import { waitFor } from "../support/wait.ts";

const moduleOf = (name: string): string =>
  JSON.stringify(resolve(import.meta.dir, "../../src/platform", name));

/** Runs a script as the executable runs, where the kernel kills it with its parent unless it says otherwise. */
const runArguments = (script: string): string[] => [process.execPath, "--no-orphans", "-e", script];

test("a server outlives the shell that started it", async () => {
  await using folder = await tempFolder("nightjar-parent-");
  const survivor = join(folder.path, "survivor");
  const alone = join(folder.path, "alone");
  const script = `
    import { outliveParent } from ${moduleOf("parent.ts")};
    outliveParent();
    await Bun.write(${JSON.stringify(join(folder.path, "started"))}, "");
    for (let i = 0; i < 200 && !(await Bun.file(${JSON.stringify(alone)}).exists()); i += 1) await Bun.sleep(100);
    await Bun.write(${JSON.stringify(survivor)}, String(process.pid));
  `;
  const shell = Bun.spawn(
    [
      "sh",
      "-c",
      '"$@" & sleep 0.1; while [ ! -e started ]; do sleep 0.05; done',
      "sh",
      ...runArguments(script),
    ],
    {
      cwd: folder.path,
      stdio: ["ignore", "ignore", "ignore"],
      env: cleanEnvironment(),
    },
  );
  await shell.exited;
  // As long as it may take the kernel to kill what belongs to the one that ended.
  await Bun.sleep(500);
  expect(existsSync(survivor)).toBe(false);
  await Bun.write(alone, "");
  await waitFor("the sign of life of the one left behind", () => existsSync(survivor));
});

/** Runs the signal handling in a terminal; closing the terminal sends SIGHUP. */
async function inTerminal(
  prefix: readonly string[],
  act: (pid: number, close: () => void, read: () => Promise<string>) => Promise<void>,
): Promise<string> {
  await using folder = await tempFolder("nightjar-terminal-");
  const told = join(folder.path, "told");
  const script = `
    import { appendFileSync } from "node:fs";
    import { onSignals } from ${moduleOf("signals.ts")};
    const tell = (text) => appendFileSync(${JSON.stringify(told)}, text + "\\n");
    const end = onSignals({ reload: async () => tell("reload") });
    tell("pid " + process.pid);
    const timer = setTimeout(() => { tell("never ended"); process.exit(1); }, 20_000);
    tell("end by " + (await end));
    process.exit(0);
  `;
  const child = Bun.spawn([...prefix, process.execPath, "-e", script], {
    cwd: folder.path,
    env: cleanEnvironment(),
    terminal: { cols: 80, rows: 25, data: () => {} },
  });
  const read = async () => (existsSync(told) ? await Bun.file(told).text() : "");
  await waitFor("its start", async () => (await read()).includes("pid"));
  const pid = Number(/pid (\d+)/.exec(await read())?.[1]);
  await act(pid, () => child.terminal?.close(), read);
  await child.exited;
  return (await read()).replace(/pid \d+\n/, "");
}

test("a closed terminal ends it as Ctrl-C does", async () => {
  expect(await inTerminal([], async (_pid, close) => close())).toBe("end by SIGHUP\n");
});

test("under nohup a closed terminal changes nothing", async () => {
  const told = await inTerminal(["nohup"], async (pid, close) => {
    close();
    await Bun.sleep(300);
    process.kill(pid, "SIGTERM");
  });
  expect(told.replace("reload\n", "")).toBe("end by SIGTERM\n");
});

test("SIGHUP from a person, the terminal open, reloads", async () => {
  const told = await inTerminal([], async (pid, _close, read) => {
    process.kill(pid, "SIGHUP");
    await waitFor("the reload", async () => (await read()).includes("reload"));
    process.kill(pid, "SIGTERM");
  });
  expect(told).toBe("reload\nend by SIGTERM\n");
});
