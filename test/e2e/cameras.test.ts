import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { makeClip } from "../rtsp/clip.ts";
import { OddServer } from "../rtsp/odd-server.ts";
import { finished } from "../support/processes.ts";
import { Nightjar } from "../support/nightjar.ts";
import { tempFolder, type TempFolder } from "../support/temp.ts";
import { waitFor } from "../support/wait.ts";

const PASSWORD = "s3cr:t p@ss/ü";
const LOGIN = { user: "cam", password: PASSWORD };
/** Every form in which the password could come out. */
const SECRETS = [PASSWORD, encodeURIComponent(PASSWORD), "s3cr", "p%40ss", "p@ss"];

describe("cameras, by forms without a script", () => {
  let folder: TempFolder;
  let camera: OddServer;
  let server: Nightjar;
  /** All that ever came out of the server, but for media. */
  const seen: string[] = [];

  const file = () => readFileSync(folder.file("nightjar.yaml"), "utf8");
  async function ask(
    path: string,
    init: RequestInit = {},
  ): Promise<{ status: number; text: string; to: string }> {
    const response = await server.fetch(path, { redirect: "manual", ...init });
    const isText = /text|json/.test(response.headers.get("content-type") ?? "");
    const text = isText
      ? await response.text()
      : Buffer.from(await response.arrayBuffer()).toString("latin1");
    if (isText) seen.push(text, JSON.stringify([...response.headers]));
    return { status: response.status, text, to: response.headers.get("location") ?? "" };
  }
  const send = (path: string, fields: Record<string, string>) =>
    ask(path, {
      method: "POST",
      body: new URLSearchParams(fields),
      headers: { accept: "text/html", origin: server.url },
    });
  const hidden = (page: string, name: string): string =>
    new RegExp(`name="${name}" value="([0-9a-f]*)"`).exec(page)?.[1] ?? "";
  const fields = { name: "Haustür", days: "2", audio: "yes", enabled: "yes", transport: "tcp" };

  beforeAll(async () => {
    folder = await tempFolder();
    camera = await OddServer.start(await makeClip({ seconds: 2, gopPictures: 25 }), { auth: LOGIN });
    const channels = { other: { source: "demo:street", enabled: false } };
    server = await Nightjar.start({ folder: folder.path, config: { log: { level: "debug" }, channels } });
    writeFileSync(folder.file("nightjar.yaml"), `# mine\n${file()}# the end\n`);
  }, 30_000);
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await camera[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  test("a camera is tested and added; its password goes into the file and nowhere else", async () => {
    expect((await ask("/settings/add-camera")).status).toBe(200);
    const address = `127.0.0.1:${camera.port}/stream`;
    const testing = send("/settings/add-camera", { ...fields, ...LOGIN, address, do: "test" });
    await waitFor("the connection", () => camera.openConnections > 0);
    expect(
      server
        .processes()
        .map(({ command }) => command)
        .join(),
    ).not.toMatch(/s3cr|p%40ss/);
    const page = await testing;
    expect(page.status).toBe(200);
    expect(page.text).toContain("The camera answers.");
    const picture = await ask(/src="([^"]*\/picture)"/.exec(page.text)?.[1] ?? "");
    expect([picture.status, picture.text.slice(0, 2)]).toEqual([200, "\xff\xd8"]);
    expect((await ask("/settings/camera-tests/00000000000000000000000000000000/picture")).status).toBe(404);

    const saved = await send("/settings/add-camera", {
      ...fields,
      address: `rtsp://${address}`,
      test: hidden(page.text, "test"),
      do: "save",
    });
    expect([saved.status, saved.to]).toEqual([303, "/haustur"]);
    expect(file()).toStartWith("# mine\n");
    expect(file()).toContain("# the end");
    expect(file()).toContain("source: rtsp://cam:s3cr%3At%20p%40ss%2F%C3%BC@127.0.0.1");
    await waitFor("footage", async () => (await server.fetch("/haustur/live.m3u8")).status === 200);
  }, 40_000);

  test("it is changed without touching the recording; another password is typed, none is shown", async () => {
    const plays = camera.counts.plays;
    const form = await ask("/settings/cameras/haustur");
    const revision = hidden(form.text, "revision");
    const address = `rtsp://127.0.0.1:${camera.port}/stream`;
    const change = { ...fields, id: "haustur", address, revision, do: "save" };
    const saved = await send("/settings/cameras/haustur", { ...change, name: "Gate", days: "3" });
    expect([saved.status, saved.to]).toEqual([303, "/settings/cameras#camera-haustur"]);
    expect(file()).toContain("keep: { days: 3 }");
    expect((await ask("/settings/cameras")).text).toContain("Gate");
    expect(camera.counts.plays).toBe(plays);

    const late = await send("/settings/cameras/haustur", { ...change, days: "9" });
    expect([late.status, late.text.includes("was changed in")]).toEqual([422, true]);
    expect(file()).toContain("days: 3");

    const now = hidden(late.text, "revision");
    const moved = await send("/settings/cameras/haustur", {
      ...change,
      address: "rtsp://127.0.0.2/stream",
      revision: now,
    });
    expect([moved.status, moved.text.includes("Type user name and password again")]).toEqual([422, true]);
    const renamed = await send("/settings/cameras/haustur", { ...change, id: "gate", revision: now });
    expect(renamed.status).toBe(303);
    expect(file()).toMatch(/ {2}gate:\n/);
    expect(file()).toContain("was: [ haustur ]");
    await waitFor("the old address", async () => (await server.fetch("/haustur/live.m3u8")).status === 200);
  }, 40_000);

  test("what is wrong is said with the form, and never with the password", async () => {
    const wrong = await send("/settings/add-camera", {
      ...fields,
      name: "",
      id: "settings",
      days: "x",
      address: `rtsp://cam:${PASSWORD}@127.0.0.1/s`,
      do: "save",
    });
    expect(wrong.status).toBe(422);
    for (const words of ["A name is missing", "begin with this word", "whole number of days"]) {
      expect(wrong.text).toContain(words);
    }
    const torn = await send("/settings/add-camera", {
      ...fields,
      address: `rtsp://cam:${PASSWORD}@`,
      do: "test",
    });
    expect([torn.status, torn.text.includes("This address can't be used")]).toEqual([422, true]);
    expect((await ask("/settings/cameras/nobody")).status).toBe(404);
    const foreign = await server.fetch("/settings/cameras/gate/remove", {
      method: "POST",
      body: new URLSearchParams(),
      headers: { origin: "http://evil.example" },
    });
    expect(foreign.status).toBe(403);
  }, 20_000);

  test("a password that the camera refuses is a sentence, without the password", async () => {
    const address = `rtsp://127.0.0.1:${camera.port}/stream`;
    const page = await send("/settings/add-camera", {
      ...fields,
      address,
      user: "cam",
      password: "p@ss wrong",
      do: "test",
    });
    expect([page.status, page.text.includes("refused the user name or password")]).toEqual([422, true]);
  }, 20_000);

  test("its footage is spoken of before it is removed, and stays", async () => {
    const page = await ask("/settings/cameras/gate/remove");
    expect(page.text).toContain("Its footage stays");
    expect(page.text).toContain("nightjar remove gate --footage");
    const removed = await send("/settings/cameras/gate/remove", { revision: hidden(page.text, "revision") });
    expect([removed.status, removed.to]).toEqual([303, "/settings/cameras"]);
    expect(file()).not.toContain("gate");
    expect((await ask("/settings/cameras")).text).toContain("No longer recorded");
    // Under the id that it was recorded with: nobody is there to take it over any more.
    expect(await server.text("/haustur/stream/today/playlist.m3u8")).toContain("#EXTINF");
    await waitFor("the end of the connection", () => camera.openConnections === 0);
  }, 20_000);

  test("no page, header, log line or argument ever held the password", async () => {
    await ask("/api/status");
    await ask("/health");
    const all = [...seen, server.logText].join("\n");
    expect(all.length).toBeGreaterThan(10_000);
    for (const secret of SECRETS) expect(all.split("\n").filter((line) => line.includes(secret))).toEqual([]);
  });
});

describe("where the configuration can't be written, or ffmpeg is missing", () => {
  test("the lines are shown, with words in the place of the password", async () => {
    await using folder = await tempFolder();
    chmodSync(folder.path, 0o755);
    await using server = await Nightjar.start({
      folder: folder.path,
      config: { data: folder.file("data") },
      env: { PATH: "/nonexistent" },
      launcher: await asOrdinaryUser(folder),
    });
    const send = (fields: Record<string, string>) =>
      server.fetch("/settings/add-camera", { method: "POST", body: new URLSearchParams(fields) });
    const form = {
      name: "Door",
      address: "192.168.0.9/s",
      user: "u",
      password: "p@ss",
      days: "7",
      audio: "yes",
    };

    const tested = await send({ ...form, do: "test" });
    expect([tested.status, (await tested.text()).includes("This machine has no ffmpeg")]).toEqual([
      422,
      true,
    ]);

    const before = readFileSync(folder.file("nightjar.yaml"), "utf8");
    const answer = await send({ ...form, enabled: "yes", do: "save" });
    const page = await answer.text();
    expect(answer.status).toBe(409);
    expect(page).toContain("this user may not write there");
    expect(page).toContain(
      "channels:\n  door:\n    name: Door\n    source: rtsp://USER:PASSWORD@192.168.0.9/s\n",
    );
    expect(page).not.toContain("p%40ss");
    expect(readFileSync(folder.file("nightjar.yaml"), "utf8")).toBe(before);
  }, 30_000);
});

/** Words before a command that take its rights away; the user can write the data folder alone. */
async function asOrdinaryUser(folder: TempFolder): Promise<string[]> {
  await finished(["install", "-d", "-o", "4711", "-g", "4711", folder.file("data")]);
  return [Bun.which("setpriv") ?? "setpriv", "--reuid=4711", "--regid=4711", "--clear-groups"];
}
