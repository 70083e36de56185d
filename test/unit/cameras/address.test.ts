import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { addressOf, hasNoPath, shownAddress, splitAddress, withPath } from "../../../src/cameras/address.ts";
import { parseSource } from "../../../src/config/source-address.ts";

const given = (address: string, user = "", password = "") => ({ address, user, password });
const url = (result: ReturnType<typeof addressOf>) => ("url" in result ? result.url : "needs password");

describe("the URL that a form means", () => {
  test.each([
    [given("192.168.0.9"), "rtsp://192.168.0.9"],
    [given(" 192.168.0.9:8554/s "), "rtsp://192.168.0.9:8554/s"],
    [given("RTSP://h/s", "adm in", "p@ss:/?#%é"), "rtsp://adm%20in:p%40ss%3A%2F%3F%23%25%C3%A9@h/s"],
    [given("rtsp://u:p@h/s"), "rtsp://u:p@h/s"],
    [given("rtsp://u:p@h/s", "other"), "rtsp://other@h/s"],
    [given("rtsp://u:p@h/s", "", "new"), "rtsp://u:new@h/s"],
    [given("rtsp://admin:pa/w#1%@h:554/s"), "rtsp://admin:pa%2Fw%231%25@h:554/s"],
    [given("rtsp://admin:pa@ss/w#1%@h:554/s"), "rtsp://admin:pa%40ss%2Fw%231%25@h:554/s"],
    [given("rtsp://admin:p@ss@h:554/s"), "rtsp://admin:p%40ss@h:554/s"],
    [given("h/s@t", "u", "p"), "rtsp://u:p@h/s%40t"],
    [given("rtsp://admin:a%20b@h/s"), "rtsp://admin:a%20b@h/s"],
    [given("[fe80::1]:554/s", "u", "p"), "rtsp://u:p@[fe80::1]:554/s"],
    [given("rtsps://h/s?a=b&c=d", "u", "p"), "rtsps://u:p@h/s?a=b&c=d"],
  ])("%j", (typed, wanted) => {
    expect(url(addressOf(typed))).toBe(wanted);
    expect(parseSource(wanted)).toHaveProperty("source");
  });

  const known = { url: "rtsp://u:s%40c@h:554/s?token=t" };

  test.each([
    [given("rtsp://h:554/s?…"), "rtsp://u:s%40c@h:554/s?token=t"],
    [given("rtsp://h:554/other"), "rtsp://u:s%40c@h:554/other"],
    [given("rtsp://h:554/other", "", "new"), "rtsp://u:new@h:554/other"],
    [given("rtsp://h:554/other", "x", "y"), "rtsp://x:y@h:554/other"],
    [given("rtsp://evil:554/s"), "needs password"],
    [given("rtsp://h:555/s"), "needs password"],
    [given("rtsp://evil:554/s?…", "x", "y"), "needs password"],
    [given("rtsp://evil:554/s", "x", "y"), "rtsp://x:y@evil:554/s"],
    [given("rtsp://evil:554/s", "", "y"), "rtsp://:y@evil:554/s"],
  ])("keeps what is known for the same machine only: %j", (typed, wanted) => {
    expect(url(addressOf(typed, known))).toBe(wanted);
  });

  test("what was typed comes out of the URL again, whatever it is", () => {
    const word = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(word, word, (user, password) => {
        const made = url(addressOf(given("host:554/s", user, password)));
        const parts = splitAddress(made);
        expect(decodeURIComponent(parts.user ?? "")).toBe(user);
        expect(decodeURIComponent(parts.password ?? "")).toBe(password);
        expect(parts.rest).toBe("host:554/s");
        expect(parseSource(made)).toHaveProperty("source");
        expect(shownAddress(made)).toBe("rtsp://host:554/s");
      }),
      { seed: 9, numRuns: 300 },
    );
  });

  test("a host alone has no path, and gets one", () => {
    expect(["rtsp://h", "rtsp://u:p@h:554/"].map(hasNoPath)).toEqual([true, true]);
    expect(["rtsp://h/s", "rtsp://h/?x"].map(hasNoPath)).toEqual([false, false]);
    expect(withPath("rtsp://u:p%2F@h:554/", "/a?b=c")).toBe("rtsp://u:p%2F@h:554/a?b=c");
  });
});
