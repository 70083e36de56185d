import { describe, expect, test } from "bun:test";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { finished } from "../support/processes.ts";
import { tempFolder } from "../support/temp.ts";
import { waitFor } from "../support/wait.ts";
import { clip, clockAt, uploadServer, type UploadServer } from "./uploads-support.ts";

/** Noon in Berlin, in winter. */
const NOW = Date.UTC(2026, 10, 20, 11);
const at = (iso: string): number => Date.parse(iso);

/** Answer of a PUT: its status, or `closed`. */
const sent = async (server: UploadServer, path: string, body: BodyInit, headers?: Record<string, string>) =>
  (await server.put(path, body, headers))?.status ?? "closed";

describe("names, dates and zones", () => {
  test.each<[path: string, status: number, name?: string, start?: string]>([
    ["/garage/2026-11-20/video_110000.ts", 201, "2026-11-20/video_110000.ts", "2026-11-20T10:00:00Z"],
    ["/2026-11-20/video_110010.ts", 201, "2026-11-20/video_110010.ts", "2026-11-20T10:00:10Z"],
    ["/GARAGE/2026-11-20/video_110020.ts", 201, "2026-11-20/video_110020.ts", "2026-11-20T10:00:20Z"],
    ["/garage/2026-11-20/VIDEO_110030.TS", 201, "2026-11-20/video_110030.ts", "2026-11-20T10:00:30Z"],
    ["/garage/2026-11-20/video_110040.ts/", 201, "2026-11-20/video_110040.ts", "2026-11-20T10:00:40Z"],
    ["/former/2026-11-20/video_110050.ts", 201, "2026-11-20/video_110050.ts", "2026-11-20T10:00:50Z"],
    ["/garage/2026-7-5/video_000000.ts", 201, "2026-07-05/video_000000.ts", "2026-07-04T22:00:00Z"],
    ["/garage/2026-07-05/video_235959.ts", 201, "2026-07-05/video_235959.ts", "2026-07-05T21:59:59Z"],
    ["/garage/2024-02-29/video_120000.ts", 201, "2024-02-29/video_120000.ts", "2024-02-29T11:00:00Z"],
    // Spring leaves this time out: a clock that was not set forward says it.
    ["/garage/2026-03-29/video_023000.ts", 201, "2026-03-29/video_023000.ts", "2026-03-29T01:30:00Z"],
    // Autumn repeats it: with its offset each is told from the other.
    ["/garage/2026-10-25/video_024000+0200.ts", 201, "2026-10-25/video_024000.ts", "2026-10-25T00:40:00Z"],
    [
      "/garage/2026-10-25/video_024100%2B0100.ts",
      201,
      "2026-10-25/video_024100+0100.ts",
      "2026-10-25T01:41:00Z",
    ],
    ["/garage/2026-11-20/video_113000+0100.ts", 201, "2026-11-20/video_113000.ts", "2026-11-20T10:30:00Z"],
    ["/garage/2026-11-21/video_110000.ts", 201, "2026-11-21/video_110000.ts", "2026-11-21T10:00:00Z"],
    ["/garage/2026-11-20/video_113000+0200.ts", 400],
    ["/garage/2026-11-22/video_110000.ts", 400],
    ["/garage/2099-01-01/video_110000.ts", 400],
    ["/garage/2026-02-29/video_110000.ts", 400],
    ["/garage/2026-13-01/video_110000.ts", 400],
    ["/garage/0000-00-00/video_110000.ts", 400],
    ["/garage/1970-01-01/video_110000.ts", 400],
    ["/garage/20-11-2026/video_110000.ts", 400],
    ["/garage/2026-11-20/video_240000.ts", 400],
    ["/garage/2026-11-20/video_116000.ts", 400],
    ["/garage/2026-11-20/video_11000.ts", 400],
    ["/garage/2026-11-20/video_110000.mkv", 400],
    ["/garage/2026-11-20/video.mp4", 400],
    ["/garage/2026-11-20/.video_110000.ts", 400],
    ["/garage/2026-11-20/x", 400],
    ["/garage/2026-11-20", 400],
    ["/garage/2026-11-20/..%2f..%2fvideo_110000.ts", 404],
    ["/nobody/2026-11-20/video_110000.ts", 404],
    ["/cam/2026-11-20/video_110000.ts", 404],
    ["/yard/2026-11-20/video_110000.ts", 404],
  ])("PUT %s: %d", async (...[path, status, name, start]) => {
    await using server = await uploadServer({
      clock: clockAt(NOW),
      channels: {
        cam: { source: "rtsp://127.0.0.1/x" },
        garage: { source: "upload", timezone: "Europe/Berlin", was: ["former"] },
        gate: { source: "upload" },
        yard: { source: "file:///nowhere/at/all" },
      },
    });
    expect(await sent(server, path, await clip())).toBe(status);
    const found = server.footage.all("garage").map(({ name: each, startMs }) => ({ each, startMs }));
    expect(found).toEqual(name === undefined ? [] : [{ each: name, startMs: at(start ?? "") }]);
    if (name !== undefined) expect(await server.names()).toEqual([name.slice(0, 10), name]);
  });

  test("the default channel is the one that is named, where that takes uploads", async () => {
    const channels = { one: { source: "upload" }, two: { source: "upload" } };
    await using server = await uploadServer({ channels, defaultChannel: "two" });
    expect(await sent(server, "/2026-11-20/video_110000.ts", await clip())).toBe(201);
    expect(server.footage.all("two")).toHaveLength(1);
  });

  test("without a channel for uploads it is said how to get one", async () => {
    await using server = await uploadServer({ channels: { cam: { source: "rtsp://127.0.0.1/x" } } });
    const answer = await server.put("/2026-11-20/video_110000.ts", await clip());
    expect(answer?.status).toBe(404);
    expect(await answer?.text()).toContain("source: upload");
  });

  test("a wrong name is named with what is wanted", async () => {
    await using server = await uploadServer({ clock: clockAt(NOW) });
    const answer = await server.put("/garage/2026-11-20/video_9.ts", await clip());
    expect(await answer?.text()).toContain('"video_9.ts"; wanted: video_HHMMSS.ts');
  });
});

test.each([
  ["progressive", "-movflags +faststart"],
  ["with its tables at the end", ""],
  ["fragmented", "-movflags +frag_keyframe+empty_moov+default_base_moof"],
])("an MP4, %s", async (_, flags) => {
  await using folder = await tempFolder();
  await Bun.write(folder.file("in.ts"), await clip(3));
  const argv = `ffmpeg -nostdin -v error -i ${folder.file("in.ts")} -c copy -bsf:a aac_adtstoasc ${flags} ${folder.file("out.mp4")}`;
  expect(await finished(argv.split(" ").filter(Boolean))).toMatchObject({ code: 0, stderr: "" });
  await using server = await uploadServer({ clock: clockAt(NOW) });
  const body = await Bun.file(folder.file("out.mp4")).bytes();
  expect(await sent(server, "/garage/2026-11-20/video_110000.mp4", body)).toBe(201);
  const [file] = server.footage.all("garage");
  expect(file?.name).toBe("2026-11-20/video_110000.mp4");
  expect(Math.abs((file?.seconds ?? 0) - 3)).toBeLessThan(0.1);
});

describe("the same name again", () => {
  const path = "/garage/2026-11-20/video_110000.ts";

  test("equal bytes are the same file, else the longer one wins", async () => {
    await using server = await uploadServer({ clock: clockAt(NOW) });
    const seconds = () => server.footage.all("garage").map((file) => Math.round(file.seconds));
    expect(await sent(server, path, await clip(2))).toBe(201);
    expect(await sent(server, path, await clip(2))).toBe(204);
    expect(await sent(server, path, await clip(1))).toBe(204);
    expect(seconds()).toEqual([2]);
    expect(await sent(server, path, await clip(3))).toBe(204);
    expect(seconds()).toEqual([3]);
    const day = join(server.root, "garage/2026-11-20");
    expect(await Bun.file(join(day, "video_110000.ts")).bytes()).toEqual(await clip(3));
    const replaced = await readdir(join(day, ".replaced"));
    expect(replaced).toEqual([expect.stringMatching(/^\d+-video_110000\.ts$/)]);
    expect(await Bun.file(join(day, ".replaced", replaced[0] ?? "")).bytes()).toEqual(await clip(2));
  });

  test("one that is on the disk, and that the archive was not told of, is told of", async () => {
    await using server = await uploadServer({ clock: clockAt(NOW) });
    server.footage.failure = new Error("killed right here");
    expect(await sent(server, path, await clip())).toBe("closed");
    server.footage.failure = undefined;
    expect(await sent(server, path, await clip())).toBe(204);
    expect(server.footage.all("garage")).toHaveLength(1);
  });

  test("at once: one is stored, the others are the same", async () => {
    await using server = await uploadServer({ clock: clockAt(NOW) });
    const body = await clip();
    const statuses = await Promise.all(Array.from({ length: 8 }, () => sent(server, path, body)));
    expect(statuses.map(String).sort()).toEqual(["201", ...Array<string>(7).fill("204")]);
    expect(await server.names()).toEqual(["2026-11-20", "2026-11-20/video_110000.ts"]);
  });
});

describe("what ages or can't be read", () => {
  test("what is older than is kept is taken and not stored", async () => {
    await using server = await uploadServer({ clock: clockAt(NOW) });
    server.keptFromMs.value = at("2026-11-19T23:00:00Z");
    expect(await sent(server, "/garage/2026-11-19/video_220000.ts", await clip())).toBe(204);
    expect(await server.names()).toEqual([]);
    expect(await sent(server, "/garage/2026-11-19/video_233000.ts", await clip())).toBe(201);
  });

  test.each([
    ["nothing", "video_110000.ts", () => new Uint8Array(0)],
    ["a text", "video_110000.ts", () => new TextEncoder().encode("no media at all".repeat(100))],
    ["zeros", "video_110000.mp4", () => new Uint8Array(100_000)],
    ["MPEG-TS under an MP4's name", "video_110000.mp4", () => clip()],
    ["half of a TS packet", "video_110000.ts", async () => (await clip()).slice(0, 100)],
  ])("%s is kept aside, once", async (_, name, body) => {
    await using server = await uploadServer({ clock: clockAt(NOW) });
    const bytes = await body();
    const answer = await server.put(`/garage/2026-11-20/${name}`, bytes);
    expect(answer?.status).toBe(202);
    expect(await sent(server, `/garage/2026-11-20/${name}`, bytes)).toBe(202);
    const list = await server.uploads.list("garage");
    expect(list).toHaveLength(1);
    const [entry] = list;
    expect(entry).toMatchObject({ name: `2026-11-20/${name}`, sizeBytes: bytes.length });
    expect(entry?.reason.length).toBeGreaterThan(5);
    expect(server.uploads.status("garage")?.quarantinedFiles).toBe(1);
    const path = await server.uploads.path("garage", entry?.id ?? "");
    expect(await Bun.file(path ?? "").bytes()).toEqual(bytes);
    for (const id of ["../x", `${entry?.id}.reason`, ""])
      expect(await server.uploads.path("garage", id)).toBeUndefined();
    expect(await server.uploads.remove("garage", entry?.id ?? "")).toBe(true);
    expect(await server.uploads.list("garage")).toEqual([]);
    expect(server.footage.all("garage")).toEqual([]);
    expect((await server.names()).filter((found) => found.includes("video"))).toEqual([]);
  });
});

describe("sidecars", () => {
  const media = "/garage/2026-11-20/video_110000.ts";
  const seconds = (server: UploadServer) => server.footage.all("garage").map((file) => file.seconds);

  test("before the file and after it", async () => {
    await using server = await uploadServer({ clock: clockAt(NOW) });
    expect(await sent(server, `${media}.duration`, "2.5\n")).toBe(201);
    expect(seconds(server)).toEqual([]);
    expect(await sent(server, media, await clip(2))).toBe(201);
    expect(seconds(server)).toEqual([2.5]);
    expect(await sent(server, `${media}.duration`, "2.5\n")).toBe(204);
    expect(await sent(server, `${media}.duration`, "2.25")).toBe(204);
    expect(seconds(server)).toEqual([2.25]);
    expect(await sent(server, media, await clip(2))).toBe(204);
    expect(seconds(server)).toEqual([2.25]);
  });

  test.each(["", "abc", "-1", "0", "1e9", "99999999", "12,5", "1\n".repeat(300)])(
    "%# is no length: it is named, and the file's own counts",
    async (text) => {
      await using server = await uploadServer({ clock: clockAt(NOW) });
      expect(await sent(server, media, await clip(2))).toBe(201);
      const before = seconds(server);
      const answer = await server.put(`${media}.duration`, text);
      expect(answer?.status).toBe(202);
      expect(seconds(server)).toEqual(before);
      expect((await server.uploads.list("garage"))[0]?.name).toBe("2026-11-20/video_110000.ts.duration");
    },
  );

  test("one that says another length than the file is named, whichever comes first", async () => {
    await using server = await uploadServer({ clock: clockAt(NOW) });
    expect(await sent(server, `${media}.duration`, "3600")).toBe(201);
    expect(await sent(server, media, await clip(2))).toBe(201);
    expect(Math.round(seconds(server)[0] ?? 0)).toBe(2);
    const [named] = await server.uploads.list("garage");
    expect(named?.reason).toContain("3600.00 s, but the file lasts 2.");
    expect(await sent(server, `${media}.duration`, "3600")).toBe(202);
  });
});

describe("WebDAV and HTTP", () => {
  test("folders are made by MKCOL, and by PUT", async () => {
    await using server = await uploadServer({ clock: clockAt(NOW) });
    const mkcol = async (path: string) => (await fetch(server.url + path, { method: "MKCOL" })).status;
    expect(await mkcol("/garage/2026-11-20/")).toBe(201);
    expect(await mkcol("/garage/2026-11-20")).toBe(405);
    expect(await mkcol("/2026-11-19")).toBe(201);
    expect(await mkcol("/garage/")).toBe(405);
    expect(await mkcol("/garage/2026-11-99")).toBe(400);
    expect(await mkcol("/nobody/2026-11-20")).toBe(404);
    expect(await server.names()).toEqual(["2026-11-19", "2026-11-20"]);
  });

  test("what is not possible is said", async () => {
    await using server = await uploadServer({ clock: clockAt(NOW) });
    const options = await fetch(`${server.url}/garage/`, { method: "OPTIONS" });
    expect([options.status, options.headers.get("allow"), options.headers.get("dav")]).toEqual([
      204,
      "OPTIONS, GET, HEAD, PUT, MKCOL",
      "1",
    ]);
    for (const method of ["DELETE", "MOVE", "PROPFIND"]) {
      expect((await fetch(`${server.url}/garage/2026-11-20/video_110000.ts`, { method })).status).toBe(405);
    }
    const file = await fetch(`${server.url}/garage/2026-11-20/video_110000.ts`, { method: "DELETE" });
    expect(file.headers.get("allow")).toBe("GET, HEAD, PUT, OPTIONS");
    const day = await fetch(`${server.url}/garage/2026-11-20`, { method: "DELETE" });
    expect(day.headers.get("allow")).toBe("MKCOL, OPTIONS");
    const range = { "content-range": "bytes 0-99/200" };
    expect(await sent(server, "/garage/2026-11-20/video_110000.ts", await clip(), range)).toBe(400);
    expect(await server.names()).toEqual([]);
  });

  test("large bodies are for uploads only", async () => {
    await using server = await uploadServer({ clock: clockAt(NOW) });
    const large = new Uint8Array(3_000_000);
    for (const path of ["/api/x", "/garage/live.m3u8", "/garage/2026-11-20/x/y"])
      expect(await sent(server, path, large)).toBe(413);
    expect(await sent(server, "/garage/2026-11-20/video_110000.ts", large)).toBe(202);
  });
});

describe("the folder's own life", () => {
  test("what a killed start left is removed, what it stored is found again", async () => {
    await using before = await uploadServer();
    const day = join(before.root, "garage/2026-11-20");
    await mkdir(day, { recursive: true });
    await Bun.write(join(day, "video_110000.ts"), await clip(2));
    await Bun.write(join(day, "video_110000.ts.duration"), "2.125");
    await Bun.write(join(day, ".upload-0.part"), "half");
    await Bun.sleep(20);
    await using server = await uploadServer({ root: before.root });
    await waitFor("what was stored", () => server.footage.all("garage").length > 0, { timeoutMs: 20_000 });
    await waitFor("all looked through", () => server.uploads.status("garage")?.isLookingThrough !== true);
    expect(server.footage.all("garage")).toEqual([
      { name: "2026-11-20/video_110000.ts", startMs: at("2026-11-20T10:00:00Z"), seconds: 2.125 },
    ]);
    expect(await server.names()).toEqual([
      "2026-11-20",
      "2026-11-20/video_110000.ts",
      "2026-11-20/video_110000.ts.duration",
    ]);
  });
});
