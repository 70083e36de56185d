import { describe, expect, test } from "bun:test";
import { readdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { NightjarError } from "../../src/platform/errors.ts";
import { diskFiles, type Files, type OpenFile } from "../../src/platform/files.ts";
import { finished } from "../support/processes.ts";
import { tempFolder } from "../support/temp.ts";
import { waitFor } from "../support/wait.ts";
import { Nginx } from "../support/nginx.ts";
import { clip, clockAt, uploadServer, type UploadServer } from "./uploads-support.ts";

const NOW = Date.UTC(2026, 10, 20, 11);
const PATH = "/garage/2026-11-20/video_110000.ts";
const failure = (code: string): Error => Object.assign(new Error(`${code}: the disk says no`), { code });

/** The disk, with one call that fails while `isBroken`. */
function brokenFiles(
  call: keyof Files | keyof OpenFile,
  code: string,
): { files: Files; disk: { isBroken: boolean } } {
  const disk = { isBroken: true };
  const breaking = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(of, name) {
        const member: unknown = Reflect.get(of, name, of);
        if (typeof member !== "function") return member;
        return async (...args: unknown[]) => {
          if (name === call && disk.isBroken) throw failure(code);
          const result: unknown = await member.apply(of, args);
          return name === "create" ? breaking(result as OpenFile) : result;
        };
      },
    });
  return { files: breaking(diskFiles()), disk };
}

/** What is left of uploads that did not come through: nothing but folders. */
const leftovers = async (server: UploadServer): Promise<string[]> =>
  (await server.names()).filter((name) => name.includes("video") || name.includes("upload"));

describe("what may pass is not answered", () => {
  test.each([
    ["create", "ENOSPC"],
    ["create", "EROFS"],
    ["makeFolder", "EACCES"],
    ["write", "ENOSPC"],
    ["write", "EIO"],
    ["datasync", "EIO"],
    ["rename", "ENOENT"],
    ["syncFolder", "EIO"],
  ] as const)("%s fails with %s", async (call, code) => {
    const { files, disk } = brokenFiles(call, code);
    await using server = await uploadServer({ clock: clockAt(NOW), files });
    expect(await server.put(PATH, await clip())).toBeUndefined();
    expect(server.uploads.status("garage")?.trouble?.detail).toContain(code);
    expect(await leftovers(server)).toEqual([]);
    disk.isBroken = false;
    expect((await server.put(PATH, await clip()))?.status).toBe(201);
    expect(server.uploads.status("garage")?.trouble).toBeUndefined();
    expect(server.footage.all("garage")).toHaveLength(1);
    expect(await leftovers(server)).toEqual(["2026-11-20/video_110000.ts"]);
  });

  test("the storage is missing or full, and comes back", async () => {
    await using server = await uploadServer({ clock: clockAt(NOW) });
    for (const reason of ["disk-missing", "disk-full"] as const) {
      server.storage.missing = { reason, detail: "not there" };
      expect(await server.put(PATH, await clip())).toBeUndefined();
      expect(await server.put(`${PATH}.duration`, "1.0")).toBeUndefined();
      expect(server.uploads.status("garage")?.trouble).toMatchObject({ reason, detail: "not there" });
    }
    server.storage.missing = undefined;
    expect((await server.put(PATH, await clip()))?.status).toBe(201);
  });

  test("the archive takes nothing", async () => {
    await using server = await uploadServer({ clock: clockAt(NOW) });
    server.footage.failure = new NightjarError("unavailable", "no storage");
    expect(await server.put(PATH, await clip())).toBeUndefined();
  });

  test("the channel is switched off, and a wrong name is a wrong name all the same", async () => {
    await using server = await uploadServer({ clock: clockAt(NOW) });
    await server.reconfigure({ garage: { source: "upload", enabled: false } });
    expect(await server.put(PATH, await clip())).toBeUndefined();
    expect(server.uploads.status("garage")).toBeUndefined();
    expect((await server.put("/garage/2026-11-20/x.ts", await clip()))?.status).toBe(400);
    await server.reconfigure({ garage: { source: "upload" } });
    expect((await server.put(PATH, await clip()))?.status).toBe(201);
  });

  test("a date ahead of a clock that nobody vouches for", async () => {
    const clock = { ...clockAt(Date.UTC(2020, 0, 1)), synchronised: () => false };
    await using server = await uploadServer({ clock });
    expect(await server.put(PATH, await clip())).toBeUndefined();
  });

  test("nobody has an account yet; too many wrong passwords came from there", async () => {
    let isSetUp = false;
    await using server = await uploadServer({
      clock: clockAt(NOW),
      deps: {
        isSetUpMode: () => !isSetUp,
        identify() {
          throw new NightjarError("too-many-requests", "Too many wrong passwords");
        },
      },
    });
    expect(await server.put(PATH, await clip())).toBeUndefined();
    isSetUp = true;
    expect(await server.put(PATH, await clip())).toBeUndefined();
    // Other addresses are answered.
    expect((await fetch(`${server.url}/garage/live.m3u8`)).status).toBe(429);
  });
});

test.each([
  [undefined, 401],
  ["viewer", 403],
  ["operator", 201],
  ["admin", 201],
] as const)("as %p: %d", async (role, status) => {
  const deps = { identify: () => role && { role, name: "someone", how: "token" as const } };
  await using server = await uploadServer({ clock: clockAt(NOW), deps });
  expect((await server.put(PATH, await clip()))?.status).toBe(status);
  const mkcol = await fetch(`${server.url}/garage/2026-11-19`, { method: "MKCOL" });
  expect(mkcol.status).toBe(status);
});

/** Sends the head and a part of a body, and ends the connection. */
async function cutOff(server: UploadServer, head: string, body: Uint8Array, host = "ab.cd"): Promise<void> {
  const { hostname, port } = new URL(server.url);
  await new Promise<void>((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(`PUT ${PATH} HTTP/1.1\r\nHost: ${host}\r\n${head}\r\n\r\n`);
      socket.end(body, () => setTimeout(() => socket.destroy(), 20));
    });
    // A server that has not read all of it yet resets the connection: it is cut off all the same.
    socket
      .on("error", () => {})
      .on("close", () => resolve())
      .resume();
  });
}

test("an upload that is cut off anywhere leaves nothing", async () => {
  await using server = await uploadServer({ clock: clockAt(NOW) });
  const body = await clip(3);
  const cuts = Array.from({ length: 12 }, () => Math.floor(Math.random() * body.length));
  for (const cut of [0, 1, body.length - 1, ...cuts]) {
    await cutOff(server, `Content-Length: ${body.length}`, body.subarray(0, cut));
    const chunk = Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body.subarray(0, cut)]);
    await cutOff(server, "Transfer-Encoding: chunked", chunk);
  }
  // A short name of a host makes another request of it.
  await cutOff(server, `Content-Length: ${body.length}`, body.subarray(0, 5000), "pi");
  // All bytes, but not the end of them.
  const whole = Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from("\r\n")]);
  await cutOff(server, "Transfer-Encoding: chunked", whole);
  await waitFor("nothing left", async () => (await leftovers(server)).length === 0);
  expect(server.footage.all("garage")).toEqual([]);
  expect(server.uploads.status("garage")?.trouble).toBeUndefined();
  expect((await server.put(PATH, body))?.status).toBe(201);
});

describe("curl", () => {
  /** The status of the answer; `none` when there was none, whatever came before it. */
  const curl = async (...args: string[]): Promise<string> => {
    const done = await finished(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", ...args]);
    return done.code === 0 ? done.stdout : "none";
  };

  test("-T works with and without a length, and with a name that the folder's address gets", async () => {
    await using folder = await tempFolder();
    await using server = await uploadServer({ clock: clockAt(NOW) });
    const file = folder.file("video_110000.ts");
    await Bun.write(file, await clip(5));
    expect(await curl("-T", file, `${server.url}/garage/2026-11-20/`)).toBe("201");
    expect(await curl("-H", "Expect: 100-continue", "-T", file, server.url + PATH)).toBe("204");
    const chunked = ["-H", "Transfer-Encoding: chunked", "-T", file];
    expect(await curl(...chunked, `${server.url}/2026-11-20/video_110100.ts`)).toBe("201");
    expect(server.footage.all("garage").map(({ name }) => name)).toEqual([
      "2026-11-20/video_110000.ts",
      "2026-11-20/video_110100.ts",
    ]);
  });

  test("a client that deletes after any answer loses nothing while the disk is full", async () => {
    const { files, disk } = brokenFiles("write", "ENOSPC");
    await using folder = await tempFolder();
    await using server = await uploadServer({ clock: clockAt(NOW), files });
    for (let index = 0; index < 6; index++)
      await Bun.write(folder.file(`video_11000${index}.ts`), await clip());
    const round = async (): Promise<number> => {
      for (const name of await readdir(folder.path)) {
        const path = join(folder.path, name);
        const code = await curl("-T", path, `${server.url}/garage/2026-11-20/${name}`);
        if (code !== "none") await rm(path);
      }
      return (await readdir(folder.path)).length;
    };
    expect(await round()).toBe(6);
    disk.isBroken = false;
    expect(await round()).toBe(0);
    expect(server.footage.all("garage")).toHaveLength(6);
  });
});

test("eight clients send a backlog, newest first, some of it twice, some of it cut off", async () => {
  await using server = await uploadServer({ clock: clockAt(NOW) });
  const body = await clip();
  const names = Array.from({ length: 160 }, (_, index) => {
    const time = new Date(index * 10_000).toISOString().slice(11, 19).replaceAll(":", "");
    return `video_${time}.ts`;
  });
  const queue = [...names, ...names.filter((_, index) => index % 20 === 0)].sort();
  const client = async (): Promise<void> => {
    for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
      if (name.endsWith("00.ts"))
        await cutOff(server, `Content-Length: ${body.length}`, body.subarray(0, 1000));
      const answer = await server.put(`/garage/2026-11-20/${name}`, body);
      expect([201, 204]).toContain(answer?.status ?? 0);
    }
  };
  await Promise.all(Array.from({ length: 8 }, client));
  expect(server.footage.all("garage").map(({ name }) => name)).toEqual(
    names.map((name) => `2026-11-20/${name}`),
  );
  await waitFor("nothing left", async () => (await server.names()).every((name) => !name.includes("upload")));
});

describe("behind nginx", () => {
  const proxied = (url: string, locations: string) =>
    Nginx.start("/nonexistent", {
      locations: `location / { proxy_pass ${url}; proxy_http_version 1.1; proxy_request_buffering off; } ${locations}`,
    });
  const put = async (url: string): Promise<number | "no answer"> => {
    const body = await clip();
    return fetch(url + PATH, { method: "PUT", body }).then(
      ({ status }) => status,
      () => "no answer" as const,
    );
  };

  test("a failure that may pass is answered by it, unless it is told to close the connection as well", async () => {
    await using server = await uploadServer({ clock: clockAt(NOW) });
    await using plain = await proxied(server.url, "");
    await using told = await proxied(
      server.url,
      "error_page 502 504 = @unanswered; location @unanswered { return 444; }",
    );
    server.storage.missing = { reason: "disk-full", detail: "no room" };
    expect([await put(plain.url), await put(told.url)]).toEqual([502, "no answer"]);
    server.storage.missing = undefined;
    expect([await put(told.url), await put(plain.url)]).toEqual([201, 204]);
  });
});

describe("when the storage becomes full", () => {
  test("a file that is arriving is given up, and nothing of it is left", async () => {
    await using server = await uploadServer({ clock: clockAt(NOW) });
    const body = await clip();
    const endless = new ReadableStream<Uint8Array>({
      async pull(controller) {
        controller.enqueue(body);
        server.storage.missing = { reason: "disk-full", detail: "no room" };
        await Bun.sleep(1);
      },
    });
    expect(await server.put(PATH, endless)).toBeUndefined();
    expect(await leftovers(server)).toEqual([]);
  });

  test("quarantine makes room, the oldest first", async () => {
    await using server = await uploadServer({ clock: clockAt(NOW) });
    for (const second of [0, 1, 2, 3])
      expect((await server.put(PATH.replace("00.ts", `0${second}.ts`), `no media ${second}`))?.status).toBe(
        202,
      );
    const kept = async () => (await server.uploads.list("garage")).map(({ name }) => name.slice(-9));
    expect(await kept()).toEqual(["110003.ts", "110002.ts", "110001.ts", "110000.ts"]);
    server.storage.missing = { reason: "disk-full", detail: "no room" };
    await server.reconfigure({ garage: { source: "upload", timezone: "UTC", enabled: false } });
    await server.reconfigure({ garage: { source: "upload", timezone: "UTC" } });
    await waitFor("room", async () => (await kept()).join() === "110003.ts,110002.ts");
    expect(server.uploads.status("garage")?.quarantinedFiles).toBe(2);
  });
});
