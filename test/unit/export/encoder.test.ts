import { expect, test } from "bun:test";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { finished } from "../../support/processes.ts";
import { tempFolder } from "../../support/temp.ts";

const source = resolve(import.meta.dir, "../../../src/export/encoder.ts");

/** Runs a script with a program in the place of ffmpeg, which it may put another one in the place of; what it prints. */
async function withFfmpeg(program: string, script: string): Promise<string> {
  await using folder = await tempFolder();
  await mkdir(folder.file("bin"));
  const ffmpeg = folder.file("bin/ffmpeg");
  await writeFile(ffmpeg, `#!/bin/sh\n${program}\n`);
  await chmod(ffmpeg, 0o755);
  const test = `
    import { rmSync, writeFileSync } from "node:fs";
    import { encoderFor, runEncoder } from ${JSON.stringify(source)};
    const told = (work) => work.then(String, ({ kind, message }) => kind + ": " + message);
    const install = (program) => {
      rmSync(${JSON.stringify(ffmpeg)});
      writeFileSync(${JSON.stringify(ffmpeg)}, "#!/bin/sh\\n" + program + "\\n", { mode: 0o755 });
    };
    ${script}`;
  const file = folder.file("script.ts");
  await writeFile(file, test);
  const env = { PATH: `${folder.file("bin")}:${process.env["PATH"]}` };
  const { stdout, stderr } = await finished([process.execPath, file], { env });
  expect(stderr).toBe("");
  return stdout.trim();
}

const run = `
  const signal = new AbortController().signal;
  const options = { stdin: new Blob(["x"]).stream(), signal, isBackground: true, stallMs: 20_000 };
  console.log(await told(runEncoder(["-f", "null", "-"], options)));`;

test("an ffmpeg that something ends, as the system does without memory, may do it later; one that fails does not", async () => {
  expect(await withFfmpeg("kill -KILL $$", run)).toBe(
    "unavailable: ffmpeg was ended in the middle of its work, by SIGKILL",
  );
  expect(await withFfmpeg("echo 'no such filter' >&2; exit 1", run)).toStartWith("unprocessable: ");
});

test("a full disk is told as one, whatever ffmpeg says after it, and may have room later", async () => {
  const says =
    "echo 'Error writing trailer: No space left on device' >&2; echo 'Conversion failed!' >&2; exit 1";
  expect(await withFfmpeg(says, run)).toBe("unavailable: There is no room for the film on the disk");
});

test("another ffmpeg that is installed in the place of one without an encoder is asked anew", async () => {
  const script = `
    console.log(await told(encoderFor("h264")));
    install("echo ' V....D libx264   H.264'");
    console.log(await told(encoderFor("h264")));`;
  const [before, after] = (await withFfmpeg("echo ' V....D mpeg4   MPEG-4'", script)).split("\n");
  expect(before).toContain("can't make H.264");
  expect(after).toBe("libx264");
});
