import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Accounts } from "../../src/accounts/accounts.ts";
import { roles, type Role } from "../../src/access/policy.ts";
import { openArchive, type OpenArchive } from "../../src/archive/open-archive.ts";
import { Supervisors } from "../../src/capture/supervisors.ts";
import { configFromObject } from "../../src/config/load.ts";
import { systemClock } from "../../src/platform/system-clock.ts";
import { makeApp } from "../../src/serve.ts";
import { tempFolder, type TempFolder } from "../support/temp.ts";

type App = Awaited<ReturnType<typeof makeApp>>;
type Declared = { method: string; path: string; wanted: Role | "anyone"; tags: string[] };

const PASSWORD = "correct horse";
const clock = systemClock();

let folder: TempFolder;
let opened: OpenArchive;
let app: App;
let accounts: Accounts;
const tokens = new Map<Role, string>();

beforeAll(async () => {
  folder = await tempFolder();
  const config = configFromObject(
    { data: folder.path, channels: { gate: { source: "demo:street", enabled: false } } },
    { folder: folder.path, systemZone: "UTC", reservedIds: [] },
  );
  opened = await openArchive({ config, clock });
  const supervisors = new Supervisors({ archive: opened.archive, clock });
  app = await makeApp({ current: () => config, opened, supervisors, clock });
  await app.modules;
  accounts = new Accounts({ tables: opened.state.accounts, clock });
});

afterAll(async () => {
  await opened.close();
  await folder[Symbol.asyncDispose]();
});

const declaredRoutes = (): Declared[] =>
  app.routes.map(({ method, path, hooks }) => {
    const detail = (hooks as { detail?: Record<string, unknown> }).detail ?? {};
    return {
      method,
      path,
      wanted: detail["x-access"] as Declared["wanted"],
      tags: (detail["tags"] as string[] | undefined) ?? [],
    };
  });

/** An address that leads to the route; what it names need not be there. */
const addressOf = (path: string): string => path.replaceAll(/:\w+\??/g, "gate").replaceAll("*", "x");

const ask = (
  { method, path }: Pick<Declared, "method" | "path">,
  headers: Record<string, string> = {},
  prefix = "",
): Promise<Response> =>
  Promise.resolve(
    app.handle(new Request(`http://nightjar.test${prefix}${addressOf(path)}`, { method, headers })),
  );

const bearer = (role: Role) => ({ authorization: `Bearer ${tokens.get(role) ?? ""}` });

describe("before the set-up", () => {
  test("every route but the set-up's leads to it", async () => {
    for (const route of declaredRoutes()) {
      if (/^\/(setup|assets|health)/.test(route.path)) continue;
      const page = await ask(route, { accept: "text/html" });
      const wanted = route.method === "GET" ? [302, "/setup"] : [403, null];
      expect([route, page.status, page.headers.get("location")]).toEqual([route, ...wanted]);
      const other = await ask(route);
      expect([route, other.status, (await other.text()).includes("/setup")]).toEqual([route, 403, true]);
    }
  });
});

describe("every route", () => {
  beforeAll(async () => {
    await accounts.addUser({ name: "anna", password: PASSWORD, role: "admin" });
    for (const role of roles) tokens.set(role, accounts.addToken({ name: role, role }));
  });

  test("says who may use it, and there are many", () => {
    const routes = declaredRoutes();
    expect(routes.length).toBeGreaterThan(40);
    for (const route of routes) expect(["anyone", ...roles]).toContain(route.wanted);
  });

  test("refuses strangers: players by 401, those who want a page by the login", async () => {
    for (const route of declaredRoutes()) {
      const plain = await ask(route);
      const page = await ask(route, { accept: "text/html,*/*" });
      if (route.wanted === "anyone") {
        expect([route, [401, 403].includes(plain.status)]).toEqual([route, false]);
        continue;
      }
      expect([route, plain.status]).toEqual([route, 401]);
      expect(plain.headers.get("www-authenticate")).toBe('Basic realm="Nightjar", charset="UTF-8"');
      expect(await plain.text()).toContain("needs an account");
      expect([route, page.status]).toEqual([route, route.method === "GET" ? 303 : 401]);
      if (route.method === "GET") {
        expect(page.headers.get("location")).toMatch(/^\/login(\?next=%2F\S*)?$/);
      }
    }
  });

  test("refuses those with too little, and names the role", async () => {
    for (const route of declaredRoutes()) {
      const { wanted } = route;
      if (wanted === "anyone") continue;
      for (const role of roles.slice(0, roles.indexOf(wanted))) {
        const response = await ask(route, bearer(role));
        expect([route, role, response.status]).toEqual([route, role, 403]);
        expect(await response.text()).toContain(`needs the role ${wanted}; yours is ${role}`);
      }
    }
  });

  test("lets those in who may", async () => {
    for (const route of declaredRoutes()) {
      if (route.wanted === "anyone") continue;
      for (const role of roles.slice(roles.indexOf(route.wanted))) {
        // Blocking reloads and the like may take their time; that they are let in shows before.
        const response = await Promise.race([ask(route, bearer(role)), Bun.sleep(1000)]);
        const refused = response && [401, 500].includes(response.status);
        expect([route, role, response?.status, refused ?? false]).toEqual([
          route,
          role,
          response?.status,
          false,
        ]);
        if (response?.status === 403) expect(await response.text()).not.toContain("needs the role");
        else await response?.body?.cancel();
      }
    }
  });

  test("that changes something refuses pages of other sites, whoever asks", async () => {
    const changing = declaredRoutes().filter(({ method }) => !["GET", "HEAD", "OPTIONS"].includes(method));
    expect(changing.length).toBeGreaterThan(8);
    const session = accounts.startSession(new Request("http://nightjar.test/"), "anna").split(";")[0] ?? "";
    for (const route of changing) {
      for (const foreign of [
        { "sec-fetch-site": "cross-site" },
        { "sec-fetch-site": "same-site", origin: "http://nightjar.test" },
        { origin: "https://evil.example.org", host: "nightjar.test" },
        { origin: "null", host: "nightjar.test" },
      ]) {
        const type = { "content-type": "application/x-www-form-urlencoded" };
        const response = await ask(route, { ...foreign, ...type, cookie: session });
        expect([route, response.status, await response.text()]).toEqual([
          route,
          403,
          "A page of another site may not change anything here\n",
        ]);
      }
    }
  });

  test("opens with a ticket only if players read it, and never for a change", async () => {
    const ticket = await ticketOf(bearer("admin"));
    for (const route of declaredRoutes()) {
      const response = await Promise.race([ask(route, {}, ticket), Bun.sleep(1000)]);
      const isForPlayers =
        route.method === "GET" && route.tags.some((tag) => ["playback", "media", "stills"].includes(tag));
      const text = response?.status === 403 ? await response.text() : "";
      expect([route, text.includes("An address for players opens")]).toEqual([route, !isForPlayers]);
      expect([route, response?.status === 401]).toEqual([route, false]);
    }
  });
});

describe("a method that an address does not take", () => {
  test("is refused with those it takes, wherever there is one", async () => {
    const routes = declaredRoutes();
    const takes = (path: string, method: string) =>
      routes.some((route) => route.method === method && addressOf(route.path) === addressOf(path));
    for (const { path } of routes.filter(({ method }) => method === "GET")) {
      for (const method of ["POST", "PATCH"].filter((each) => !takes(path, each))) {
        const response = await ask({ method, path }, bearer("admin"));
        expect([path, method, response.status]).toEqual([path, method, 405]);
        const allow = response.headers.get("allow") ?? "";
        expect([path, allow.split(", ").includes("GET"), allow.includes(method)]).toEqual([
          path,
          true,
          false,
        ]);
        expect(await response.text()).toBe(`${method} is not possible at this address\nIt takes ${allow}\n`);
      }
    }
  });

  test("is said in the form that the client reads, also where a verb has a route that refuses it", async () => {
    const answerTo = async (method: string, path: string, accept = "") =>
      await ask({ method, path }, { ...bearer("admin"), accept });
    const json = await answerTo("DELETE", "/api/channels", "application/json");
    expect([json.status, json.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    expect(await json.json()).toEqual({
      error: "method-not-allowed",
      message: "DELETE is not possible at this address",
      details: ["It takes GET, HEAD"],
    });
    const page = await answerTo("POST", "/health", "text/html");
    expect([page.status, page.headers.get("content-type")]).toEqual([405, "text/html; charset=utf-8"]);
    expect(await page.text()).toContain("Not possible here");
    // A camera's channel takes no files; its days can be read.
    const file = await answerTo("DELETE", "/gate/2026-11-20/video_110000.ts");
    expect(file.headers.get("allow")).not.toContain("PUT");
    expect(file.headers.get("allow")).toContain("GET");
    const nowhere = ["POST /settings/nowhere/at/all", "GET /no/such/thing", "DELETE /no/such/thing"];
    // Files can be sent to such an address; what has not been sent is not found.
    for (const one of [...nowhere, "GET /gate/2026-11-20/notes.txt", "HEAD /gate/2026-11-20/notes.txt"]) {
      const [method = "", path = ""] = one.split(" ");
      expect([one, (await answerTo(method, path)).status]).toEqual([one, 404]);
    }
  });
});

async function ticketOf(headers: Record<string, string>): Promise<string> {
  const response = await ask({ method: "GET", path: "/gate/live.m3u8?download=1" }, headers);
  const ticket = /http:\/\/nightjar\.test(\/-\/t\/[^/]+)\//.exec(await response.text())?.[1];
  if (ticket === undefined) throw new Error(`no ticket in the answer ${response.status}`);
  return ticket;
}
