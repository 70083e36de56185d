import { expect, test } from "bun:test";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { makeClip } from "../rtsp/clip.ts";
import { cleanEnvironment, finished } from "../support/processes.ts";
import { tempFolder } from "../support/temp.ts";
import type { CutRecording } from "./cut-recorder.ts";

test("a picture that was cut off with the connection is not recorded, however long ffmpeg takes to end", async () => {
  await using folder = await tempFolder();
  // It ends half a second after it has written its last, as on a machine with too much to do.
  await Bun.write(folder.file("ffmpeg"), `#!/bin/sh\n"${Bun.which("ffmpeg")}" "$@"\nexec sleep 0.5\n`);
  await chmod(folder.file("ffmpeg"), 0o755);
  await makeClip();
  const { stdout, stderr } = await finished([process.execPath, join(import.meta.dir, "cut-recorder.ts")], {
    env: cleanEnvironment({ PATH: `${folder.path}:${process.env["PATH"]}` }),
    timeoutMs: 30_000,
  });
  expect(stderr).toBe("");
  const { reason, indices, sent } = JSON.parse(stdout) as CutRecording;
  expect(reason).toBe("source-offline");
  expect(indices.length).toBeGreaterThanOrEqual(30);
  expect(indices).toEqual(sent.slice(0, indices.length));
}, 60_000);
