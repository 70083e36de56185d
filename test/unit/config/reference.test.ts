import { expect, test } from "bun:test";
import { outdatedDocuments } from "../../../scripts/docs.ts";
import { variableName } from "../../../src/config/environment.ts";
import { configKeys } from "../../../src/config/keys.ts";

test("every key says what it does and what it takes, in one sentence", () => {
  expect(configKeys.length).toBeGreaterThan(30);
  for (const { path, description, wanted } of configKeys) {
    expect(`${path.join(".")}: ${description}`).toMatch(/: .+\.$/);
    expect(`${path.join(".")}: ${wanted}`).toMatch(/: .+/);
  }
});

test("every value has a default in words, or needs none", () => {
  const required = ["channels.*", "channels.*.source", "channels.*.source.exec", "notify.url"];
  for (const { path, description, isValue } of configKeys) {
    if (isValue && !required.includes(path.join(".")))
      expect(`${path.join(".")} ${description}`).toContain("by default");
  }
});

test("no two keys share a variable", () => {
  const names = configKeys.map(({ path }) => variableName(path));
  expect(new Set(names).size).toBe(names.length);
});

test("the documents are up to date", async () => {
  expect(await outdatedDocuments(false)).toEqual([]);
});
