import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { acquireDataLock } from "../../../src/platform/data-lock.ts";
import { NightjarError } from "../../../src/platform/errors.ts";

const module = resolve(import.meta.dir, "../../../src/platform/data-lock.ts");

function failure(work: () => unknown): NightjarError {
  try {
    work();
  } catch (error) {
    if (error instanceof NightjarError) return error;
    throw error;
  }
  throw new Error("it did not throw");
}

test("one process holds a data folder; a killed one holds it no more", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nightjar-lock-"));
  try {
    const script = `
      const { acquireDataLock } = await import(${JSON.stringify(module)});
      acquireDataLock(${JSON.stringify(folder)}, 1000);
      console.log("held");
      await Bun.sleep(60_000);`;
    const holder = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe" });
    try {
      const { value } = await holder.stdout.getReader().read();
      expect(new TextDecoder().decode(value)).toBe("held\n");
      const refused = failure(() => acquireDataLock(folder));
      expect(refused.kind).toBe("conflict");
      expect(refused.message).toBe(
        `The data folder ${folder} is in use by another Nightjar (process ${holder.pid}, since 1970-01-01T00:00:01.000Z)`,
      );
    } finally {
      holder.kill("SIGKILL");
      await holder.exited;
    }
    const lock = acquireDataLock(folder);
    expect(failure(() => acquireDataLock(folder)).message).toContain(`process ${process.pid}`);
    lock.release();
    acquireDataLock(folder).release();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a folder that can't be made is a mistake in the configuration", () => {
  expect(failure(() => acquireDataLock("/proc/nightjar")).kind).toBe("config");
});
