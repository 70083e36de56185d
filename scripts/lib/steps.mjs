import { readdirSync, readFileSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { countTests, failedTests } from "./bun-tests.mjs";
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

/** A series of steps that are all run, whatever fails, and counted together. */
export class Steps {
  passed = 0;
  failed = 0;
  #failures = [];
  #told = [];

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

  /**
   * A step that is a run of `bun test`, whose tests are counted one by one. Up to `secondRuns` files that failed are
   * run once more by themselves, since tests of real time can fail for want of a processor; what both runs said is
   * told at the end.
   */
  tests(name, bun, paths, { timeoutMs, testTimeoutMs, args = ["--isolate"], env = {}, secondRuns = 0 }) {
    const limits = { timeoutMs, env: { CI: "true", ...env } };
    return this.step(name, async () => {
      const all = ["test", ...args, `--timeout=${testTimeoutMs}`, ...paths];
      const done = await this.#run(bun, all, limits);
      const counted = countTests(done);
      const failed = failedTests(done.text);
      this.#told.push(...failed.map(({ file, told }) => `${file}:\n${told}`));
      const files = [...new Set(failed.map(({ file }) => file))];
      const isComplete = failed.length > 0 && failed.length === counted.failed;
      if (!isComplete || files.length > secondRuns) return counted;
      process.stdout.write(`\n== ${name}: once more ${files.join(" ")}\n`);
      const again = ["test", "--isolate", `--timeout=${testTimeoutMs}`, ...files.map((file) => `./${file}`)];
      const second = await this.#run(bun, again, limits);
      this.#told.push(...failedTests(second.text).map(({ file, told }) => `again, ${file}:\n${told}`));
      if (countTests(second).failed > 0) return counted;
      this.#told.push(`failed first, and passed by itself: ${files.join(" ")}`);
      return { passed: counted.passed + counted.failed, failed: 0 };
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

  /** Prints each failed test once more, where it can't be missed, then the one line that counts, and ends this process. */
  end() {
    for (const told of this.#told) process.stdout.write(`\n${told}\n`);
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
