import { readdirSync, readFileSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { run } from "./run.mjs";
import { seconds } from "./say.mjs";

/** In the environment of everything that steps start, so that what they leave running is known as theirs. */
const MARK = `TEST_RUN_ID=${randomUUID()}`;

/** Processes that a step started and that still run, whoever is their parent now. */
function leftovers() {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(MARK);
      } catch {
        return false;
      }
    })
    .map((pid) => ({
      pid: Number(pid),
      command: readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim(),
    }));
}

/** Counts what `bun test` says at its end; without its summary, what it said on the way and one failure more. */
export function countTests({ code, text, timedOut }) {
  // Colours would hide the words.
  const plain = text.replaceAll(/\u001b\[[\d;]*m/g, "");
  const summed = (word) => [...plain.matchAll(new RegExp(`^ *(\\d+) ${word}$`, "gm"))].at(-1)?.[1];
  const listed = (word) => [...plain.matchAll(new RegExp(`^\\(${word}\\)`, "gm"))].length;
  const complete = !timedOut && summed("pass") !== undefined;
  const passed = complete ? Number(summed("pass")) : listed("pass");
  const left = Number(summed("skip") ?? 0) + Number(summed("todo") ?? 0);
  const failed = (complete ? Number(summed("fail") ?? 0) : listed("fail") + 1) + left;
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed };
}

/** A series of steps that are all run, whatever fails, and counted together. */
export class Steps {
  passed = 0;
  failed = 0;
  #failures = [];

  /** Runs `action`, which resolves with `{ passed, failed }`; prints how long it took. */
  async step(name, action) {
    const started = Date.now();
    process.stdout.write(`\n== ${name}\n`);
    const counted = await action();
    this.passed += counted.passed;
    this.failed += counted.failed;
    const word = counted.failed === 0 ? "passed" : "FAILED";
    if (counted.failed > 0) this.#failures.push(name);
    process.stdout.write(`== ${name}: ${word} in ${seconds(Date.now() - started)}\n`);
  }

  /** A step that is one command, which passes or fails as a whole. */
  command(name, command, args, { timeoutMs = 120_000, env = {} } = {}) {
    return this.step(name, async () => {
      const done = await this.#run(command, args, { timeoutMs, env });
      return done.code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
    });
  }

  /** A step that is a run of `bun test`, whose tests are counted one by one. */
  tests(name, bun, paths, { timeoutMs, testTimeoutMs, args = ["--isolate"], env = {} }) {
    return this.step(name, async () => {
      const all = ["test", ...args, `--timeout=${testTimeoutMs}`, ...paths];
      return countTests(await this.#run(bun, all, { timeoutMs, env: { CI: "true", ...env } }));
    });
  }

  /** Fails for each process that a step left running, and ends it. */
  noLeftovers() {
    return this.step("no process left over", async () => {
      const left = leftovers();
      for (const { pid, command } of left) {
        process.stdout.write(`still running: ${pid} ${command}\n`);
        process.kill(pid, "SIGKILL");
      }
      return left.length === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: left.length };
    });
  }

  /** Prints the one line that counts, and ends this process. */
  end() {
    if (this.#failures.length > 0) process.stdout.write(`\nfailed: ${this.#failures.join(", ")}\n`);
    process.stdout.write(`${this.passed} passed, ${this.failed} failed\n`);
    process.exit(this.failed === 0 ? 0 : 1);
  }

  async #run(command, args, { timeoutMs, env }) {
    const [name, value] = MARK.split("=");
    const done = await run(command, args, { timeoutMs, env: { ...env, [name]: value } });
    if (done.timedOut) process.stdout.write(`\nstill not done after ${seconds(timeoutMs)}: ended\n`);
    return done;
  }
}
