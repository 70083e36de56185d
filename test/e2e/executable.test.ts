import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { resolve } from "node:path";
import { intervalPath, playlistOf, waitForRecording } from "../support/channels.ts";
import { decodeErrors } from "../support/ffmpeg.ts";
import { Nightjar, nightjarBinary } from "../support/nightjar.ts";
import { freePort } from "../support/ports.ts";
import { cleanEnvironment, finished } from "../support/processes.ts";
import { tempFolder } from "../support/temp.ts";
import { waitFor } from "../support/wait.ts";

const armBinary = resolve(import.meta.dir, "../../dist/nightjar-linux-arm64");
/** A Pi 4's processor; the emulator's default has instructions that a Pi lacks. */
const armLauncher = ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu", "-cpu", "cortex-a72"];

const VERSION = /^nightjar \d+\.\d+\.\d+(\+[0-9a-f]+)?\n$/;

describe("the executable", () => {
  test("tells its version, and its help names every command", async () => {
    const version = await finished([nightjarBinary, "--version"]);
    expect(version.stdout).toMatch(VERSION);
    const help = await finished([nightjarBinary, "--help"]);
    for (const command of [
      "serve",
      "demo",
      "check",
      "doctor",
      "ls",
      "reindex",
      "verify",
      "remove",
      "storage add",
    ]) {
      expect(help.stdout).toContain(command);
    }
  });

  test("ignores .env and bunfig.toml of the folder it runs in", async () => {
    await using folder = await tempFolder();
    await Bun.write(folder.file("bunfig.toml"), 'preload = ["./evil.ts"]\n');
    await Bun.write(folder.file("evil.ts"), 'console.log("evil");\n');
    await Bun.write(folder.file(".env"), "NIGHTJAR_LISTEN=nonsense\n");
    const done = await finished([nightjarBinary, "check"], { cwd: folder.path });
    expect(done.code).toBe(0);
    expect(done.stdout).not.toContain("evil");
  });

  test("runs from an empty folder with no ffmpeg, and says what it lacks", async () => {
    await using folder = await tempFolder();
    mkdirSync(folder.file("bin"));
    const env = { PATH: folder.file("bin"), HOME: folder.path };
    const channels = { cam: { source: "demo:" } };
    await using server = await Nightjar.start({ folder: folder.path, config: { channels }, env });
    for (const path of ["/", "/cam", "/playlist.m3u", "/api/channels"])
      expect((await server.fetch(path)).status).toBe(200);
    expect(await (await server.fetch("/health")).text()).toContain("ffmpeg");
    const page = await server.text("/");
    const assets = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((match) => match[1] ?? "");
    expect(assets.length).toBeGreaterThan(0);
    for (const asset of assets)
      expect({ asset, status: (await server.fetch(asset)).status }).toEqual({ asset, status: 200 });
    expect(page).not.toMatch(/(src|href)="(https?:)?\/\//);
  });

  test("the demo records two cameras into its folder, and takes them up again", async () => {
    await using folder = await tempFolder();
    const listen = `127.0.0.1:${await freePort()}`;
    const run = async () => {
      const child = Bun.spawn([nightjarBinary, "demo", "--listen", listen], {
        cwd: folder.path,
        stdout: "ignore",
        stderr: "ignore",
        env: cleanEnvironment(),
      });
      const listed = async () => {
        const { channels } = (await (await fetch(`http://${listen}/api/channels`)).json()) as {
          channels: { id: string; state: string; hasFootage: boolean }[];
        };
        return channels.every(({ state, hasFootage }) => state === "recording" && hasFootage) && channels;
      };
      try {
        const channels = await waitFor("both cameras recording", listed, { timeoutMs: 30_000, everyMs: 200 });
        expect(channels.length).toBe(2);
        child.kill("SIGTERM");
        expect(await child.exited).toBe(0);
      } finally {
        child.kill("SIGKILL");
      }
      const archive = folder.file("nightjar-demo");
      return readdirSync(archive, { recursive: true, encoding: "utf8" }).filter((name) =>
        name.endsWith(".mp4"),
      );
    };
    const first = await run();
    const second = await run();
    expect(first.length).toBeGreaterThanOrEqual(2);
    expect(second).toEqual(expect.arrayContaining(first));
    expect(second.length).toBeGreaterThan(first.length);
  });
});

describe("the executable for arm64, emulated", () => {
  test("tells its version", async () => {
    expect(existsSync(armBinary)).toBe(true);
    const version = await finished([...armLauncher, armBinary, "--version"], { timeoutMs: 60_000 });
    expect(version.stdout).toMatch(VERSION);
  });

  test("records, and answers with a playlist that plays", async () => {
    await using folder = await tempFolder();
    const fromMs = Date.now() - 1000;
    await using server = await Nightjar.start({
      folder: folder.path,
      config: { channels: { cam: { source: "demo:" } } },
      launcher: armLauncher,
      binary: armBinary,
      startTimeoutMs: 60_000,
    });
    await waitForRecording(server, ["cam"], { timeoutMs: 60_000, withFootage: true });
    await Bun.sleep(5000);
    const path = intervalPath("cam", fromMs, Date.now());
    expect((await playlistOf(server, path)).segments.length).toBeGreaterThan(1);
    expect(await decodeErrors(server.url + path)).toBe("");
    expect((await server.stop(20_000)).code).toBe(0);
  });
});
