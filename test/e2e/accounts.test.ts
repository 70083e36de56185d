import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyWithFfmpeg, probe } from "../support/ffmpeg.ts";
import { Nightjar, nightjarCommand } from "../support/nightjar.ts";
import { tempFolder, type TempFolder } from "../support/temp.ts";
import { playInVlc } from "../support/vlc.ts";
import { waitFor } from "../support/wait.ts";

const PASSWORD = "correct horse";
const basic = (name: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`,
});

describe("accounts", () => {
  let folder: TempFolder;
  let server: Nightjar;

  /** A command about people, with a password on its standard input. */
  const user = (args: readonly string[], password?: string) =>
    nightjarCommand(["user", ...args], {
      folder: folder.path,
      ...(password === undefined ? {} : { input: `${password}\n` }),
    });
  const status = async (path: string, headers: Record<string, string>): Promise<number> => {
    const response = await server.fetch(path, { headers, redirect: "manual" });
    await response.arrayBuffer();
    return response.status;
  };
  /** Sends a form as a browser on a page of the server would. */
  const send = (path: string, fields: Record<string, string>, cookie = ""): Promise<Response> =>
    server.fetch(path, {
      method: "POST",
      body: new URLSearchParams(fields),
      headers: { accept: "text/html", origin: server.url, cookie },
      redirect: "manual",
    });
  const signedIn = async (name: string, password: string): Promise<string> => {
    const response = await send("/login", { name, password, next: "/cam" });
    expect([response.status, response.headers.get("location")]).toEqual([303, "/cam"]);
    return response.headers.get("set-cookie")?.split(";")[0] ?? "";
  };

  beforeAll(async () => {
    folder = await tempFolder();
    const channels = { cam: { source: "demo:courtyard" } };
    server = await Nightjar.start({ folder: folder.path, config: { auth: "accounts", channels } });
  }, 30_000);
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  test("everything leads to the set-up until the command line adds somebody beside the server", async () => {
    const page = await server.fetch("/", { headers: { accept: "text/html" }, redirect: "manual" });
    expect([page.status, page.headers.get("location")]).toEqual([302, "/setup"]);
    expect(await status("/cam/live.m3u8", basic("anna", PASSWORD))).toBe(403);

    expect((await user(["add", "anna"], "short")).stderr).toContain("at least 8");
    expect((await user(["add", "anna"], PASSWORD)).stdout).toBe("anna may sign in as admin.\n");
    expect((await user(["add", "vera"], PASSWORD)).stdout).toBe("vera may sign in as viewer.\n");
    expect((await user(["list"])).stdout).toBe("anna  admin\nvera  viewer\n");
    expect(await user(["rm", "anna"])).toMatchObject({ code: 1 });

    const login = await server.fetch("/cam?at=5", { headers: { accept: "text/html" }, redirect: "manual" });
    expect([login.status, login.headers.get("location")]).toEqual([303, "/login?next=%2Fcam%3Fat%3D5"]);
    const form = await server.fetch("/login?next=//evil.example.org", { headers: { accept: "text/html" } });
    expect(await form.text()).toContain('name="next" value="/"');
  });

  test("a person signs in by the form, sees the pages, and signs out", async () => {
    const wrong = await send("/login", { name: "anna", password: "wrong horse" });
    expect([wrong.status, wrong.headers.get("set-cookie")]).toEqual([422, null]);
    expect(await wrong.text()).toContain("The name or the password is wrong.");
    const cookie = await signedIn("anna", PASSWORD);
    for (const path of ["/", "/cam", "/settings/people", "/settings/password"]) {
      const response = await server.fetch(path, { headers: { accept: "text/html", cookie } });
      expect([path, response.status]).toEqual([path, 200]);
      expect(response.headers.get("content-security-policy")).toContain(
        "default-src 'none'; script-src 'self'",
      );
    }
    const out = await send("/logout", {}, cookie);
    expect([out.status, out.headers.get("location")]).toEqual([303, "/login"]);
    expect(await status("/", { cookie })).toBe(401);
  });

  test("an admin adds people and tokens on the page; a viewer can't", async () => {
    const cookie = await signedIn("anna", PASSWORD);
    const added = await send(
      "/settings/people",
      { name: "olga", password: PASSWORD, role: "operator" },
      cookie,
    );
    expect(added.status).toBe(303);
    const again = await send(
      "/settings/people",
      { name: "OLGA", password: PASSWORD, role: "viewer" },
      cookie,
    );
    expect([
      again.status,
      (await again.text()).includes("There is a user &quot;OLGA&quot; already."),
    ]).toEqual([409, true]);
    const made = await send("/settings/people/tokens", { name: "tv", role: "viewer" }, cookie);
    const token = /njt_[\w-]{43}/.exec(await made.text())?.[0] ?? "";
    expect(await status("/playlist.m3u", { authorization: `Bearer ${token}` })).toBe(200);
    const list = await server.text("/settings/people", { headers: { cookie, accept: "text/html" } });
    expect([list.includes("olga"), list.includes(token)]).toEqual([true, false]);

    const viewer = await signedIn("vera", PASSWORD);
    const refused = await send("/settings/people", { name: "x", password: PASSWORD, role: "admin" }, viewer);
    expect([
      refused.status,
      (await refused.text()).includes("needs the role admin; yours is viewer"),
    ]).toEqual([403, true]);
  });

  test("players play with a password, and by an address with a ticket, to the last segment", async () => {
    const headers = basic("vera", PASSWORD);
    const recorded = async () => (await server.fetch("/cam/live.m3u8", { headers })).text();
    await waitFor("six seconds of footage", async () => (await recorded()).split("#EXTINF").length > 4, {
      timeoutMs: 25_000,
    });
    const m3u = await server.text("/cam/live.m3u8?download=1", { headers });
    const ticketed = m3u.trim().split("\n").at(-1) ?? "";
    expect(ticketed).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/-\/t\/[\w-]+\/cam\/live\.m3u8$/);

    const segment = (await recorded()).split("\n").find((line) => line.startsWith("segment/")) ?? "";
    expect(await status(`/cam/${segment}`, {})).toBe(401);
    const whole = await fetch(new URL(segment, ticketed));
    const sizeBytes = (await whole.arrayBuffer()).byteLength;
    expect([whole.status, sizeBytes > 1000]).toEqual([200, true]);
    const part = await fetch(new URL(segment, ticketed), { headers: { range: "bytes=0-99" } });
    expect([part.status, (await part.arrayBuffer()).byteLength]).toEqual([206, 100]);
    const head = await fetch(new URL(segment, ticketed), { method: "HEAD" });
    expect(Number(head.headers.get("content-length"))).toBe(sizeBytes);
    const settings = await fetch(new URL("../settings", ticketed));
    expect([settings.status, await settings.text()]).toEqual([
      403,
      "An address for players opens playlists, media and stills only\n",
    ]);

    const withPassword = `http://vera:${encodeURIComponent(PASSWORD)}@${new URL(server.url).host}/cam/live.m3u8`;
    for (const [index, address] of [withPassword, ticketed].entries()) {
      const file = folder.file(`copy${index}.mp4`);
      await copyWithFfmpeg(address, file, 3);
      expect((await probe(file)).streams.length).toBe(2);
    }
    const [password, ticket] = await Promise.all(
      [withPassword, ticketed].map((address) => playInVlc(address, [{ playSeconds: 4 }])),
    );
    for (const played of [password, ticket]) {
      expect(played?.counters[0]?.displayedPictures).toBeGreaterThan(20);
    }
    expect(server.logText).not.toContain(new URL(ticketed).pathname.split("/")[3] ?? "");
  }, 60_000);

  test("a changed password ends sessions, remembered credentials and tickets at once", async () => {
    const cookie = await signedIn("vera", PASSWORD);
    const headers = basic("vera", PASSWORD);
    const m3u = await server.text("/cam/live.m3u8?download=1", { headers: { cookie } });
    const ticketed = new URL(m3u.trim().split("\n").at(-1) ?? "").pathname;
    const all = async () => [
      await status("/cam/live.m3u8", { cookie }),
      await status("/cam/live.m3u8", headers),
      await status(ticketed, {}),
    ];
    expect(await all()).toEqual([200, 200, 200]);
    expect((await user(["passwd", "vera"], "another horse")).code).toBe(0);
    expect(await all()).toEqual([401, 401, 401]);
    expect(await status("/cam/live.m3u8", basic("vera", "another horse"))).toBe(200);
    expect((await user(["rm", "vera"])).code).toBe(0);
    expect(await status("/cam/live.m3u8", basic("vera", "another horse"))).toBe(401);
  });

  test("who guesses has to wait; who knows goes on", async () => {
    const headers = basic("anna", PASSWORD);
    expect(await status("/cam/live.m3u8", headers)).toBe(200);
    const answers: number[] = [];
    for (let count = 0; count < 8; count++) answers.push(await status("/", basic("anna", `guess ${count}`)));
    expect(answers.slice(-3)).toEqual([429, 429, 429]);
    const form = await send("/login", { name: "anna", password: "guess again" });
    expect([form.status, Number(form.headers.get("retry-after")) > 0]).toEqual([429, true]);
    expect(await form.text()).toMatch(/Too many wrong passwords; try again in \d+ seconds?\./);
    expect(await status("/cam/live.m3u8", headers)).toBe(200);
  });
});
