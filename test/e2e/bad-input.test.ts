import { readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmod, mkdir } from "node:fs/promises";
import { channelReport, waitForRecording } from "../support/channels.ts";
import { Nightjar, nightjarBinary, nightjarCommand, writeConfig } from "../support/nightjar.ts";
import { cleanEnvironment, finished } from "../support/processes.ts";
import { tempFolder, type TempFolder } from "../support/temp.ts";

describe("bad requests", () => {
  let folder: TempFolder;
  let server: Nightjar;

  beforeAll(async () => {
    folder = await tempFolder();
    server = await Nightjar.start({
      folder: folder.path,
      config: { channels: { cam: { source: "demo:" } } },
    });
    await waitForRecording(server, ["cam"], { withFootage: true });
  }, 60_000);
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  test.each([
    ["/nobody/live.m3u8", 404, "nobody"],
    ["/nobody", 404, "nobody"],
    ["/cam/stream/2031-02-30/playlist.m3u8", 400, "2031-02-30"],
    ["/cam/stream/1999-01-01/playlist.m3u8", 404, ""],
    ["/cam/stream/9/playlist.m3u8", 400, "9"],
    ["/cam/archive-1700000000-60.m3u8", 404, ""],
    ["/cam/archive-1700000000-0.m3u8", 400, "duration"],
    ["/cam/archive-1700000000--5.m3u8", 400, ""],
    ["/cam/archive-1700000000-99999999999.m3u8", 400, "duration"],
    ["/cam/archive-99999999999999999999-60.m3u8", 400, "from"],
    ["/cam/archive-NaN-60.m3u8", 400, "from"],
    ["/cam/archive-1e9-60.mpd", 400, "from"],
    ["/streamer/cam.m3u8", 400, "startTime"],
    ["/streamer/cam.m3u8?startTime=yesterday", 400, "yesterday"],
    ["/streamer/cam.m3u8?startTimestamp=1700000100&endTimestamp=1700000000", 400, "endTimestamp"],
    ["/streamer/cam/metadata?startTimestamp=1700000000&endTimestamp=1700000060&gaps=maybe", 400, "gaps"],
    ["/streamer/cam.m3u8?startTime=5/7/2024T12:00:00&tz=Mars/Olympus", 400, "tz"],
    ["/cam/segment/aaaaaaaaaa-1.m4s", 404, ""],
    ["/cam/segment/aaaaaaaaaa-99999999999999999999.m4s", 404, ""],
    ["/cam/segment/x.m4s", 404, ""],
    ["/cam/init/aaaaaaaaaa.mp4", 404, ""],
    ["/api/channels/nobody", 404, "nobody"],
    ["/assets/nothing.js", 404, ""],
    ["/no/such/thing", 404, ""],
  ])("%s is a %d that says why", async (path, status, named) => {
    const response = await server.fetch(path);
    const body = await response.text();
    expect({ path, status: response.status }).toEqual({ path, status });
    expect(body).toContain(named);
    expect(body.length).toBeGreaterThan(10);
  });

  /** Parts that try to leave their folder, put in the place of each part of real addresses. */
  const escapes = [
    "..",
    "%2e%2e",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "..%2f..",
    "%5c..%5c",
    "a%00b",
    "%",
    "%ff",
    "%2f",
  ];
  const addresses = [
    "/X/live.m3u8",
    "/X",
    "/cam/stream/X/playlist.m3u8",
    "/cam/archive-X-60.m3u8",
    "/cam/segment/X.m4s",
    "/cam/init/X.mp4",
    "/streamer/X.m3u8?startTimestamp=1",
    "/streamer/X/metadata",
    "/api/channels/X",
    "/assets/X",
    "/assets/vendor/X",
  ];
  test.each(addresses)("%s: no escape leads anywhere, and none is a 500", async (address) => {
    for (const escape of escapes) {
      const path = address.replace("X", escape);
      // Sent as it stands: `fetch` would tidy the path up.
      const done = await finished([
        "curl",
        "-s",
        "--path-as-is",
        "-o",
        "-",
        "-w",
        "\n%{http_code}",
        server.url + path,
      ]);
      const status = Number(done.stdout.split("\n").at(-1));
      // A part that vanishes leaves the front page or another page of ours.
      expect({ path, isBad: status === 0 || status >= 500 }).toEqual({ path, isBad: false });
      expect(done.stdout).not.toContain("root:");
      expect(done.stdout).not.toContain("SQLite");
    }
  });

  test("other methods, foreign hosts and absurd ranges are refused, and recording goes on", async () => {
    for (const method of ["POST", "PUT", "DELETE", "PATCH"]) {
      const { status } = await server.fetch("/cam/live.m3u8", { method });
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
    }
    const foreign = await server.fetch("/api/channels", { headers: { host: "evil.example.org" } });
    expect(foreign.status).toBe(403);
    const segment = /^\/.*\.m4s$/m.exec(await server.text("/cam/live.m3u8"))?.[0];
    const path =
      segment ??
      new URL(/^[^#\n]+\.m4s$/m.exec(await server.text("/cam/live.m3u8"))![0], `${server.url}/cam/`).pathname;
    const range = await server.fetch(path, { headers: { range: "bytes=99999999999-" } });
    expect(range.status).toBe(416);
    expect((await channelReport(server, "cam")).state).toBe("recording");
  });

  test("a second instance on the same data folder is refused, with the first one's number", async () => {
    const second = folder.file("second");
    const { file } = await writeConfig(second, { data: folder.file("data") });
    const done = await finished([nightjarBinary, "serve", "--config", file], { timeoutMs: 15_000 });
    expect(done.code).toBe(1);
    expect(done.stderr).toContain(folder.file("data"));
    expect(done.stderr).toContain(String(server.pid));
  });

  test("a port in use is refused by its name", async () => {
    const second = folder.file("third");
    const listen = new URL(server.url).host;
    const { file } = await writeConfig(second, { listen });
    const done = await finished([nightjarBinary, "serve", "--config", file], { timeoutMs: 15_000 });
    expect(done.code).toBe(1);
    expect(done.stderr).toContain(listen.split(":")[1]!);
  });

  test("a changed file is taken up by SIGHUP; a broken one is not, and says so", async () => {
    const file = folder.file("nightjar.yaml");
    const before = await Bun.file(file).text();
    const runs = async () => (await channelReport(server, "cam")).day.recorded.length;
    const runsBefore = await runs();
    await Bun.write(file, `${before}\nnonsense: [`);
    server.signal("SIGHUP");
    await Bun.sleep(1000);
    expect(server.isRunning).toBe(true);
    expect(server.logText).toContain("nightjar.yaml");
    await Bun.write(file, before.replace("channels:", 'channels:\n  more:\n    source: "demo:street"'));
    server.signal("SIGHUP");
    await waitForRecording(server, ["more"]);
    expect(await runs()).toBe(runsBefore);
  });
});

describe("bad configurations", () => {
  const check = async (yaml: string, env: Record<string, string> = {}) => {
    await using folder = await tempFolder();
    await Bun.write(folder.file("nightjar.yaml"), yaml);
    return await nightjarCommand(["check"], { folder: folder.path, env });
  };

  test.each([
    ["storag: {}\n", ["nightjar.yaml:1", "storag", "storage"]],
    ["channels:\n  cam:\n    sorce: 'demo:'\n", ["nightjar.yaml:3", "sorce", "source"]],
    ["channels:\n  cam: { source: 'rtsp://a/1' }\n  CAM: { source: 'rtsp://a/2' }\n", ["CAM", "cam"]],
    ["channels:\n  api: { source: 'rtsp://a/1' }\n", ["nightjar.yaml:2", "api"]],
    ["channels:\n  '2024-01-01': { source: 'rtsp://a/1' }\n", ["2024-01-01"]],
    ["channels:\n  ../etc: { source: 'rtsp://a/1' }\n", ["../etc"]],
    ["channels:\n  cam: { source: 'rtsp://a/1', keep: { days: -1 } }\n", ["keep", "-1"]],
    ["storage: { flush: 5parsecs }\n", ["flush", "5parsecs"]],
    ["listen: 127.0.0.1:99999\n", ["listen", "99999"]],
    ["timezone: Mars/Olympus\n", ["timezone", "Mars/Olympus"]],
    ["channels: { cam: { source: 'rtsp://user:hunter2@[bad' } }\n", ["source"]],
    ["a: &a [*a]\n", ["nightjar.yaml"]],
    ["\tlisten: x\n", ["nightjar.yaml:1"]],
  ])("%j is refused with its place", async (yaml, named) => {
    const done = await check(yaml);
    expect(done.code).toBe(1);
    for (const text of named) expect(done.stderr).toContain(text);
    expect(done.stderr).not.toContain("hunter2");
    expect(done.stderr).not.toContain("    at ");
  });

  test("an unknown variable is refused, with the nearest", async () => {
    const done = await check("", { NIGHTJAR_LISTN: "127.0.0.1:1" });
    expect(done.code).toBe(1);
    expect(done.stderr).toContain("NIGHTJAR_LISTN");
    expect(done.stderr).toContain("NIGHTJAR_LISTEN");
  });

  test("an unknown command or flag is a mistake of usage, with the nearest", async () => {
    const command = await finished([nightjarBinary, "serv"]);
    expect({ code: command.code, said: command.stderr.includes("serve") }).toEqual({ code: 2, said: true });
    const flag = await finished([nightjarBinary, "check", "--confg", "x"]);
    expect({ code: flag.code, said: flag.stderr.includes("--config") }).toEqual({ code: 2, said: true });
  });

  test("a data folder that can't be written is refused by its name", async () => {
    await using folder = await tempFolder();
    await Bun.write(folder.file("occupied"), "a file");
    const { file } = await writeConfig(folder.path, { data: folder.file("occupied", "data") });
    const done = await finished([nightjarBinary, "serve", "--config", file], { timeoutMs: 15_000 });
    expect(done.code).toBe(1);
    expect(done.stderr).toContain("occupied");
    expect(done.stderr).not.toContain("    at ");
  });

  test("data on a network file system is refused, with what may lie there", async () => {
    await using folder = await tempFolder();
    await mkdir(folder.file("there"));
    await mkdir(folder.file("here"));
    // A folder of this machine that is mounted as sshfs mounts one of another machine.
    const argv = [
      "bindfs",
      "-o",
      "subtype=sshfs,fsname=server:/export",
      folder.file("there"),
      folder.file("here"),
    ];
    const mounted = await finished(argv);
    expect(mounted.code).toBe(0);
    try {
      const { file } = await writeConfig(folder.path, { data: folder.file("here", "data") });
      const done = await finished([nightjarBinary, "serve", "--config", file], { timeoutMs: 15_000 });
      expect(done.code).toBe(1);
      expect(done.stderr).toContain(`${folder.file("here", "data")}, on a network file system`);
      expect(done.stderr).toContain("storage.path may be on one");
      expect(readdirSync(folder.file("there"))).toEqual([]);
    } finally {
      await finished(["umount", folder.file("here")]);
    }
  });

  test("as an ordinary user, a read-only data folder is refused by its name", async () => {
    await using folder = await tempFolder();
    await mkdir(folder.file("locked"));
    const { file } = await writeConfig(folder.path, { data: folder.file("locked", "data") });
    await chmod(folder.path, 0o755);
    await chmod(folder.file("locked"), 0o555);
    const user =
      process.getuid?.() === 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];
    // The executable may lie where an ordinary user can't go.
    await finished(["cp", nightjarBinary, folder.file("nightjar")]);
    const done = await finished([...user, folder.file("nightjar"), "serve", "--config", file], {
      timeoutMs: 15_000,
      env: cleanEnvironment({ HOME: "/tmp" }),
    });
    expect(done.code).toBe(1);
    expect(done.stderr).toContain("locked");

    // What changes a little beside a server says what the folder is for, and what to do.
    for (const words of [
      ["storage", "add", folder.path],
      ["user", "add", "anna"],
    ]) {
      const refused = await finished([...user, folder.file("nightjar"), ...words, "--config", file], {
        env: cleanEnvironment({ HOME: "/tmp" }),
      });
      expect(refused).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(
          /^nightjar: The data folder \S+, for the index and the accounts, can't be made: EACCES.*\n {2}Run this as the user/,
        ),
      });
    }
    const there = folder.file("locked", "data");
    await chmod(folder.file("locked"), 0o755);
    await mkdir(there);
    await Bun.write(folder.file("locked", "data", "state.db"), "");
    await chmod(there, 0o700);
    for (const words of [["storage", "confirm"], ["ls"], ["user", "list"]]) {
      const refused = await finished([...user, folder.file("nightjar"), ...words, "--config", file], {
        env: cleanEnvironment({ HOME: "/tmp" }),
      });
      expect(refused).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(
          /^nightjar: The data folder \S+ can't be read: EACCES.*\n {2}Run this as/,
        ),
      });
    }
  });
});
