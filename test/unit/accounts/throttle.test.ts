import { describe, expect, test } from "bun:test";
import { networkOf } from "../../../src/access/peer.ts";
import { Passwords } from "../../../src/accounts/passwords.ts";
import { Throttle } from "../../../src/accounts/throttle.ts";
import { StandingClock } from "../../support/memory-footage.ts";
import { basic, PASSWORD, requestOf, worldOf } from "./support.ts";

const wrong = (count: number): string => `wrong horse ${count}`;

describe("guessing", () => {
  test("is slowed for an address, more and more, up to a minute", () => {
    const clock = new StandingClock(0);
    const throttle = new Throttle(clock);
    const waits: number[] = [];
    for (let count = 0; count < 14; count++) {
      const attempt = throttle.begin(`name${count}`, "a");
      if ("waitMs" in attempt) {
        waits.push(attempt.waitMs);
        clock.timeMs += attempt.waitMs;
        expect("waitMs" in throttle.begin(`name${count}`, "a")).toBe(false);
      }
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  test("is slowed for a name from many addresses, up to half a minute", () => {
    const clock = new StandingClock(0);
    const throttle = new Throttle(clock);
    for (let count = 0; count < 20; count++) throttle.begin("anna", `a${count}`);
    expect(throttle.begin("anna", "b")).toEqual({ waitMs: 1000 });
    expect("waitMs" in throttle.begin("bob", "b")).toBe(false);
    for (let count = 0; count < 20; count++) {
      clock.timeMs += 30_000;
      expect("waitMs" in throttle.begin("anna", `c${count}`)).toBe(false);
      const next = throttle.begin("anna", "d");
      expect("waitMs" in next && next.waitMs <= 30_000).toBe(true);
    }
  });

  test("does not stop the person at a place where they signed in before", () => {
    const clock = new StandingClock(0);
    const throttle = new Throttle(clock);
    const first = throttle.begin("anna", "home");
    if ("succeeded" in first) first.succeeded();
    for (let count = 0; count < 50; count++) throttle.begin("anna", `a${count}`);
    expect("waitMs" in throttle.begin("anna", "elsewhere")).toBe(true);
    expect("waitMs" in throttle.begin("anna", "home")).toBe(false);
  });

  test("is forgotten after an hour, and refused attempts add nothing", () => {
    const clock = new StandingClock(0);
    const throttle = new Throttle(clock);
    for (let count = 0; count < 6; count++) throttle.begin("anna", "a");
    for (let count = 0; count < 100; count++) expect(throttle.begin("anna", "a")).toEqual({ waitMs: 1000 });
    clock.timeMs += 3_600_000;
    for (let count = 0; count < 5; count++) expect("waitMs" in throttle.begin("anna", "a")).toBe(false);
  });

  test("from ever new addresses at ever new names takes bounded memory", () => {
    const throttle = new Throttle(new StandingClock(0));
    const before = process.memoryUsage().heapUsed;
    for (let count = 0; count < 100_000; count++) throttle.begin(`n${count}`, `a${count}`);
    Bun.gc(true);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(20e6);
  });

  test.each([
    ["192.168.0.7", "192.168.0.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:db8:1:2:ffff::1", "2001:db8:1:2"],
    ["2001:0db8:0001::9", "2001:db8:1:0"],
    ["fe80::1%eth0", "fe80:0:0:0"],
    ["::1", "0:0:0:0"],
    ["unknown", "unknown"],
  ])("%s counts as %s", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

describe("signing in", () => {
  test("after wrong passwords has to wait, and says how long", async () => {
    await using world = await worldOf();
    const { accounts, clock } = world;
    await accounts.addUser({ name: "anna", password: PASSWORD, role: "admin" });
    for (let count = 0; count < 5; count++) {
      expect(await accounts.signIn(requestOf(), "anna", wrong(count))).toBeUndefined();
    }
    const refused = accounts.signIn(requestOf(), "anna", PASSWORD);
    expect(refused).rejects.toThrow("Too many wrong passwords; try again in 1 second");
    expect(refused).rejects.toMatchObject({ kind: "too-many-requests", retryAfterSeconds: 1 });
    const elsewhere = requestOf({}, { address: "192.168.0.8" });
    expect(await accounts.signIn(elsewhere, "anna", PASSWORD)).toBeDefined();
    clock.timeMs += 1000;
    expect(await accounts.signIn(requestOf(), "anna", PASSWORD)).toBeDefined();
  });

  test("many guesses at once are no way around", async () => {
    await using world = await worldOf();
    const { accounts } = world;
    await accounts.addUser({ name: "anna", password: PASSWORD, role: "admin" });
    const tries = Array.from({ length: 40 }, (_, count) =>
      accounts.signIn(requestOf(), "anna", wrong(count)),
    );
    const results = await Promise.allSettled(tries);
    expect(results.filter(({ status }) => status === "rejected")).toHaveLength(35);
  });

  test("a player with an old password counts once, however often it asks", async () => {
    await using world = await worldOf();
    const { accounts } = world;
    await accounts.addUser({ name: "anna", password: PASSWORD, role: "admin" });
    for (let count = 0; count < 50; count++) {
      expect(await accounts.identify(requestOf(basic("anna", "old horse")))).toBeUndefined();
    }
    expect(await accounts.signIn(requestOf(), "anna", PASSWORD)).toBeDefined();
  });

  test("only a proxy on this machine is believed whom it asks for", async () => {
    await using world = await worldOf();
    const { accounts } = world;
    await accounts.addUser({ name: "anna", password: PASSWORD, role: "admin" });
    const guess = (count: number, address: string) =>
      accounts.signIn(requestOf({ "x-forwarded-for": `10.0.0.${count}` }, { address }), "anna", wrong(count));
    for (let count = 0; count < 10; count++) await guess(count, "::ffff:127.0.0.1");
    for (let count = 0; count < 5; count++) await guess(count + 10, "192.168.0.9");
    expect(guess(99, "192.168.0.9")).rejects.toThrow("Too many");
  });

  test("with a wrong name takes as long as with a wrong password", async () => {
    const passwords = new Passwords();
    const hash = await passwords.hash(PASSWORD);
    expect(await passwords.isRight(PASSWORD, undefined)).toBe(false);
    const times = { known: 0, unknown: 0 };
    for (let count = 0; count < 5; count++) {
      for (const [kind, compared] of [
        ["known", hash],
        ["unknown", undefined],
      ] as const) {
        const startMs = performance.now();
        await passwords.isRight(wrong(count), compared);
        times[kind] += performance.now() - startMs;
      }
    }
    expect(times.unknown / times.known).toBeGreaterThan(0.5);
    expect(times.unknown / times.known).toBeLessThan(2);
  });

  test("at most two checks run at a time, and a crowd is told to come back", async () => {
    const passwords = new Passwords();
    const hash = await passwords.hash(PASSWORD);
    const results = await Promise.allSettled(
      Array.from({ length: 80 }, () => passwords.isRight(PASSWORD, hash)),
    );
    const done = results.filter(({ status }) => status === "fulfilled").length;
    expect(done).toBe(66);
    expect(await passwords.isRight(PASSWORD, hash)).toBe(true);
  });
});
