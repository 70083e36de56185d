import { expect, test } from "bun:test";
import { diffChannels } from "../../../../src/config/reload.ts";
import type { Config } from "../../../../src/config/config.ts";
import { SecretText } from "../../../../src/config/secret-text.ts";
import { parseSource } from "../../../../src/config/source-address.ts";

const withHeader = (value: string): Config => {
  const headers = new Map([["Authorization", new SecretText(value, "…")]]);
  const parsed = parseSource("http://host.test/live.m3u8", { headers });
  if (!("source" in parsed)) throw new Error(parsed.wanted);
  const channel = { id: "a", enabled: true, audio: true, source: parsed.source };
  return { channels: new Map([["a", channel]]) } as unknown as Config;
};

test("a header that was changed begins the capture anew", () => {
  expect(diffChannels(withHeader("one"), withHeader("two")).changed).toEqual(["a"]);
  expect(diffChannels(withHeader("one"), withHeader("one")).unchanged).toEqual(["a"]);
});
