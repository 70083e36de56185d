import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { configFromObject, findConfigFile, loadConfig } from "../../../src/config/load.ts";
import { readYaml } from "../../../src/config/yaml-text.ts";
import { NightjarError } from "../../../src/platform/errors.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nightjar-config-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const load = (yaml: string, env: Record<string, string> = {}) => {
  writeFileSync(join(folder, "nightjar.yaml"), yaml);
  return loadConfig({ env, cwd: folder, systemZone: "Asia/Tokyo", reservedIds: ["wall"] });
};

/** The mistakes of a configuration, with the folder left out. */
function mistakes(yaml: string, env: Record<string, string> = {}): string[] {
  try {
    load(yaml, env);
  } catch (error) {
    if (!(error instanceof NightjarError) || error.kind !== "config") throw error;
    return error.details.map((line) => line.replace(`${folder}/`, ""));
  }
  throw new Error("no mistake was found");
}

const camera = "channels: { a: { source: 'rtsp://h/s' } }";

describe("a configuration", () => {
  test("has defaults for everything", () => {
    expect(load("")).toEqual({
      file: join(folder, "nightjar.yaml"),
      listen: [{ host: "::", port: 6478 }],
      dataFolder: join(folder, "nightjar-data"),
      zone: "Asia/Tokyo",
      auth: "accounts",
      storage: {
        path: join(folder, "nightjar-data/archive"),
        minFree: { percent: 5, atMostBytes: 20e9 },
        flushMs: 5000,
        lockedMax: { percent: 25 },
      },
      segment: { targetMs: 2000, maxBytes: 32e6, maxMs: 20_000 },
      fileMax: {},
      stills: { decoders: 1 },
      jobs: {},
      timelapse: { lengthMs: 60_000, fps: 25, heightPixels: 720, keep: { days: 365 } },
      moments: { keep: { days: 30 } },
      notify: [],
      streamer: { naiveTimes: "channel" },
      log: { level: "info", format: "text" },
      channels: new Map(),
    });
  });

  test("without accounts listens on this machine alone, unless it is told otherwise", () => {
    expect(load("auth: none").listen).toEqual([{ host: "127.0.0.1", port: 6478 }]);
    expect(load("auth: none\nlisten: 0.0.0.0:1").listen).toEqual([{ host: "0.0.0.0", port: 1 }]);
  });

  test("resolves paths, times, sizes and channels", () => {
    const config = load(`
listen: 0.0.0.0:80
auth: none
data: ../d
storage: { path: /mnt/x, min_free: 1GiB, flush: 10s }
file: { max: 30m }
default_channel: FRONT
channels:
  back: { source: "demo:", audio: false, keep: { hours: 2, days: 0, size: 5GB }, timelapse: { length: 30s, skip: 22:00-05:00 }, timezone: UTC, was: [old] }
  front: { source: { exec: [cam, "-"], format: h264 }, enabled: false, name: Front door }
  hall: { source: "rtsp://h/s", timelapse: false }
timelapse: { fps: 30, keep: { hours: 48 } }
`);
    expect(config.dataFolder).toBe(resolve(folder, "../d"));
    expect(config.storage).toMatchObject({ path: "/mnt/x", minFree: { bytes: 1024 ** 3 }, flushMs: 10_000 });
    expect(config.fileMax).toEqual({ durationMs: 1_800_000 });
    expect(config.defaultChannel).toBe("front");
    expect([...config.channels.values()]).toEqual([
      {
        id: "back",
        name: "back",
        source: { kind: "demo", scene: "courtyard" },
        audio: false,
        keep: { days: 0, maxAgeMs: 7_200_000, maxBytes: 5e9 },
        timelapse: {
          lengthMs: 30_000,
          fps: 30,
          heightPixels: 720,
          skip: { fromMinute: 1320, toMinute: 300 },
          keep: { maxAgeMs: 172_800_000 },
        },
        zone: "UTC",
        was: ["old"],
        enabled: true,
      },
      {
        id: "front",
        name: "Front door",
        source: { kind: "exec", argv: ["cam", "-"], format: "h264" },
        audio: true,
        keep: {},
        timelapse: { lengthMs: 60_000, fps: 30, heightPixels: 720, keep: { maxAgeMs: 172_800_000 } },
        zone: "Asia/Tokyo",
        was: [],
        enabled: false,
      },
      expect.objectContaining({ id: "hall" }),
    ]);
    expect(config.channels.get("hall")).not.toHaveProperty("timelapse");
  });

  test("of the documentation can be loaded", () => {
    const text = readFileSync(resolve(import.meta.dir, "../../../docs/configuration.md"), "utf8");
    const example = /```yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? "";
    expect([...load(example).channels.keys()]).toEqual([
      "front-door",
      "garden",
      "gate",
      "pi-camera",
      "courtyard",
    ]);
  });

  test("may leave keys empty", () => {
    expect(load("channels:\nstorage:\npublic_url:\n").channels.size).toBe(0);
  });
});

describe("mistakes", () => {
  test.each<[yaml: string, ...lines: string[]]>([
    ["a: 1", "nightjar.yaml:1: a: found an unknown key; wanted one of listen, "],
    ["storage:\n  min_fre: 5%", "nightjar.yaml:2: storage.min_fre: found an unknown key; wanted min_free? "],
    [
      "storage: { flush: 61s }",
      'nightjar.yaml:1: storage.flush: found "61s"; wanted a duration from 1s to 1m',
    ],
    ["storage: { flush: 5 }", "nightjar.yaml:1: storage.flush: found the number 5; wanted a duration"],
    ["storage: x", 'nightjar.yaml:1: storage: found "x"; wanted path, min_free'],
    ["storage: { min_free: 91% }", 'storage.min_free: found "91%"; wanted a share up to 90%'],
    ["keep: { days: 5 }", "keep: found an unknown key; wanted it as channels.<channel>.keep"],
    ["encryptors: {}", "encryptors: found a key that this version doesn't have yet; wanted it left out"],
    ["listen: [1:2:3]", 'nightjar.yaml:1: listen[0]: found "1:2:3"; wanted HOST:PORT'],
    ["listen: []", "listen: found an empty list; wanted HOST:PORT"],
    ["listen: [localhost:1, localhost:1]", 'listen[1]: found "localhost:1"; wanted each address once'],
    ["timezone: Europe/Nowhere", 'timezone: found "Europe/Nowhere"; wanted a time zone'],
    ["auth: maybe", 'auth: found "maybe"; wanted accounts or none'],
    ["default_channel: b\n" + camera, 'default_channel: found "b"; wanted one of a'],
    [
      "segment: { target: 5s, max: { duration: 3s } }",
      'segment.max.duration: found "3s"; wanted at least segment.target',
    ],
    ["- a\n- b", "nightjar.yaml:1: found something else; wanted keys with values"],
    ["channels: [a]", "channels: found a list; wanted a group of channels"],
    ["channels:\n  a:", "nightjar.yaml:2: channels.a.source: found nothing; wanted an address"],
    [
      "channels:\n  a: rtsp://u:p@h/",
      'nightjar.yaml:2: channels.a: found "rtsp://h/"; wanted a group of keys',
    ],
    ["channels: { a: { source: 5 } }", "channels.a.source: found the number 5; wanted an address"],
    [
      "channels: { a: { source: { exec: [] } } }",
      "channels.a.source.exec: found an empty list; wanted a list of the program",
    ],
    [
      "channels: { a: { source: { url: x } } }",
      "channels.a.source.exec: found nothing",
      "channels.a.source.url: found an unknown key",
    ],
    [
      "channels: { a: { source: 'rtsp://h/', keep: {} } }",
      "channels.a.keep: found a group of keys; wanted days, hours or size",
    ],
    [
      "channels: { a: { source: 'rtsp://h/', preview: x } }",
      "channels.a.preview: found a key that this version doesn't have yet",
    ],
    [
      "channels: { a: { source: 'demo:', transport: udp } }",
      'channels.a.transport: found "udp"; wanted no such key',
    ],
    [
      "channels:\n  a: { source: 'demo:' }\n  A: { source: 'demo:' }",
      'nightjar.yaml:3: channels.A: found the id "A" beside "a"; wanted ids that differ',
    ],
    ["channels: { api: { source: 'demo:' } }", 'channels.api: found the id "api"; wanted another id'],
    ["channels: { wall: { source: 'demo:' } }", 'channels.wall: found the id "wall"; wanted another id'],
    ["channels: { 2026-01-31: { source: 'demo:' } }", "not a date"],
    [
      "channels: { __proto__: { source: 'demo:' } }",
      'channels.__proto__: found the id "__proto__"; wanted an id of',
    ],
    [
      "channels: { a: { source: 'demo:', was: [a] } }",
      'channels.a.was[0]: found "a", the id of channels.a; wanted an id that no channel has now',
    ],
    [
      "channels:\n  a: { source: 'demo:', was: [x] }\n  b: { source: 'demo:', was: [X] }",
      'nightjar.yaml:3: channels.b.was[0]: found "X", as in channels.a',
    ],
    ["a: 1\nb:\n\tc: 1", "nightjar.yaml:3: found a tab as indentation; wanted spaces"],
    ["auth: none\nauth: none", "nightjar.yaml:2: found a key that stands here twice"],
    ["auth: *x", "nightjar.yaml:1: found an alias"],
    ["auth: !x none", "nightjar.yaml:1: found an unknown tag"],
    ["auth: none\n---\nauth: none", "nightjar.yaml:2: found a second document"],
    [`auth: ${"[".repeat(20_000)}`, "nightjar.yaml:1: found"],
  ])("%p", (yaml, ...lines) => {
    const found = mistakes(yaml);
    expect(found).toHaveLength(Math.max(1, lines.filter((line) => line !== "").length));
    for (const [index, line] of lines.entries()) expect(found[index] ?? "").toContain(line);
  });

  test("are listed all at once, in the order of the file", () => {
    const found = mistakes(
      "auth: x\nlog: { level: loud }\nchannels:\n  api: { source: uploads }\n  b:\n    keep: { days: x }\n",
    );
    expect(found.map((line) => line.split(": found")[0])).toEqual([
      "nightjar.yaml:1: auth",
      "nightjar.yaml:2: log.level",
      "nightjar.yaml:4: channels.api.source",
      "nightjar.yaml:4: channels.api",
      "nightjar.yaml:5: channels.b.source",
      "nightjar.yaml:6: channels.b.keep.days",
    ]);
  });

  test("never show a secret", () => {
    const yaml = `
channels:
  a: { source: "rtsp://user:SECRET/@1@h:bad/x?key=SECRET" }
  b: { source: { exec: "ffmpeg -i rtsp://u:SECRET@h/", format: SECRET } }
  c: { source: [SECRET] }
  d: "rtsp://u:SECRET@h/"
`;
    expect(mistakes(yaml).join("\n")).not.toContain("SECRET");
    expect(mistakes("channels: { a: { source: rtsp://u:SECRET@h/: x } }").join("\n")).not.toContain("SECRET");
    expect(mistakes("a: *SECRET").join("\n")).not.toContain("SECRET");
  });

  test("aliases that multiply are refused, and a circle harms nobody", () => {
    const levels = Array.from({ length: 9 }, (_, n) => `k${n + 1}: &k${n + 1} [${`*k${n},`.repeat(9)}]`);
    expect(mistakes(`k0: &k0 [1]\n${levels.join("\n")}`)[0]).toContain("an alias");
    expect(mistakes("storage: &x { path: *x }")[0]).toContain("storage.path: found a group of keys");
  });

  test("a file that can't be read is named", () => {
    const options = { env: {}, cwd: folder, systemZone: "UTC", reservedIds: [] };
    expect(() => loadConfig({ ...options, file: "missing.yaml" })).toThrow(
      `${folder}/missing.yaml: found nothing there`,
    );
    mkdirSync(join(folder, "sub"), { recursive: true });
    expect(() => loadConfig({ ...options, file: "sub" })).toThrow("can't be read");
    expect(() => load(`# ${"x".repeat(1_000_001)}`)).toThrow("at most 1 MB");
  });
});

describe("the environment", () => {
  test("sets any key, and wins over the file", () => {
    const config = load("storage: { path: /a, flush: 5s }\nchannels: { front_Door-1: { source: 'demo:' } }", {
      NIGHTJAR_STORAGE_PATH: "/b",
      NIGHTJAR_SEGMENT_MAX_SIZE: "4MB",
      NIGHTJAR_LISTEN: "[::1]:81, 82",
      NIGHTJAR_AUTH: "",
      NIGHTJAR_CHANNELS_FRONT_DOOR_1_KEEP_DAYS: "7",
      NIGHTJAR_CHANNELS_FRONT_DOOR_1_NAME: '"12"',
      NIGHTJAR_CHANNELS_FRONT_DOOR_1_AUDIO: "false",
      NIGHTJAR_CHANNELS_BACK_YARD_SOURCE: "rtsp://u:p #1@h/x".replace(" #", "%20%23"),
      NIGHTJAR_CHANNELS_BACK_YARD_WAS: "x,y",
      NIGHTJAR_CHANNELS_PI_SOURCE_EXEC: '[cam, "1"]',
      NIGHTJAR_CHANNELS_PI_SOURCE_FORMAT: "h264",
      PATH: "/bin",
    });
    expect(config.storage).toMatchObject({ path: "/b", flushMs: 5000 });
    expect(config.segment.maxBytes).toBe(4e6);
    expect(config.listen).toEqual([
      { host: "::1", port: 81 },
      { host: "127.0.0.1", port: 82 },
    ]);
    expect(config.channels.get("front_Door-1")).toMatchObject({
      name: "12",
      keep: { days: 7 },
      audio: false,
    });
    expect(config.channels.get("back-yard")).toMatchObject({ was: ["x", "y"] });
    expect(config.channels.get("pi")?.source).toEqual({ kind: "exec", argv: ["cam", "1"], format: "h264" });
  });

  test.each<[env: Record<string, string>, line: string]>([
    [{ NIGHTJAR_STORAGE_FLUSH: "x" }, 'NIGHTJAR_STORAGE_FLUSH: storage.flush: found "x"; wanted a duration'],
    [
      { NIGHTJAR_STORAGE_PAHT: "x" },
      "NIGHTJAR_STORAGE_PAHT: found a variable that sets nothing; wanted NIGHTJAR_STORAGE_PATH?",
    ],
    [
      { NIGHTJAR_ABRACADABRA: "x" },
      "NIGHTJAR_ABRACADABRA: found a variable that sets nothing; wanted a name of docs/configuration.md",
    ],
    [{ NIGHTJAR_CHANNELS_A_KEEP_DAY: "1" }, "wanted NIGHTJAR_CHANNELS_A_KEEP_DAYS?"],
    [
      { NIGHTJAR_CHANNELS_B_KEEP_DAYS: "1" },
      "NIGHTJAR_CHANNELS_B_KEEP_DAYS: channels.b.source: found nothing",
    ],
    [
      { NIGHTJAR_CHANNELS_A_SOURCE: "rtsp://u:SECRET@h:x/" },
      'NIGHTJAR_CHANNELS_A_SOURCE: channels.a.source: found "rtsp://h:x/"',
    ],
    [{ NIGHTJAR_LISTEN: "[::]:0" }, 'NIGHTJAR_LISTEN: listen[0]: found "[::]:0"; wanted HOST:PORT'],
    [
      { NIGHTJAR_CHANNELS_X_Y_NAME: "n" },
      "NIGHTJAR_CHANNELS_X_Y_NAME: found a name that means x-y as well as x_y",
    ],
    [
      { NIGHTJAR_CHANNELS_A_SOURCE: "demo:", NIGHTJAR_CHANNELS_A_SOURCE_EXEC: "c" },
      "NIGHTJAR_CHANNELS_A_SOURCE_EXEC: found NIGHTJAR_CHANNELS_A_SOURCE as well",
    ],
  ])("%p", (env, line) => {
    const yaml = "channels: { a: { source: 'demo:' }, x-y: { source: 'demo:' }, x_y: { source: 'demo:' } }";
    const found = mistakes(yaml, env);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(line);
    expect(found[0]).not.toContain("SECRET");
  });
});

test("the file is searched in order", () => {
  const empty = mkdtempSync(join(folder, "empty-"));
  const env = { NIGHTJAR_CONFIG: "b.yaml" };
  expect(findConfigFile({ file: "a.yaml", env, cwd: empty })).toBe(join(empty, "a.yaml"));
  expect(findConfigFile({ env, cwd: empty })).toBe(join(empty, "b.yaml"));
  writeFileSync(join(empty, "nightjar.yaml"), "");
  expect(findConfigFile({ env: {}, cwd: empty })).toBe(join(empty, "nightjar.yaml"));
});

test("a configuration made by the program is checked the same way", () => {
  const options = { folder, systemZone: "UTC", reservedIds: [] };
  expect(configFromObject({ auth: "none", listen: "0.0.0.0:1" }, options).listen[0]?.port).toBe(1);
  expect(() => configFromObject({ auth: "x" }, options)).toThrow("a mistake");
});

test("any text and any bytes give a value or mistakes", () => {
  const yamlish = fc.array(
    fc.constantFrom(
      "a",
      ":",
      " ",
      "\n",
      "- ",
      "&x ",
      "*x",
      "[",
      "]",
      "{",
      "}",
      "'",
      '"',
      "\t",
      "!",
      "|",
      ">",
      "? ",
      "---\n",
      "#",
      "1",
    ),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        yamlish.map((parts) => parts.join("")),
        fc.string({ unit: "binary" }),
      ),
      (text) => {
        const { mistakes: found, value } = readYaml(text);
        expect(found.length > 0 ? value : undefined).toBeUndefined();
        try {
          configFromObject(typeof value === "object" && value !== null ? { ...value } : {}, {
            folder: "/",
            systemZone: "UTC",
            reservedIds: [],
          });
        } catch (error) {
          expect(error).toBeInstanceOf(NightjarError);
        }
      },
    ),
    { seed: 20261121, numRuns: 500 },
  );
});
