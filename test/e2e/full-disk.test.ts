import { expect, test } from "bun:test";
import { mkdir, writeFile } from "node:fs/promises";
import { Nightjar } from "../support/nightjar.ts";
import { finished } from "../support/processes.ts";
import { tempFolder } from "../support/temp.ts";
import { waitFor } from "../support/wait.ts";

const PATIENCE = { timeoutMs: 20_000 };

/** A disk of 24 MB, mounted until it is disposed of. */
async function smallDisk(path: string): Promise<AsyncDisposable & { path: string }> {
  await mkdir(path, { recursive: true });
  const { code, stderr } = await finished(["mount", "-t", "tmpfs", "-o", "size=24M", "tmpfs", path]);
  if (code !== 0) throw new Error(stderr);
  return { path, [Symbol.asyncDispose]: async () => void (await finished(["umount", path])) };
}

test("a disk that others filled is called full and not missing, by health, the page and the channel", async () => {
  await using folder = await tempFolder();
  await using disk = await smallDisk(folder.file("disk"));
  await using server = await Nightjar.start({
    folder: folder.path,
    config: { storage: { path: disk.path }, channels: { cam: { source: "demo:" } } },
  });
  await waitFor("footage", async () => (await fetch(`${server.url}/cam/live.m3u8`)).ok, PATIENCE);
  for (let number = 0; number < 8; number += 1) {
    // The last ones don't fit in any more.
    await writeFile(folder.file(`disk/others-${number}`), new Uint8Array(4_000_000)).catch(() => {});
  }
  const said = async (path: string) => (await fetch(`${server.url}${path}`)).text();
  await waitFor("trouble", async () => (await said("/health")).includes('"failing"'), PATIENCE);
  await waitFor(
    "an outage",
    async () => (await said("/api/channels/cam")).includes("no room can be"),
    PATIENCE,
  );
  const texts = await Promise.all(["/health", "/", "/api/channels/cam"].map(said));
  expect(texts[0]).toContain("storage-full");
  expect(texts[1]).toContain("is full and no room can be made");
  expect(texts[2]).toContain("Not recording, the disk is full");
  for (const text of texts) expect(text).not.toMatch(/storage-missing|storage (?:is missing|was not there)/);
}, 60_000);
