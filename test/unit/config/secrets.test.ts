import { expect, test } from "bun:test";
import { configFromObject } from "../../../src/config/load.ts";
import { NightjarError } from "../../../src/platform/errors.ts";
import { redactUrls } from "../../../src/platform/log.ts";

const options = { folder: "/tmp", systemZone: "UTC", reservedIds: [] };

/** All that the check says of a configuration. */
function told(value: Record<string, unknown>): string {
  try {
    configFromObject(value, options);
    return "";
  } catch (error) {
    if (!(error instanceof NightjarError)) throw error;
    return [error.message, ...error.details].join("\n");
  }
}

const urls = [
  "rtsp://viewer:SECRET@h/x",
  "rtsp://viewer:it's-SECRET@h/x",
  'rtsp://viewer:"SECRET"@h/x',
  "rtsp://viewer:p@SECRET@h/x?k=SECRET",
];

test("an address with a password, in whatever place it does not belong to, is told without it", () => {
  for (const url of urls) {
    const wrong: Record<string, unknown>[] = [
      { channels: { a: url } },
      { channels: { a: { source: [url] } } },
      { channels: { a: { source: { url } } } },
      { channels: { a: { source: { exec: url } } } },
      { channels: { [url]: { source: "demo:" } } },
      { channels: { a: { source: "demo:", transport: url } } },
      { channels: { a: { source: "demo:", was: [url] } } },
      { channels: { a: { source: "demo:", keep: url } } },
      { channels: url },
      { listen: url },
      { public_url: url },
      { [url]: 1 },
    ];
    for (const value of wrong) {
      const text = told(value);
      expect(text).not.toBe("");
      expect(text).not.toContain("SECRET");
    }
  }
});

test("URLs in the log lose user name and password, and nothing else is lost", () => {
  expect(redactUrls("opening 'rtsp://u:it's@h/x' failed")).toBe("opening 'rtsp://h/x' failed");
  expect(redactUrls(JSON.stringify({ url: 'rtsp://u:say"so@h/x', mail: "me@h" }))).toBe(
    JSON.stringify({ url: "rtsp://h/x", mail: "me@h" }),
  );
  const plain = JSON.stringify({ a: "http://h", b: "me@h", c: String.raw`http://h\x` });
  expect(redactUrls(plain)).toBe(plain);
});
