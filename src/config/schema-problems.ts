import type { z } from "zod";
import { nearest } from "../platform/nearest.ts";
import { valueAt } from "../platform/schema-words.ts";
import { configKeys, keyAt, namesBelow } from "./keys.ts";
import { type ConfigProblem, foundText, type KeyPath } from "./problems.ts";
import { AS_DESCRIBED } from "./schema-parts.ts";

/** Keys that later versions will have. */
const laterKeys = ["preview", "encryptors", "packaging", "streamer", "users"];

const pathOf = (path: readonly PropertyKey[]): KeyPath =>
  path.map((part) => (typeof part === "number" ? part : String(part)));

function unknownKey(group: KeyPath, name: string): ConfigProblem {
  const path = [...group, name];
  if (laterKeys.includes(name)) {
    return { path, found: "a key that this version doesn't have yet", wanted: "it left out" };
  }
  const names = namesBelow(group);
  const near = nearest(name, names);
  const sameName = configKeys.filter((key) => key.path.at(-1) === name && key.path.length > 1);
  const elsewhere = sameName.find(({ path: [top] }) => top === "channels") ?? sameName[0];
  const found = "an unknown key";
  if (near !== undefined) return { path, found, wanted: `${near}? Known here: ${names.join(", ")}` };
  if (elsewhere !== undefined) {
    return { path, found, wanted: `it as ${elsewhere.path.join(".").replace("*", "<channel>")}` };
  }
  return { path, found, wanted: names.length === 0 ? "no key here" : `one of ${names.join(", ")}` };
}

/** Of a choice of types, the issues of the one that was meant: the one whose own type fits. */
function meantBranch(issue: z.core.$ZodIssueInvalidUnion): readonly z.core.$ZodIssue[] {
  return (
    issue.errors.find(
      (issues) => !issues.some((one) => one.code === "invalid_type" && one.path.length === 0),
    ) ?? []
  );
}

function problemsOf(issue: z.core.$ZodIssue, parent: KeyPath, root: unknown): ConfigProblem[] {
  const path = [...parent, ...pathOf(issue.path)];
  if (issue.code === "unrecognized_keys") return issue.keys.map((name) => unknownKey(path, name));
  if (issue.code === "invalid_union") {
    const meant = meantBranch(issue);
    if (meant.length > 0) return meant.flatMap((one) => problemsOf(one, path, root));
  }
  const own = issue.code === "custom" && issue.message !== AS_DESCRIBED ? issue.message : "";
  const wanted = own || keyAt(path)?.wanted || "a group of keys, each with its value";
  return [{ path, found: foundText(valueAt(root, path), path), wanted }];
}

/** The schema's findings in our words. */
export const schemaProblems = (issues: readonly z.core.$ZodIssue[], root: unknown): ConfigProblem[] =>
  issues.flatMap((issue) => problemsOf(issue, [], root));
