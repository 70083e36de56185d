import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ticketFor } from "../../../src/access/identity.ts";
import { withoutTicket } from "../../../src/access/ticket-path.ts";
import type { Accounts } from "../../../src/accounts/accounts.ts";
import { basic, cookieOf, NOW_MS, PASSWORD, requestOf, worldOf, type World } from "./support.ts";

const DAY_MS = 86_400_000;

const idOf = (accounts: Accounts, name: string): number => {
  const user = accounts.userNamed(name);
  if (!user) throw new Error(`no user ${name}`);
  return user.id;
};

/** Who asks by an address that begins with a ticket. */
const byTicket = (accounts: Accounts, ticket: string, headers: Record<string, string> = {}) =>
  accounts.identify(withoutTicket(requestOf(headers, { path: `${ticket}/gate/live.m3u8` })));

describe("users", () => {
  let world: World;
  let accounts: Accounts;
  beforeAll(async () => {
    world = await worldOf();
    accounts = world.accounts;
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test("the first one is an admin", async () => {
    expect(accounts.isEmpty()).toBe(true);
    expect(accounts.addUser({ name: "eve", password: PASSWORD, role: "viewer" })).rejects.toThrow(
      "wanted: admin for the first user",
    );
    await accounts.addUser({ name: "Anna", password: PASSWORD, role: "admin" });
    expect(accounts.isEmpty()).toBe(false);
    expect(accounts.users()).toMatchObject([{ name: "Anna", role: "admin", createdMs: NOW_MS }]);
  });

  test.each([
    ["anna", PASSWORD, "already"],
    ["ANNA", PASSWORD, "already"],
    ["", PASSWORD, 'The name is ""; wanted: 1 to 64'],
    ["a:b", PASSWORD, "wanted: 1 to 64"],
    ["-a", PASSWORD, "wanted: 1 to 64"],
    ["a b", PASSWORD, "wanted: 1 to 64"],
    ["a".repeat(65), PASSWORD, "wanted: 1 to 64"],
    ["bob", "1234567", "The password has 7 characters; wanted: at least 8"],
    ["bob", "x".repeat(201), "wanted: at most 200"],
    ["bob", "abababab", "at least three different"],
    ["bob", "abcdefg\n", "control characters"],
    ["bob", "p\uFFFDsswort", "wanted: text in UTF-8"],
    ["robert.m", "ROBERT.M", "The password is the name"],
  ])("the name %p with the password %p is refused", async (name, password, text) => {
    expect(accounts.addUser({ name, password, role: "viewer" })).rejects.toThrow(text);
    expect(accounts.users()).toHaveLength(1);
  });

  test("the last admin stays admin", async () => {
    await accounts.addUser({ name: "bob", password: PASSWORD, role: "operator" });
    const anna = idOf(accounts, "anna");
    expect(() => accounts.removeUser(anna)).toThrow("Anna is the only admin");
    expect(() => accounts.setRole(anna, "viewer")).toThrow("Anna is the only admin");
    accounts.setRole(idOf(accounts, "bob"), "admin");
    accounts.setRole(anna, "viewer");
    accounts.setRole(anna, "admin");
    accounts.removeUser(idOf(accounts, "bob"));
    expect(() => accounts.removeUser(anna)).toThrow("only admin");
    expect(() => accounts.removeUser(999)).toThrow("no such user");
  });

  test("letters are the same however a keyboard composes them", async () => {
    await accounts.addUser({ name: "J\u00fcrgen", password: "gr\u00fcne Wiese", role: "viewer" });
    const session = await accounts.signIn(requestOf(), "ju\u0308rgen", "gru\u0308ne Wiese");
    expect(session?.cookie).toContain("nightjar=");
  });
});

describe("whose request it is", () => {
  let world: World;
  let accounts: Accounts;
  beforeAll(async () => {
    world = await worldOf();
    accounts = world.accounts;
    await accounts.addUser({ name: "anna", password: PASSWORD, role: "admin" });
    await accounts.addUser({ name: "bob", password: PASSWORD, role: "viewer" });
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test("nobody's without credentials, and with odd ones", async () => {
    for (const headers of [
      {},
      { authorization: "Basic" },
      { authorization: "Basic !!!" },
      { authorization: `Basic ${btoa("no colon")}` },
      { authorization: "Bearer njt_x" },
      { authorization: "Digest username=anna" },
      { cookie: "nightjar=x" },
      { cookie: `nightjar=${"A".repeat(43)}` },
    ]) {
      expect(await accounts.identify(requestOf(headers))).toBeUndefined();
    }
  });

  test("by Basic, whatever the case of the name", async () => {
    const identity = await accounts.identify(requestOf(basic("ANNA", PASSWORD)));
    expect(identity).toMatchObject({ name: "anna", role: "admin", how: "basic" });
    expect(await accounts.identify(requestOf(basic("anna", "wrong horse")))).toBeUndefined();
    expect(await accounts.identify(requestOf(basic("nobody", PASSWORD)))).toBeUndefined();
  });

  test("right credentials are checked once, then remembered for minutes", async () => {
    const headers = basic("bob", PASSWORD);
    await Promise.all(Array.from({ length: 20 }, () => accounts.identify(requestOf(headers))));
    const startMs = performance.now();
    for (let count = 0; count < 200; count++) {
      expect((await accounts.identify(requestOf(headers)))?.name).toBe("bob");
    }
    // 200 argon2 checks would take seconds.
    expect(performance.now() - startMs).toBeLessThan(500);
  });

  test("by a token, as Bearer or as a password of any name", async () => {
    const token = accounts.addToken({ name: "tv", role: "operator" });
    expect(token).toMatch(/^njt_[\w-]{43}$/);
    for (const headers of [{ authorization: `Bearer ${token}` }, basic("", token), basic("anna", token)]) {
      const identity = await accounts.identify(requestOf(headers));
      expect(identity).toMatchObject({ name: "tv", role: "operator", how: "token" });
    }
    expect(() => accounts.addToken({ name: "TV", role: "viewer" })).toThrow("already");
    const [row] = accounts.tokens();
    expect(row).toMatchObject({ name: "tv", usedMs: NOW_MS });
    expect(JSON.stringify(row)).not.toContain(token);
    accounts.removeToken(row?.id ?? 0);
    expect(await accounts.identify(requestOf({ authorization: `Bearer ${token}` }))).toBeUndefined();
    expect(() => accounts.removeToken(row?.id ?? 0)).toThrow("no such token");
  });

  test("what another process changes holds at once", async () => {
    const other = world.beside();
    await other.addUser({ name: "carl", password: PASSWORD, role: "viewer" });
    expect((await accounts.identify(requestOf(basic("carl", PASSWORD))))?.role).toBe("viewer");
    other.setRole(idOf(other, "carl"), "operator");
    expect((await accounts.identify(requestOf(basic("carl", PASSWORD))))?.role).toBe("operator");
    await other.setPassword(idOf(other, "carl"), "another horse");
    expect(await accounts.identify(requestOf(basic("carl", PASSWORD)))).toBeUndefined();
    expect((await accounts.identify(requestOf(basic("carl", "another horse"))))?.name).toBe("carl");
    other.removeUser(idOf(other, "carl"));
    expect(await accounts.identify(requestOf(basic("carl", "another horse")))).toBeUndefined();
  });
});

describe("sessions", () => {
  test("last 30 days since they were last used, and end by signing out", async () => {
    await using world = await worldOf();
    const { accounts, clock } = world;
    await accounts.addUser({ name: "anna", password: PASSWORD, role: "admin" });
    expect(await accounts.signIn(requestOf(), "anna", "wrong horse")).toBeUndefined();
    const session = await accounts.signIn(requestOf(), "anna", PASSWORD);
    if (!session) throw new Error("not signed in");
    expect(session.cookie).toMatch(/^nightjar=[\w-]{43}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/);
    const headers = cookieOf(session.cookie);
    for (const days of [29, 29, 29]) {
      clock.timeMs += days * DAY_MS;
      expect(await accounts.identify(requestOf(headers))).toMatchObject({ name: "anna", how: "session" });
    }
    clock.timeMs += 30 * DAY_MS;
    expect(await accounts.identify(requestOf(headers))).toBeUndefined();

    const second = cookieOf(accounts.startSession(requestOf(), "anna"));
    expect(accounts.signOut(requestOf(second))).toContain("Max-Age=0");
    expect(await accounts.identify(requestOf(second))).toBeUndefined();
  });

  test("are at most 20 for one user: the longest unused goes", async () => {
    await using world = await worldOf();
    const { accounts, clock } = world;
    await accounts.addUser({ name: "anna", password: PASSWORD, role: "admin" });
    const cookies: { cookie: string }[] = [];
    for (let count = 0; count < 22; count++) {
      clock.timeMs += 1000;
      cookies.push(cookieOf(accounts.startSession(requestOf(), "anna")));
    }
    const isGood = await Promise.all(
      cookies.map(async (cookie) => (await accounts.identify(requestOf(cookie))) !== undefined),
    );
    expect(isGood.map((good, index) => (good ? -1 : index)).filter((index) => index >= 0)).toEqual([0, 1]);
  });

  test("are for encrypted ways only where there is one", async () => {
    await using world = await worldOf();
    const { accounts } = world;
    await accounts.addUser({ name: "anna", password: PASSWORD, role: "admin" });
    const forwarded = { "x-forwarded-proto": "https" };
    expect(accounts.startSession(requestOf(forwarded), "anna")).not.toContain("Secure");
    expect(accounts.startSession(requestOf(forwarded, { address: "127.0.0.1" }), "anna")).toContain(
      "; Secure",
    );
    expect(accounts.startSession(requestOf(forwarded, { address: "::ffff:127.0.0.1" }), "anna")).toContain(
      "; Secure",
    );
    await using proxied = await worldOf("https://cctv.example.org");
    await proxied.accounts.addUser({ name: "anna", password: PASSWORD, role: "admin" });
    expect(proxied.accounts.startSession(requestOf(), "anna")).toContain("; Secure");
  });

  test("and all else end with the password and with the user", async () => {
    await using world = await worldOf();
    const { accounts } = world;
    await accounts.addUser({ name: "anna", password: PASSWORD, role: "admin" });
    const ways = async (name: string, password: string) => {
      const cookie = cookieOf(accounts.startSession(requestOf(), name));
      const header = basic(name, password);
      const ticket = ticketFor(await accounts.identify(requestOf(header)));
      return async () => [
        (await accounts.identify(requestOf(cookie)))?.how,
        (await accounts.identify(requestOf(header)))?.how,
        (await byTicket(accounts, ticket))?.how,
      ];
    };
    for (const change of [
      (id: number) => accounts.setPassword(id, "another horse"),
      (id: number) => Promise.resolve(accounts.removeUser(id)),
    ]) {
      await accounts.addUser({ name: "bob", password: PASSWORD, role: "viewer" });
      const asked = await ways("bob", PASSWORD);
      expect(await asked()).toEqual(["session", "basic", "ticket"]);
      await change(idOf(accounts, "bob"));
      expect(await asked()).toEqual([undefined, undefined, undefined]);
      if (accounts.userNamed("bob")) accounts.removeUser(idOf(accounts, "bob"));
      await accounts.addUser({ name: "bob", password: PASSWORD, role: "viewer" });
      const [session, , ticket] = await asked();
      expect([session, ticket]).toEqual([undefined, undefined]);
      accounts.removeUser(idOf(accounts, "bob"));
    }
  });
});

describe("tickets", () => {
  test("make an admin's player a viewer, for 30 days, with one address a day", async () => {
    await using world = await worldOf();
    const { accounts, clock } = world;
    await accounts.addUser({ name: "anna", password: PASSWORD, role: "admin" });
    const header = basic("anna", PASSWORD);
    const ticket = ticketFor(await accounts.identify(requestOf(header)));
    expect(ticket).toMatch(/^\/-\/t\/[\w-]{20,50}$/);
    clock.timeMs += 3_600_000;
    expect(ticketFor(await accounts.identify(requestOf(header)))).toBe(ticket);
    const identity = await byTicket(accounts, ticket);
    expect(identity).toMatchObject({ name: "anna", role: "viewer", how: "ticket" });
    expect(ticketFor(identity)).toBe(ticket);
    clock.timeMs = NOW_MS + 30 * DAY_MS;
    expect((await byTicket(accounts, ticket))?.how).toBe("ticket");
    clock.timeMs = NOW_MS + 31 * DAY_MS;
    expect(await byTicket(accounts, ticket)).toBeUndefined();
  });

  test("can't be altered, made up or lent to another installation", async () => {
    await using world = await worldOf();
    await using other = await worldOf();
    for (const { accounts } of [world, other]) {
      await accounts.addUser({ name: "anna", password: PASSWORD, role: "admin" });
    }
    const ticket = ticketFor(await world.accounts.identify(requestOf(basic("anna", PASSWORD))));
    expect(await byTicket(other.accounts, ticket)).toBeUndefined();
    const text = ticket.slice("/-/t/".length);
    for (let index = 0; index < text.length - 1; index++) {
      const altered = `${text.slice(0, index)}${text[index] === "2" ? "3" : "2"}${text.slice(index + 1)}`;
      expect([altered, await byTicket(world.accounts, `/-/t/${altered}`)]).toEqual([altered, undefined]);
    }
    for (const made of [
      "x",
      "u1-zzzzzzzz-",
      "u1-tttttt-AAAAAAAAAAAAAAAAAAAAAA",
      "u9-zzzzzzzz-AAAAAAAAAAAAAAAAAAAAAA",
    ]) {
      expect(await byTicket(world.accounts, `/-/t/${made}`)).toBeUndefined();
    }
  });

  test("of a token end with the token", async () => {
    await using world = await worldOf();
    const { accounts } = world;
    await accounts.addUser({ name: "anna", password: PASSWORD, role: "admin" });
    const token = accounts.addToken({ name: "tv", role: "viewer" });
    const ticket = ticketFor(await accounts.identify(requestOf({ authorization: `Bearer ${token}` })));
    expect((await byTicket(accounts, ticket))?.name).toBe("tv");
    accounts.removeToken(accounts.tokens()[0]?.id ?? 0);
    expect(await byTicket(accounts, ticket)).toBeUndefined();
  });

  test("that ended leave the password as a way in, but not the cookie", async () => {
    await using world = await worldOf();
    const { accounts } = world;
    await accounts.addUser({ name: "anna", password: PASSWORD, role: "admin" });
    const cookie = cookieOf(accounts.startSession(requestOf(), "anna"));
    expect(await byTicket(accounts, "/-/t/ended", cookie)).toBeUndefined();
    expect((await byTicket(accounts, "/-/t/ended", basic("anna", PASSWORD)))?.how).toBe("basic");
  });
});
