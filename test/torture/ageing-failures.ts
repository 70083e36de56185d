import { chmod, mkdir, readFile, stat, statfs, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Nightjar, type NightjarOptions } from "../support/nightjar.ts";
import { tempFolder } from "../support/temp.ts";
import { waitFor } from "../support/wait.ts";
import { configOf, DATE, dayFolder, listedDay, makeDay, namesIn } from "./ageing-day.ts";
import { jobOf } from "./ageing-kills.ts";

export type Failure = { state: string; error: string; isUntouched: boolean };

/** The original's files, by name and length. */
async function originals(folder: string): Promise<string> {
  const day = dayFolder(folder);
  const names = (await namesIn(day)).filter((name) => !name.startsWith("."));
  const sizes = await Promise.all(names.map(async (name) => `${name} ${(await stat(join(day, name))).size}`));
  return sizes.join("\n");
}

/** Lets a server try to age a small day in which something is wrong; answers what came of its job. */
export async function failure(
  prepare: (folder: string) => Promise<Partial<NightjarOptions>>,
  at?: string,
): Promise<Failure> {
  await using temporary = await tempFolder();
  const folder = at ?? temporary.path;
  await makeDay({ folder, hours: 1 });
  const options = await prepare(folder);
  const before = await originals(folder);
  await using server = await Nightjar.start({ folder, config: configOf(), ...options });
  const covered = JSON.stringify(await listedDay(server));
  const job = await waitFor(
    "the job to fail",
    async () => {
      const found = await jobOf(server, DATE);
      return found?.error ? found : undefined;
    },
    { timeoutMs: 600_000 },
  );
  const isUntouched =
    (await originals(folder)) === before && JSON.stringify(await listedDay(server)) === covered;
  await server.stop();
  return { state: job.state, error: job.error ?? "", isUntouched };
}

/** Changes one byte in the middle of a recording. */
export async function damage(folder: string): Promise<Partial<NightjarOptions>> {
  const path = join(dayFolder(folder), "00-30-00+0000.mp4");
  const bytes = await readFile(path);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 0xff;
  await writeFile(path, bytes);
  return {};
}

/** Programs that the server finds; ffmpeg is the given script, or none. */
export async function withFfmpeg(
  folder: string,
  script: string | undefined,
): Promise<Partial<NightjarOptions>> {
  const programs = join(folder, "bin");
  await mkdir(programs);
  const path = join(programs, "ffmpeg");
  if (script !== undefined) {
    await writeFile(path, `#!/bin/sh\ncase "$*" in *testsrc2*) exit 0;; esac\n${script}\n`);
    await chmod(path, 0o755);
  }
  for (const name of ["sh", "sleep", "kill"]) await symlink(`/bin/${name}`, join(programs, name));
  return { env: { PATH: programs } };
}

/** Fills a disk up to so many bytes. */
export async function fillDisk(path: string, leftBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(path);
  await writeFile(join(path, "filler"), Buffer.alloc(Math.max(0, bavail * bsize - leftBytes)));
}
