import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reservedIdSet } from "../../../src/config/channel-id.ts";
import { addToYaml } from "../../../src/config/add-yaml.ts";
import { ConfigEditor } from "../../../src/config/config-editor.ts";
import { importFiles } from "../../../src/import/files/import-files.ts";
import { parseList } from "../../../src/import/files/lists.ts";
import { planFile } from "../../../src/import/files/plan.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nightjar-import-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const yaml = () => join(folder, "nightjar.yaml");
const put = (name: string, text: string | Uint8Array): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

async function run(files: readonly string[], isDryRun = false) {
  const out: string[] = [];
  const err: string[] = [];
  const editor = new ConfigEditor({ env: {}, cwd: folder, systemZone: "UTC", reservedIds: [] });
  const result = await importFiles(files, {
    editor,
    isDryRun,
    stdout: (line) => out.push(line),
    stderr: (line) => err.push(line),
  });
  return { ...result, out: out.join("\n"), err: err.join("\n") };
}

const CHANNELS =
  '[{"source":"http://o/a.m3u8","depth_in_hours":3},{"source":"http://u:SECRET@o/b.m3u8?t=SECRET"}]';

describe("additions to a configuration", () => {
  const addition = {
    settings: { public_url: "https://x.example", streamer: { naive_times: "utc" } },
    channels: [{ id: "b", keys: { name: "B: №1", source: "http://o/b.m3u8", keep: { hours: 3 } } }],
  };

  test("comments, order and writing of everything else stay", () => {
    const before =
      "# mine\nauth:   none   # why\n\nchannels:\n    a:   # first\n        source: 'demo:'\n        # end\n\n# after\nlog: { level: info }\n";
    const after = addToYaml(before, addition);
    for (const line of before.split("\n")) expect(after.split("\n")).toContain(line);
    expect(Bun.YAML.parse(after)).toEqual({
      auth: "none",
      channels: {
        a: { source: "demo:" },
        b: { name: "B: №1", source: "http://o/b.m3u8", keep: { hours: 3 } },
      },
      log: { level: "info" },
      public_url: "https://x.example",
      streamer: { naive_times: "utc" },
    });
  });

  test.each([
    ["nothing", ""],
    ["comments alone", "# a\n# b\n"],
    ["no line end", "auth: none"],
    ["an empty group", "channels:\n"],
    ["an empty group in brackets", "channels: {}\n"],
    ["channels in brackets", "channels: {a: {source: 'demo:'}}\n"],
    ["a group that is there", "streamer:\n  # none yet\n"],
    ["carriage returns", "auth: none\r\nchannels:\r\n  a:\r\n    source: 'demo:'\r\n"],
  ])("where there is %s", (_, before) => {
    const after = addToYaml(before, addition);
    const value = Bun.YAML.parse(after) as { channels: Record<string, unknown> };
    expect(value).toMatchObject({ public_url: "https://x.example", streamer: { naive_times: "utc" } });
    expect(value.channels["b"]).toEqual(addition.channels[0]?.keys);
    for (const comment of before.match(/# .*/g) ?? []) expect(after).toContain(comment);
  });

  test.each([["a: [\n"], ["- a\n"], ["channels: 5\n"]])("not to %p", (before) => {
    expect(() => addToYaml(before, addition)).toThrow();
  });

  test("a thousand channels at once take no time", () => {
    const channels = Array.from({ length: 1000 }, (_, n) => ({
      id: `c${n}`,
      keys: { source: `http://o/${n}.m3u8` },
    }));
    const started = performance.now();
    const after = addToYaml("channels:\n  a:\n    source: 'demo:'\n", { settings: {}, channels });
    expect(performance.now() - started).toBeLessThan(3000);
    expect(after.match(/source/g)).toHaveLength(1001);
  });
});

describe("a plan", () => {
  const reserved = reservedIdSet([]);

  test("a source that is configured is there already, whatever its id; others give way", () => {
    const text =
      "channels:\n  mine:\n    source: http://O/a.m3u8\n  b:\n    source: http://other/b.m3u8\n    was: [c]\n";
    const found = parseList(
      '[{"source":"http://o/a.m3u8"},{"source":"http://o/b.m3u8"},{"source":"http://o/C.m3u8"},{"source":"http://o/x/b.m3u8"},{"source":"http://o/b.m3u8"}]',
    );
    const plan = planFile(found, text, reserved);
    expect(plan.there.map(({ id }) => id)).toEqual(["mine", "b-2"]);
    expect(plan.taken.map(({ id, why }) => [id, why])).toEqual([
      ["b-2", "b is taken"],
      ["C-2", "C is taken"],
      ["b-3", "b is taken"],
    ]);
  });

  test("settings that the configuration says otherwise stay as they are", () => {
    const found = {
      kind: "",
      channels: [],
      left: [],
      settings: { publicUrl: "http://a", naiveTimes: "utc" as const },
    };
    const plan = planFile(found, "public_url: http://b\nstreamer: { naive_times: channel }\n", reserved);
    expect(plan.addition.settings).toEqual({});
    expect(plan.left.map(({ key }) => key)).toEqual(["public_url: http://a", "streamer.naive_times: utc"]);
    expect(planFile(found, "public_url: http://a\n", reserved)).toMatchObject({
      settings: ["streamer.naive_times: utc"],
      settingsThere: ["public_url: http://a"],
    });
  });
});

describe("files", () => {
  test("several at once, each whole or not at all; a second run changes nothing", async () => {
    const bad = put(
      "bad.json",
      '[{"source":"http://o/x.m3u8"},\n{"source":"http://o/y.m3u8","depth_in_hours":-1}]',
    );
    const files = [
      put("channels.json", CHANNELS),
      bad,
      put("pvr.ini", "[plstgen]\nchunk_prefix = http://c.example/\n"),
    ];
    const first = await run(files);
    expect(first).toMatchObject({ failed: 1, channels: 2, needsRestart: true });
    expect(first.err).toContain(
      `${bad}:2: found the number -1 as depth_in_hours; wanted a number of hours above 0`,
    );
    const text = readFileSync(yaml(), "utf8");
    expect(text).toContain("http://u:SECRET@o/b.m3u8?t=SECRET");
    expect(text).not.toContain("x.m3u8");
    expect(first.out + first.err).not.toContain("SECRET");

    const second = await run(files);
    expect(second).toMatchObject({ failed: 1, channels: 0, needsRestart: false });
    expect(second.out).toContain("there  a: http://o/a.m3u8");
    expect(second.out).toContain("there  streamer.naive_times: utc");
    expect(readFileSync(yaml(), "utf8")).toBe(text);
  });

  test("a dry run says the same and writes nothing", async () => {
    const files = [put("one.json", CHANNELS), put("two.json", '[{"source":"http://p/a.m3u8"}]')];
    const dry = await run(files, true);
    expect(() => readFileSync(yaml())).toThrow();
    const real = await run(files);
    expect(dry.out).toBe(real.out);
    expect(real.out).toContain("took   a-2:");
    expect(real.channels).toBe(3);
  });

  test.each<[string, string | Uint8Array | undefined, string]>([
    ["none.json", undefined, "found nothing there"],
    ["latin.json", new Uint8Array([0x5b, 0xff, 0x5d]), "found bytes that are no UTF-8"],
    ["other.ini", "[x]\ny = SECRET\n", ":2: found no section that HLS PVR or the HLS encryptor has"],
    ["keys.ini", "pvr_dir = /x\n", ":1: found a key before any section"],
    ["text.txt", "hello", ":1: found no such list"],
  ])("%s can't be taken, and says why", async (name, contents, words) => {
    const file = contents === undefined ? join(folder, name) : put(name, contents);
    const result = await run([file]);
    expect(result.failed).toBe(1);
    expect(result.err).toContain(words);
    expect(result.err).toContain(file);
    expect(result.err).not.toContain("SECRET");
  });

  test("a configuration with a mistake is not touched", async () => {
    writeFileSync(yaml(), "auth: maybe\n");
    const result = await run([put("channels.json", CHANNELS)]);
    expect(result.failed).toBe(1);
    expect(result.err).toContain("auth");
    expect(readFileSync(yaml(), "utf8")).toBe("auth: maybe\n");
  });
});
