import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Role } from "../../../src/access/policy.ts";
import type { ArrivalStatus, QuarantinedFile } from "../../../src/capture/channel-status.ts";
import { SecretText } from "../../../src/config/secret-text.ts";
import type { TempFolder } from "../../support/temp.ts";
import { FakeFootage, fakeFiles, fakeRun } from "../status/fake-footage.ts";
import { ask, builtAssets, evil, now, pagesApp, type FilesChange } from "./pages-app.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let folder: TempFolder;

beforeAll(async () => {
  folder = await builtAssets();
});
afterAll(() => folder[Symbol.asyncDispose]());

const arriving = (change: Partial<ArrivalStatus> = {}): ArrivalStatus => ({
  lastArrivalMs: now - MINUTE,
  lateFiles: 2,
  quarantinedFiles: 1,
  unreadable: [],
  unreadableFiles: 0,
  ...change,
});

const bad: QuarantinedFile = {
  id: "1-2026-11-20-video_1.ts",
  name: "2026-11-20/video_140000.ts",
  reason: evil,
  sizeBytes: 12_345,
  arrivedMs: now - HOUR,
};

/** Uploads with a hole of two files, a watched folder with a file that can't be read, and a stream of MPEG-TS. */
function world(change: Partial<FilesChange["arrivals"][string]> = {}) {
  const footage = new FakeFootage();
  for (const id of ["gate", "shared", "stream"]) {
    footage.add(id, id[0]!.toUpperCase() + id.slice(1), "Europe/Berlin");
    footage.runs.set(`run-${id}`, fakeRun(id, { format: "ts" }));
  }
  const hole = [now - 90 * MINUTE, now - 90 * MINUTE + 10_000];
  footage.recordingList.push(
    fakeFiles("gate", now - 2 * HOUR, now - HOUR, hole),
    fakeFiles("gate", now - HOUR, now - 5 * MINUTE),
    fakeFiles("shared", now - HOUR, now),
  );
  const files: FilesChange = {
    sources: {
      gate: { kind: "upload" },
      shared: { kind: "folder", path: "/srv/www/shared", manage: false },
      stream: {
        kind: "hls",
        url: new SecretText("https://h/x.m3u8", "https://h/x.m3u8"),
        variant: "highest",
        headers: new Map(),
        allowPrivate: false,
      },
    },
    arrivals: {
      gate: arriving(change),
      shared: arriving({
        quarantinedFiles: 0,
        unreadable: [{ name: evil, reason: "it holds no pictures", sinceMs: now - HOUR }],
        unreadableFiles: 3,
      }),
    },
    quarantine: {
      list: () => Promise.resolve(gone ? [] : [bad]),
      path: (_channel, id) => Promise.resolve(id === bad.id && !gone ? import.meta.path : undefined),
      remove: () => Promise.resolve((gone = true)),
    },
  };
  let gone = false;
  return { footage, files };
}

const app = (change = {}) => {
  const { footage, files } = world(change);
  return pagesApp(folder.file("public"), footage, { files, auth: "none" });
};

describe("channels whose footage arrives as files", () => {
  test("show holes inside of an hour, in words and on the bar", async () => {
    const { text } = await ask(await app(), "/gate");
    expect(text).toContain("1 gap today, 20 s");
    expect(text).toContain("14:30:00 to 14:30:20, 20 s: nothing was uploaded");
    expect(text).toContain(`data-gap="${now - 90 * MINUTE} ${now - 90 * MINUTE + 20_000}"`);
  });

  test("say how files arrive, and that none came for long", async () => {
    const { text } = await ask(await app(), "/gate");
    expect(text).toContain("Receiving files");
    expect(text).toContain("Newest footage: 5 min behind now");
    expect(text).toContain("1 file in quarantine");
    const quiet = await ask(await app({ lastArrivalMs: now - 3 * HOUR }), "/gate");
    expect(quiet.text).toContain("Nothing for 3 h");
  });

  test("play the last minute of what came late, and of less all of it", async () => {
    const beginOf = async (...spans: readonly (readonly [fromMs: number, toMs: number])[]) => {
      const { footage, files } = world();
      footage.recordingList = spans.map(([fromMs, toMs]) => fakeFiles("gate", fromMs, toMs));
      const { text } = await ask(await pagesApp(folder.file("public"), footage, { files }), "/gate");
      return Number(/data-at="(\d+)"/.exec(text)?.[1]);
    };
    const long = [now - 2 * HOUR, now - HOUR] as const;
    expect(await beginOf(long)).toBe(now - HOUR - MINUTE);
    expect(await beginOf([now - HOUR - 40_000, now - HOUR])).toBe(now - HOUR - 40_000);
    expect(await beginOf([now - 3 * HOUR, now - 2 * HOUR], [now - HOUR - 40_000, now - HOUR])).toBe(
      now - HOUR - 40_000,
    );
  });

  test("play a list without parts, and have no addresses of DASH for MPEG-TS", async () => {
    const server = await app();
    expect((await ask(server, "/gate")).text).toContain('data-live="/gate/live.m3u8"');
    const { text } = await ask(server, "/playlists?channel=gate&day=2026-11-19");
    expect(text).not.toContain(".mpd");
    expect(text).not.toContain("parts=1");
    expect(text).toContain("/playlist.php?live=1&amp;channel=gate");
    expect(text).toMatch(/\/gate\/archive-\d+-86400\.ts/);
  });

  test("tell how to send files, with a token only where people sign in", async () => {
    const { text } = await ask(await app(), "/-/files/gate");
    expect(text).toContain("http://localhost/gate/YYYY-MM-DD/video_HHMMSS.ts");
    expect(text).toContain("curl -T video_140000.ts http://localhost/gate/2026-11-20/");
    expect(text).not.toContain("Make a token");
    expect((await ask(await app(), "/-/files/gate/token", {}, "POST")).status).toBe(404);
  });

  test("a watched folder shows its path and what could not be read, and takes no files", async () => {
    const { text } = await ask(await app(), "/-/files/shared");
    expect(text).toContain("/srv/www/shared");
    expect(text).toContain("3 files could not be read");
    expect(text).toContain("and 2 more");
    expect(text).not.toContain("<script>alert");
    expect(text).not.toContain("curl");
  });

  test("lead to adding a watched folder only those who may", async () => {
    const { footage, files } = world();
    const send = async (role: Role) =>
      (await ask(await pagesApp(folder.file("public"), footage, { files, role }), "/-/files/gate")).text;
    expect(await send("admin")).toContain('href="/settings/add-camera?kind=folder"');
    for (const role of ["viewer", "operator"] as const) {
      const text = await send(role);
      expect(text).not.toContain("/settings/add-camera");
      expect(text).toContain("An admin can add their folder");
    }
  });

  test("let nginx close the connection where there was no answer", async () => {
    const { text } = await ask(await app(), "/-/files/gate");
    expect(text).toContain("error_page 502 504 = @unanswered;");
    expect(text).toContain("return 444;");
  });

  test("the part that renews itself is the state alone", async () => {
    const { text } = await ask(await app(), "/-/files/gate", { "hx-request": "true" });
    expect(text).toContain("Receiving files");
    expect(text).not.toContain("<html");
    expect(text).not.toContain("curl");
  });

  test("other channels have no such page", async () => {
    expect((await ask(await app(), "/-/files/stream")).status).toBe(404);
    expect((await ask(await app(), "/-/files/nowhere/quarantine")).status).toBe(404);
  });
});

describe("quarantine", () => {
  const path = `/-/files/gate/quarantine/${bad.id}`;

  test("lists each file with its reason, its size and when it came", async () => {
    const { text } = await ask(await app(), "/-/files/gate/quarantine");
    expect(text).toContain("2026-11-20/video_140000.ts");
    expect(text).toContain("12 kB");
    expect(text).toContain("Fri 20 Nov 2026, 15:00:00");
    expect(text).not.toContain("<script>alert");
  });

  test("a file is downloaded as one, whatever is in it", async () => {
    const { status, headers } = await ask(await app(), path);
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("application/octet-stream");
    expect(headers.get("content-disposition")).toContain("attachment");
    expect((await ask(await app(), "/-/files/gate/quarantine/other")).status).toBe(404);
  });

  test("a file is deleted by a form of ours, and by nobody else's", async () => {
    const server = await app();
    const foreign = await ask(server, `${path}/remove`, { "sec-fetch-site": "cross-site" }, "POST");
    expect(foreign.status).toBe(403);
    expect((await ask(server, path)).status).toBe(200);
    const own = await ask(server, `${path}/remove`, {}, "POST");
    expect([own.status, own.headers.get("location")]).toEqual([303, "/-/files/gate/quarantine"]);
    expect((await ask(server, path)).status).toBe(404);
    expect((await ask(server, "/-/files/gate/quarantine")).text).toContain("nothing in quarantine");
  });

  test("htmx gets the list that is left", async () => {
    const { text } = await ask(await app(), `${path}/remove`, { "hx-request": "true" }, "POST");
    expect(text).toContain("nothing in quarantine");
    expect(text).not.toContain("<html");
  });
});

describe("the list of dates", () => {
  test("has each date with its length, size, coverage and playlist, the newest first", async () => {
    const { text } = await ask(await app(), "/dates?view=list&channel=gate");
    expect(text).toContain("1 h 55 min");
    expect(text).toContain("688 MB, 1 gap, 20 s");
    expect(text).toContain('href="/gate/stream/2026-11-20/playlist.m3u8"');
    expect(text).toContain("data-recorded");
    const all = (await ask(await app(), "/dates?view=list")).text;
    expect(all).toContain('href="/shared/stream/2026-11-20/playlist.m3u8"');
    expect(all).toContain('href="/dates?channel=gate&amp;view=list"');
  });

  test("links the film that a day was converted to, and its checksum where there is one", async () => {
    const { footage, files } = world();
    const film = folder.file("video.mp4");
    footage.runs.set("run-gate", fakeRun("gate", { format: "mp4" }));
    footage.mediaPath = (recording) => (recording.channel === "gate" ? film : undefined);
    const server = await pagesApp(folder.file("public"), footage, { files, auth: "none" });
    const link = 'href="/gate/2026-11-20/video.mp4"';
    for (const path of ["/dates?view=list", "/dates/2026-11-20"]) {
      const { text } = await ask(server, path);
      expect(text.split(link)).toHaveLength(2);
      expect(text).not.toContain("sha512sum");
    }
    await Bun.write(`${film}.sha512sum`, "0  video.mp4");
    expect((await ask(server, "/dates?view=list&channel=gate")).text).toContain(
      'href="/gate/2026-11-20/video.mp4.sha512sum"',
    );
  });
});
