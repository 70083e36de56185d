import { describe, expect, test } from "bun:test";
import { gunzipSync } from "node:zlib";
import { acceptsGzip } from "../../../src/platform/accepts-gzip.ts";
import { textAnswer } from "../../../src/playback/text-answer.ts";

const request = (headers: Record<string, string>): Request => new Request("http://localhost/x", { headers });
const answer = (text: string, headers: Record<string, string>, isGrowing = false): Response =>
  textAnswer(request(headers), text, "text/plain", isGrowing);

describe("Accept-Encoding", () => {
  test.each([
    ["gzip", true],
    ["deflate, gzip;q=1.0, *;q=0.5", true],
    ["*", true],
    ["GZip", true],
    ["x-gzip", true],
    ["gzip;q=0.5, identity;q=0.4", true],
    ["br", false],
    ["", false],
    ["identity", false],
    ["gzip;q=0", false],
    ["*, gzip;q=0", false],
    ["gzip;q=0.4, identity;q=0.5", false],
    ["gzip;q=nonsense", false],
  ])("%p takes gzip: %p", (header, expected) => {
    expect(acceptsGzip(request({ "accept-encoding": header }))).toBe(expected);
  });

  test("absent means as it is", () => {
    expect(acceptsGzip(new Request("http://localhost/"))).toBe(false);
  });
});

describe("an answer", () => {
  const long = "#EXTINF:2.000000,\n".repeat(200);

  test("is compressed when it is long and the request takes it", async () => {
    const compressed = answer(long, { "accept-encoding": "gzip" });
    expect(compressed.headers.get("content-encoding")).toBe("gzip");
    expect(compressed.headers.get("vary")).toBe("User-Agent, Accept-Encoding");
    expect(gunzipSync(await compressed.arrayBuffer()).toString()).toBe(long);
    for (const [text, accepted] of [
      [long, "identity"],
      ["short", "gzip"],
    ] as const) {
      const plain = answer(text, { "accept-encoding": accepted });
      expect(plain.headers.get("content-encoding")).toBeNull();
      expect(await plain.text()).toBe(text);
    }
  });

  test("is not sent again to those who have it, compressed or not, also while it grows", () => {
    const tag = answer(long, {}).headers.get("etag") ?? "";
    expect(tag).toMatch(/^W\/"\w+"$/);
    for (const isGrowing of [false, true])
      for (const header of [tag, tag.replace("W/", ""), `"other", ${tag}`, "*"])
        expect(answer(long, { "if-none-match": header, "accept-encoding": "gzip" }, isGrowing).status).toBe(
          304,
        );
    expect(answer(`${long}more`, { "if-none-match": tag }).status).toBe(200);
  });
});
