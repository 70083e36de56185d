import { describe, expect, test } from "bun:test";
import { FirstAccount, type SetupAccounts } from "../../../src/setup/first-account.ts";
import { SetupCode } from "../../../src/setup/setup-code.ts";
import { welcomeText } from "../../../src/setup/welcome.ts";
import { NightjarError } from "../../../src/platform/errors.ts";

function clockAt() {
  let nowMs = 1000;
  return { monotonicMs: () => nowMs, pass: (ms: number) => (nowMs += ms) };
}

describe("the one-time code", () => {
  test("is two groups of letters and digits that are not taken for one another, new each time", () => {
    const codes = Array.from({ length: 200 }, () => new SetupCode(clockAt()).shown);
    for (const code of codes) expect(code).toMatch(/^[A-HJKMNP-RT-Z2-46-9]{4}-[A-HJKMNP-RT-Z2-46-9]{4}$/);
    expect(new Set(codes).size).toBe(200);
  });

  test("is read however it is typed", () => {
    const code = new SetupCode(clockAt());
    const typed = [
      code.shown,
      ` ${code.shown.toLowerCase()} `,
      code.shown.replace("-", ""),
      code.shown.replace("-", " "),
    ];
    expect(typed.map((text) => code.isRight(text))).toEqual([true, true, true, true]);
    expect(["", "AAAA-AAAA", `${code.shown}A`, "ü".repeat(999)].map((text) => code.isRight(text))).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  test("is not looked at for longer and longer after wrong ones, the right one neither", () => {
    const clock = clockAt();
    const code = new SetupCode(clock);
    const waits: number[] = [];
    for (let count = 0; count < 20; count += 1) {
      try {
        expect(code.isRight("AAAA-AAAA")).toBe(false);
      } catch (error) {
        if (!(error instanceof NightjarError) || error.kind !== "too-many-requests") throw error;
        expect(() => code.isRight(code.shown)).toThrow(/not looked at/);
        waits.push(error.retryAfterSeconds ?? 0);
        clock.pass((error.retryAfterSeconds ?? 0) * 1000);
      }
    }
    expect(waits.slice(0, 4)).toEqual([2, 4, 8, 16]);
    expect(Math.max(...waits)).toBeLessThanOrEqual(300);
    clock.pass(300_000);
    expect(code.isRight(code.shown)).toBe(true);
  });
});

/** Accounts in memory that take their time. */
class Accounts implements SetupAccounts {
  readonly names: string[] = [];

  isEmpty(): boolean {
    return this.names.length === 0;
  }

  async addUser({ name, password }: { name: string; password: string }): Promise<void> {
    if (password.length < 8)
      throw new NightjarError("bad-request", "The password has 5 characters; wanted: more");
    if (name.includes(" ")) throw new NightjarError("bad-request", 'The name is "a b"; wanted: letters');
    await Bun.sleep(5);
    this.names.push(name);
  }

  startSession(_: Request, name: string): string {
    return `session=${name}`;
  }
}

describe("the first account", () => {
  const request = new Request("http://localhost/setup");
  const rig = () => {
    const accounts = new Accounts();
    const code = new SetupCode(clockAt());
    const form = { code: code.shown, name: " anna ", password: "long enough", again: "long enough" };
    return { accounts, form, first: new FirstAccount(accounts, code) };
  };

  test("is made and signed in", async () => {
    const { accounts, form, first } = rig();
    expect(await first.make(request, form)).toEqual({ cookie: "session=anna" });
    expect([accounts.names.length, first.isOpen]).toEqual([1, false]);
  });

  test("is made once, whoever else has the code", async () => {
    const { accounts, form, first } = rig();
    const outcomes = await Promise.allSettled(
      [form, { ...form, name: "eve" }].map((each) => first.make(request, each)),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(accounts.names).toHaveLength(1);
  });

  test.each([
    [{ code: "" }, "code", "The code is missing"],
    [{ code: "AAAA-AAAA", password: "" }, "code", "This is not the code"],
    [{ name: " " }, "name", "A name is wanted"],
    [{ name: "a b" }, "name", "letters"],
    [{ password: "", again: "" }, "password", "A password is wanted"],
    [{ password: "other" }, "again", "differ"],
    [{ password: "short", again: "short" }, "password", "5 characters"],
  ])("says what is wrong: %j", async (fields, field, words) => {
    const { accounts, form, first } = rig();
    const outcome = await first.make(request, { ...form, ...fields });
    expect(outcome).toMatchObject({ mistake: { field } });
    expect("mistake" in outcome && outcome.mistake.words).toContain(words);
    expect(accounts.names).toEqual([]);
  });
});

test("the terminal is told where to go and which code to enter", () => {
  const text = welcomeText({
    addresses: ["localhost:6478", "192.168.0.5:6478"],
    code: "ABCD-EFGH",
    version: "1",
  });
  expect(text).toContain("http://192.168.0.5:6478/setup");
  expect(text).toContain("ABCD-EFGH");
});
