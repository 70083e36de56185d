import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The top folder of the source tree. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Runs a short program and returns its exit code and output; `code` is `undefined` when it can't be started. */
export function output(command, args, options = {}) {
  const done = spawnSync(command, args, { cwd: root, encoding: "utf8", ...options });
  return { code: done.status ?? undefined, text: `${done.stdout ?? ""}${done.stderr ?? ""}` };
}

/** Path of a program by `PATH` and the system folders, or `undefined`. */
export function which(name) {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** Processes that descend from `pid`, by the kernel's list. */
function descendants(pid) {
  const list = `/proc/${pid}/task/${pid}/children`;
  if (!existsSync(list)) return [];
  let children = [];
  try {
    children = readFileSync(list, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
  return children.flatMap((child) => [child, ...descendants(child)]);
}

/** Ends a process and everything below it. */
function endTree(pid) {
  for (const each of [...descendants(pid).reverse(), pid]) {
    try {
      process.kill(each, "SIGKILL");
    } catch {
      // It ended by itself in between.
    }
  }
}

/**
 * Runs a program with its output shown, and returns `{ code, text, timedOut }`: `text` is all it printed. Past
 * `timeoutMs` it and everything below it is killed. Signals that end this process end it, too.
 */
export function run(command, args, { env = {}, timeoutMs, quiet = false } = {}) {
  return new Promise((done) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    let timedOut = false;
    const take = (target) => (chunk) => {
      text += chunk;
      if (!quiet) target.write(chunk);
    };
    child.stdout.setEncoding("utf8").on("data", take(process.stdout));
    child.stderr.setEncoding("utf8").on("data", take(process.stderr));
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            endTree(child.pid);
          }, timeoutMs);
    const onSignal = (signal) => {
      endTree(child.pid);
      process.exit(signal === "SIGINT" ? 130 : 143);
    };
    const signals = ["SIGINT", "SIGTERM"];
    for (const signal of signals) process.on(signal, onSignal);
    const end = (code) => {
      clearTimeout(timer);
      for (const signal of signals) process.off(signal, onSignal);
      done({ code, text, timedOut });
    };
    child.on("error", (error) => {
      text += error.message;
      end(127);
    });
    child.on("exit", (code) => {
      // A grandchild that kept the pipes open must not keep this waiting.
      setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
        end(code ?? 1);
      }, 100);
    });
  });
}

/** Runs a program in the foreground as if it were this one: its exit code, its terminal, its signals. */
export function become(command, args) {
  const child = spawn(command, args, { cwd: root, stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to both; a second one would tell the child to hurry.
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on("error", (error) => {
    process.stderr.write(`nightjar: ${error.message}\n`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));
}
