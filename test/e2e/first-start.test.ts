import { afterAll, beforeAll, expect, test } from "bun:test";
import { chownSync, copyFileSync, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { makeClip } from "../rtsp/clip.ts";
import { OddServer } from "../rtsp/odd-server.ts";
import { launchChromium } from "../support/chromium.ts";
import { nightjarBinary } from "../support/nightjar.ts";
import { freePort } from "../support/ports.ts";
import { tempFolder, type TempFolder } from "../support/temp.ts";
import { waitFor } from "../support/wait.ts";

const USER_ID = 4711;
const LOGIN = { user: "cam", password: "s3cr:t p@ss" };
const PASSWORD = "a nightjar sits still";

let folder: TempFolder;
let browser: Browser;
let page: Page;
let camera: OddServer;
let silent: OddServer;
let child: Bun.Subprocess<"ignore", "pipe", "pipe">;
let url = "";
let output = "";
const consoleErrors: string[] = [];

/** Starts the executable, without a word of configuration but the port, as a user who owns this folder alone. */
async function start(): Promise<void> {
  const port = url === "" ? await freePort() : Number(new URL(url).port);
  url = `http://127.0.0.1:${port}`;
  output = "";
  const ids = [`--reuid=${USER_ID}`, `--regid=${USER_ID}`, "--clear-groups"];
  child = Bun.spawn([Bun.which("setpriv") ?? "setpriv", ...ids, folder.file("nightjar")], {
    cwd: folder.path,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: { PATH: process.env["PATH"] ?? "", HOME: folder.path, NIGHTJAR_LISTEN: `0.0.0.0:${port}` },
  });
  for (const stream of [child.stdout, child.stderr]) {
    void (async () => {
      for await (const chunk of stream) output += new TextDecoder().decode(chunk);
    })();
  }
  await waitFor("an answer", async () => (await fetch(`${url}/health`)).status > 0, { timeoutMs: 15_000 });
}

const code = (): Promise<string> =>
  waitFor("the code", () => /enter the code ([A-Z0-9]{4}-[A-Z0-9]{4})/.exec(output)?.[1]);

async function fill(fields: Record<string, string>): Promise<void> {
  for (const [name, value] of Object.entries(fields)) await page.fill(`[name=${name}]`, value);
}

async function sendSetup(fields: Record<string, string>): Promise<string> {
  await fill({ name: "anna", ...fields });
  await Promise.all([page.waitForNavigation(), page.click("button.main")]);
  return (await page.locator("strong.trouble").allInnerTexts()).join();
}

/** Tests a camera by the form; returns what the page says of it. */
async function tested(on: Page, address: string, login = LOGIN): Promise<string> {
  for (const [name, value] of Object.entries({ address, ...login })) await on.fill(`[name=${name}]`, value);
  await on.click("button[value=test]");
  await on.locator("#testing").waitFor({ state: "visible" });
  await on.locator("#testing").waitFor({ state: "hidden", timeout: 30_000 });
  return on.locator(".test-result > :first-child").innerText();
}

beforeAll(async () => {
  folder = await tempFolder();
  chownSync(folder.path, USER_ID, USER_ID);
  copyFileSync(nightjarBinary, folder.file("nightjar"));
  const clip = await makeClip({ seconds: 2, gopPictures: 25 });
  [camera, silent, browser] = await Promise.all([
    OddServer.start(clip, { auth: LOGIN }),
    OddServer.start(clip, { silent: true }),
    launchChromium(),
  ]);
  const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
  page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on("console", (message) => {
    const isExpected = message.text().includes("422 (Unprocessable Entity)");
    if (message.type() === "error" && !isExpected) consoleErrors.push(message.text());
  });
  page.on("pageerror", (error) => consoleErrors.push(error.message));
  await start();
}, 60_000);

afterAll(async () => {
  child.kill("SIGKILL");
  await Promise.all([child.exited, browser.close()]);
  await Promise.all([camera, silent, folder].map((each) => each[Symbol.asyncDispose]()));
});

test("every page leads to the set-up, which wants the code from the log", async () => {
  await page.goto(`${url}/settings/cameras`);
  expect(page.url()).toBe(`${url}/setup`);
  const right = await code();
  const twice = { password: PASSWORD, again: PASSWORD };
  expect(await sendSetup({ code: "AAAA-AAAA", ...twice })).toContain("This is not the code");
  expect(await sendSetup({ code: right, password: PASSWORD, again: "other" })).toContain(
    "The two passwords differ",
  );
  expect(await sendSetup({ code: right, password: "short", again: "short" })).toContain(
    "The password has 5 characters",
  );
  expect(await page.content()).not.toContain(PASSWORD);
  expect(await sendSetup({ code: ` ${right.toLowerCase().replace("-", " ")}`, ...twice })).toBe("");
  expect(page.url()).toBe(`${url}/setup/camera`);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
}, 40_000);

test("each camera that can't be had is told apart, and the right one is added", async () => {
  const other = await page.context().newPage();
  await other.goto(`${url}/setup/camera`);
  const silence = tested(other, silent.url());
  const web = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("<html>") });
  const address = `127.0.0.1:${camera.port}/stream`;
  expect(await tested(page, address, { ...LOGIN, password: "wrong" })).toContain(
    "refused the user name or password",
  );
  expect(await tested(page, `127.0.0.1:${web.port}`)).toContain("it is not a camera's stream");
  expect(await tested(page, `127.0.0.1:${await freePort()}`)).toContain("refused the connection");
  await web.stop(true);
  await fill({ name: "Haustür" });
  expect(await tested(page, address)).toBe("The camera answers.");
  const picture = page.locator(".test-picture");
  expect(
    await picture.evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth)),
  ).toBe(320);
  expect(await silence).toContain("sent nothing that can be used");
  await other.close();

  await Promise.all([page.waitForURL(`${url}/haustur`), page.click("button[value=save]")]);
  expect(await page.content()).not.toMatch(/s3cr|p%40ss|p@ss/);
  expect(statSync(folder.file("nightjar.yaml")).mode & 0o777).toBe(0o600);
  for (const path of ["/setup", "/setup/camera"]) {
    await page.goto(url + path);
    expect(page.url()).toBe(`${url}/`);
  }
}, 60_000);

/** Waits until the page's video has played on for a second. */
async function plays(): Promise<void> {
  await waitFor(
    "the first footage",
    async () => {
      await page.goto(`${url}/haustur`);
      return (await page.locator("video").count()) > 0;
    },
    { timeoutMs: 20_000, everyMs: 500 },
  );
  const time = () => page.locator("video").evaluate((video: HTMLVideoElement) => video.currentTime);
  const first = await waitFor("the first picture", async () => (await time()) || undefined, {
    timeoutMs: 20_000,
  });
  await waitFor("the pictures after it", async () => (await time()) > first + 1, { timeoutMs: 20_000 });
}

test("it plays; after kill -9 user, camera and footage are back", async () => {
  await plays();
  const byStranger = await fetch(`${url}/haustur/stream/today/playlist.m3u8`);
  expect(byStranger.status).toBe(401);
  const file = readFileSync(folder.file("nightjar.yaml"), "utf8");
  await waitFor(
    "footage on the disk",
    () => {
      const archive = folder.file("nightjar-data", "archive");
      return (
        existsSync(archive) &&
        readdirSync(archive, { recursive: true }).some((name) => String(name).endsWith(".m3u8"))
      );
    },
    { timeoutMs: 20_000 },
  );
  const firstOutput = output;
  await page.goto("about:blank");
  child.kill("SIGKILL");
  await child.exited;

  await start();
  expect(output).not.toContain("enter the code");
  expect(readFileSync(folder.file("nightjar.yaml"), "utf8")).toBe(file);
  await page.goto(`${url}/settings/cameras`);
  expect(await page.locator(".camera").innerText()).toContain("Haustür");
  await plays();
  const stranger = await browser.newPage();
  await stranger.goto(`${url}/haustur`);
  expect(new URL(stranger.url()).pathname).toBe("/login");
  await stranger.fill("[name=name]", "anna");
  await stranger.fill("[name=password]", PASSWORD);
  await Promise.all([stranger.waitForURL(`${url}/haustur`), stranger.click("button.main")]);
  expect(`${firstOutput}${output}`).not.toMatch(/s3cr|p%40ss|p@ss|nightjar sits/);
  expect(consoleErrors).toEqual([]);
}, 90_000);
