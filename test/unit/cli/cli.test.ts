import { describe, expect, test } from "bun:test";
import { configSummary, runCheck } from "../../../src/cli/check.ts";
import { commands } from "../../../src/cli/commands.ts";
import { commandHelp, globalHelp } from "../../../src/cli/help.ts";
import { parseCommandLine } from "../../../src/cli/parse.ts";
import { configFromObject } from "../../../src/config/load.ts";

const parse = (line: string) => parseCommandLine(line === "" ? [] : line.split(" "));

describe("command lines", () => {
  test("what reads no configuration takes none", () => {
    expect(commandHelp("demo")).not.toContain("--config");
    expect(commandHelp("demo")).toContain("--help");
    expect(commandHelp("serve")).toContain("--config FILE");
    expect(parse("demo --config a.yaml")).toMatchObject({
      kind: "mistake",
      text: expect.stringContaining("demo has no option --config"),
    });
  });

  test.each<[line: string, expected: Record<string, unknown>]>([
    ["", { command: "serve", arguments: [], options: {} }],
    ["--config a.yaml", { command: "serve", config: "a.yaml" }],
    ["--config=a.yaml check", { command: "check", config: "a.yaml" }],
    ["check --config a.yaml", { command: "check", config: "a.yaml" }],
    [
      "ls front 2026-11-21 --json",
      { command: "ls", arguments: ["front", "2026-11-21"], options: { json: true } },
    ],
    ["storage add /mnt/x", { command: "storage add", arguments: ["/mnt/x"] }],
    [
      "service install --print --user cam",
      { command: "service install", options: { print: true, user: "cam" } },
    ],
    ["remove -- --odd", { command: "remove", arguments: ["--odd"] }],
    // What takes a value for one command takes none for another.
    [
      "remove a --footage --yes",
      { command: "remove", arguments: ["a"], options: { footage: true, yes: true } },
    ],
    ["remove --footage a", { command: "remove", arguments: ["a"], options: { footage: true } }],
    ["import --footage /mnt/x --dry-run", { options: { footage: "/mnt/x", "dry-run": true } }],
    ["verify a --from 2026-11-20", { command: "verify", arguments: ["a"], options: { from: "2026-11-20" } }],
  ])("%p", (line, expected) => expect(parse(line)).toMatchObject({ kind: "run", ...expected }));

  test.each([
    ["chekc", 'there is no command "chekc"; did you mean check?'],
    ["storge add", "did you mean storage?"],
    ["xyzzy", 'there is no command "xyzzy"\nnightjar --help'],
    ["storage", "found no second word after storage; wanted storage add"],
    ["service remove", 'found "remove" after service; wanted service install'],
    [
      "ls --jsn",
      "ls has no option --jsn; did you mean --json?\nUsage: nightjar ls [CHANNEL] [DATE] [--json]",
    ],
    ["ls -x", "ls has no option -x"],
    ["check --json", "check has no option --json"],
    ["remove", "remove wants a CHANNEL"],
    ["remove a b", 'remove takes no "b"'],
    ["check --config", "--config wants a FILE"],
    ["check --config --json", "wants a FILE"],
    ["ls --json=1", "--json takes no value"],
    ["ls --json --json", "--json was given twice"],
  ])("not %p", (line, words) => {
    const result = parse(line);
    expect(result.kind === "mistake" ? result.text : result.kind).toContain(words);
  });

  test("help and version win over mistakes", () => {
    expect(parse("--version")).toEqual({ kind: "version" });
    expect(parse("--help")).toEqual({ kind: "help", text: globalHelp() });
    expect(parse("remove --help")).toEqual({ kind: "help", text: commandHelp("remove") });
    expect(parse("-h").kind).toBe("help");
  });
});

test("help names every command and option, within 100 columns", () => {
  for (const { name, options, summary } of commands) {
    expect(globalHelp()).toContain(`${name} `);
    expect(globalHelp()).toContain(summary);
    const common = [{ flag: "--help" }, ...(name === "demo" ? [] : [{ flag: "--config" }])];
    for (const { flag } of [...options, ...common]) expect(commandHelp(name)).toContain(`  ${flag} `);
    for (const line of [...globalHelp().split("\n"), ...commandHelp(name).split("\n").slice(1)]) {
      expect(line.length).toBeLessThanOrEqual(100);
    }
  }
});

test("check shows what a configuration means, without passwords", () => {
  const config = configFromObject(
    {
      auth: "none",
      listen: ["0.0.0.0:1", "[::1]:2"],
      channels: {
        a: {
          name: "Front",
          source: "rtsp://u:SECRET@h/s?key=SECRET",
          transport: "udp",
          keep: { days: 5, size: "1GB" },
        },
        b: {
          source: { exec: ["cam", "SECRET"] },
          audio: false,
          enabled: false,
          was: ["c"],
          timezone: "Asia/Tokyo",
        },
      },
    },
    { folder: "/srv", systemZone: "UTC", reservedIds: [] },
  );
  const lines: string[] = [];
  expect(runCheck({ config, stdout: (line) => lines.push(line) })).toBe(0);
  expect(lines).toEqual([...configSummary(config), "The configuration is fine."]);
  const text = lines.join("\n");
  expect(text).not.toContain("SECRET");
  for (const part of [
    "0.0.0.0:1, [::1]:2",
    "/srv/nightjar-data/archive",
    "5% but at most 20GB stays free",
    "a (Front)",
    "rtsp://h/s?… (udp)",
    "today and 5 days before it, at most 1GB",
    "exec: cam",
    "not recorded; without sound; Asia/Tokyo; was c",
    "until the disk is full",
  ]) {
    expect(text).toContain(part);
  }
});
