import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { seriousFindings, stickingOutPixels } from "../support/axe.ts";
import { launchChromium } from "../support/chromium.ts";
import { Nightjar, nightjarCommand } from "../support/nightjar.ts";
import { finished } from "../support/processes.ts";
import { tempFolder, type TempFolder } from "../support/temp.ts";
import { tsClip } from "../support/ts-clip.ts";
import { waitFor } from "../support/wait.ts";

const PASSWORD = "correct horse";
const SECONDS = 4;
const SECRET = "s3cret-value";
const basic = `Basic ${Buffer.from(`anna:${PASSWORD}`).toString("base64")}`;
/** What the clips are dated: yesterday, so that no test meets midnight. */
/** Not the day before: in the first minutes after midnight, its list still goes on. */
const DAY = new Date(Date.now() - 2 * 86_400_000).toISOString().slice(0, 10);

/** A live list of three segments, as an origin keeps it. */
const PLAYLIST = [
  "#EXTM3U",
  "#EXT-X-VERSION:3",
  `#EXT-X-TARGETDURATION:${SECONDS}`,
  "#EXT-X-MEDIA-SEQUENCE:7",
  ...[0, 1, 2].flatMap((n) => [`#EXTINF:${SECONDS}.0,`, `${n}.ts`]),
].join("\n");

describe("streams, uploads and folders, by pages", () => {
  let folder: TempFolder;
  let server: Nightjar;
  let browser: Browser;
  let origin: ReturnType<typeof Bun.serve>;
  /** The headers that the origin was asked with last. */
  let asked = new Headers();
  let clip: Uint8Array<ArrayBuffer>;
  let token = "";

  const file = () => readFileSync(folder.file("nightjar.yaml"), "utf8");
  type Asked = Omit<RequestInit, "headers"> & { headers?: Record<string, string> };
  const ask = async (path: string, { headers: more = {}, ...init }: Asked = {}) => {
    const headers = { authorization: basic, accept: "text/html", origin: server.url, ...more };
    const response = await server.fetch(path, { redirect: "manual", ...init, headers });
    return {
      status: response.status,
      text: await response.text(),
      to: response.headers.get("location") ?? "",
    };
  };
  const send = (path: string, fields: Record<string, string>) =>
    ask(path, { method: "POST", body: new URLSearchParams(fields) });
  const hidden = (page: string, name: string): string =>
    new RegExp(`name="${name}" value="([0-9a-f]*)"`).exec(page)?.[1] ?? "";
  const channelOf = async (id: string) => JSON.parse((await ask(`/api/channels/${id}`)).text);

  beforeAll(async () => {
    [folder, clip, browser] = await Promise.all([
      tempFolder(),
      tsClip({ seconds: SECONDS }),
      launchChromium(),
    ]);
    origin = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch(request) {
        asked = request.headers;
        if (request.headers.get("x-key") !== SECRET) return new Response(null, { status: 403 });
        return new Response(request.url.endsWith(".m3u8") ? PLAYLIST : clip);
      },
    });
    const config = { auth: "accounts", timezone: "UTC", channels: {} };
    server = await Nightjar.start({ folder: folder.path, config });
    const added = await nightjarCommand(["user", "add", "anna"], {
      folder: folder.path,
      input: `${PASSWORD}\n`,
    });
    expect(added.code).toBe(0);
    const shared = folder.file(`shared/${DAY}`);
    mkdirSync(shared, { recursive: true });
    for (const name of ["video_120000.ts", "video_120004.ts"]) writeFileSync(`${shared}/${name}`, clip);
    writeFileSync(`${shared}/video_130000.ts`, "this is no film");
    writeFileSync(folder.file("nightjar.yaml"), `# mine\n${file()}`);
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await origin.stop(true);
    await server[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  test("a live stream is tested with its headers, added and changed; no value of one is shown", async () => {
    const address = `http://127.0.0.1:${origin.port}/index.m3u8`;
    const fields = { kind: "address", address, name: "Stream", days: "2", audio: "yes", enabled: "yes" };
    const refused = await send("/settings/add-camera", { ...fields, do: "test" });
    expect([refused.status, refused.text.includes("wants a sign-in, or refused it")]).toEqual([422, true]);

    const tested = await send("/settings/add-camera", { ...fields, headers: `X-Key: ${SECRET}`, do: "test" });
    expect(tested.status).toBe(200);
    expect(tested.text).toContain("The stream can be recorded as it comes.");
    for (const words of ["H.264, MPEG-TS", "640 × 360", "4 s", "AAC"]) expect(tested.text).toContain(words);
    expect(tested.text).not.toContain(SECRET);

    const saving = { ...fields, headers: "X-Key: …", test: hidden(tested.text, "test"), do: "save" };
    const saved = await send("/settings/add-camera", saving);
    expect([saved.status, saved.to]).toEqual([303, "/stream"]);
    expect(file()).toStartWith("# mine\n");
    expect(file()).toContain(`headers: { X-Key: ${SECRET} }`);

    const form = await ask("/settings/cameras/stream");
    expect(form.text).toContain("X-Key: …");
    const revision = hidden(form.text, "revision");
    const change = { ...fields, id: "stream", headers: "X-Key: …\nX-More: more", variant: "720p", revision };
    expect((await send("/settings/cameras/stream", { ...change, do: "save" })).status).toBe(303);
    expect(file()).toContain("variant: 720p");
    expect(file()).toContain(`headers: { X-Key: ${SECRET}, X-More: more }`);
    await waitFor("a request with the new header", () => asked.get("x-more") === "more");
    await waitFor("its segments", async () => (await channelOf("stream")).hasFootage);
    expect(server.lines.join("\n")).not.toContain(SECRET);
  }, 40_000);

  test("a channel for uploads leads to its address and makes a token, which curl sends files with", async () => {
    const saved = await send("/settings/add-camera", {
      kind: "upload",
      name: "Gate",
      days: "9",
      audio: "yes",
      enabled: "yes",
      do: "save",
    });
    expect([saved.status, saved.to]).toEqual([303, "/-/files/gate"]);
    expect((await ask("/gate")).text).toContain("How to send files here");
    const made = await send("/-/files/gate/token", {});
    expect(made.status).toBe(200);
    token = /value="(njt_[^"]+)"/.exec(made.text)?.[1] ?? "";
    expect(made.text).toContain(`curl -T video_140000.ts -u upload:${token} ${server.url}/gate/`);
    expect((await ask("/-/files/gate")).text).not.toContain(token);

    const put = async (name: string, body: string | Uint8Array): Promise<string> => {
      writeFileSync(folder.file(name), body);
      const args = `-s -o /dev/null -w %{http_code} -T ${folder.file(name)} -u upload:${token}`;
      const { stdout } = await finished(["curl", ...args.split(" "), `${server.url}/gate/${DAY}/`]);
      return stdout;
    };
    expect(await put("video_120000.ts", clip)).toBe("201");
    expect(await put("video_120004.ts", clip)).toBe("201");
    expect(await put("video_120012.ts", clip)).toBe("201");
    expect(await put("video_130000.ts", "this is no film")).toBe("202");
    // The token opens what an operator may, and no more.
    const asToken = { authorization: `Bearer ${token}` };
    expect((await ask("/settings/people", { headers: asToken })).status).toBe(403);
  }, 30_000);

  test("holes between files are gaps, also in the list of dates; what came late is not shown as live", async () => {
    const day = (await ask(`/gate/${DAY}`)).text;
    expect(day).toContain("12:00:08 to 12:00:12, 4 s: nothing was uploaded");
    const list = (await ask("/dates?view=list&channel=gate")).text;
    // The other one is that nothing came since.
    expect(list).toMatch(/12 s \(0%\), [^<]*, 2 gaps, /);
    expect(list).toContain(`/gate/stream/${DAY}/playlist.m3u8`);
    expect((await ask(`/gate/stream/${DAY}/playlist.m3u8`)).text.match(/\.ts$/gm)).toHaveLength(3);
    const { words, arrivals } = await channelOf("gate");
    expect([words, arrivals.quarantinedFiles]).toEqual(["Receiving files", 1]);
  });

  test("a watched folder is looked into and added; what can't be read is said, nothing in it is changed", async () => {
    const fields = {
      kind: "folder",
      name: "Shared",
      folder: folder.file("shared"),
      days: "",
      enabled: "yes",
    };
    const none = await send("/settings/add-camera", { ...fields, folder: folder.file("none"), do: "test" });
    expect([none.status, none.text.includes("There is no folder")]).toEqual([422, true]);
    const tested = await send("/settings/add-camera", { ...fields, do: "test" });
    expect(tested.text).toContain("3 segment files");
    const saved = await send("/settings/add-camera", { ...fields, do: "save" });
    expect(saved.to).toBe("/-/files/shared");
    await waitFor("the file that can't be read", async () => {
      const { arrivals, hasFootage } = await channelOf("shared");
      return hasFootage && arrivals.unreadableFiles === 1;
    });
    const page = (await ask("/-/files/shared")).text;
    expect(page).toContain("1 file could not be read");
    expect(page).toContain(folder.file("shared"));
    const doctor = await nightjarCommand(["doctor"], { folder: folder.path });
    expect(doctor.stdout).toMatch(/ok\s+folder shared\s+.*1 date/);
    expect((await ask("/settings/cameras/shared/remove")).text).toContain(
      "Nothing in the folder is touched.",
    );
  }, 30_000);

  /** A page of somebody who is signed in; what it complains of is collected. */
  async function open(path: string, width: number, colorScheme: "dark" | "light") {
    const context = await browser.newContext({
      colorScheme,
      viewport: { width, height: 800 },
      extraHTTPHeaders: { authorization: basic },
    });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(server.url + path);
    return { page, complaints, close: () => context.close() };
  }

  test("axe finds nothing serious, nothing sticks out", async () => {
    const paths = [
      "/-/files/gate",
      "/-/files/gate/quarantine",
      "/-/files/shared",
      "/dates?view=list&channel=gate",
      "/dates?view=list",
      "/settings/add-camera?kind=upload",
      "/settings/add-camera?kind=folder",
      "/settings/cameras/stream",
      "/playlists?channel=stream&day=2026-01-02",
    ];
    const faults: string[] = [];
    for (const [width, colorScheme] of [
      [360, "light"],
      [1280, "dark"],
    ] as const) {
      for (const path of paths) {
        const { page, complaints, close } = await open(path, width, colorScheme);
        const over = await stickingOutPixels(page);
        if (over > 0) faults.push(`${path} at ${width}: ${over} px stick out`);
        const found = width > 360 ? [] : await seriousFindings(page);
        faults.push(...complaints, ...found.map((finding) => JSON.stringify([path, finding])));
        await close();
      }
    }
    expect(faults).toEqual([]);
  }, 90_000);

  test("quarantine: a file is deleted after a question, and the list renews itself", async () => {
    const { page, close } = await open("/-/files/gate/quarantine", 390, "dark");
    await page.getByText(`${DAY}/video_130000.ts`).waitFor();
    await page.locator("details.confirm summary").click();
    await page.getByRole("button", { name: /for good/ }).click();
    await page.getByText("There is nothing in quarantine.").waitFor();
    expect(page.url()).toEndWith("/quarantine");
    await close();
  }, 30_000);

  test("MPEG-TS plays in a browser: a day of uploads, and the stream live", async () => {
    const isPlaying = (page: Page) =>
      waitFor("pictures", () =>
        page.evaluate<boolean>(`(() => { const video = document.querySelector("video");
          return video.readyState > 2 && !video.paused && video.currentTime > 0 })()`),
      );
    for (const path of [`/gate/${DAY}`, "/stream"]) {
      const { page, complaints, close } = await open(path, 1280, "light");
      await isPlaying(page);
      expect(complaints).toEqual([]);
      await close();
    }
    const still = await server.fetch("/gate/frame?width=160", { headers: { authorization: basic } });
    expect([still.status, still.headers.get("content-type")]).toEqual([200, "image/jpeg"]);
  }, 60_000);
});
