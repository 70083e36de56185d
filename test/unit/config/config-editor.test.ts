import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { channelIdOf } from "../../../src/config/channel-slug.ts";
import { ConfigEditor } from "../../../src/config/config-editor.ts";
import { reservedIdSet } from "../../../src/config/channel-id.ts";
import { NightjarError } from "../../../src/platform/errors.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nightjar-editor-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const editor = (options: { cwd?: string; file?: string; env?: Record<string, string> } = {}) =>
  new ConfigEditor({ env: {}, cwd: folder, systemZone: "UTC", reservedIds: [], ...options });

const file = () => join(folder, "nightjar.yaml");
const text = () => readFileSync(file(), "utf8");
const add = (id: string) => ({ kind: "add" as const, id, keys: { source: "rtsp://u:secret@h/s" } });

async function refusal(work: Promise<unknown>): Promise<NightjarError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof NightjarError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

describe("the configuration's file", () => {
  test("is made where there is none, for its owner alone", async () => {
    const outcome = await editor().apply(add("door"));
    expect("config" in outcome && [...outcome.config.channels.keys()]).toEqual(["door"]);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(text()).toStartWith("# Nightjar's configuration");
    expect(readdirSync(folder)).toEqual(["nightjar.yaml"]);
  });

  test("keeps its owner and rights, and the link that leads to it", async () => {
    const real = join(folder, "real.yaml");
    writeFileSync(real, "auth: none # mine\n");
    chmodSync(real, 0o640);
    chownSync(real, 4711, 4712);
    symlinkSync("real.yaml", file());
    await editor().apply(add("door"));
    const { uid, gid, mode } = statSync(real);
    expect([uid, gid, mode & 0o777]).toEqual([4711, 4712, 0o640]);
    expect(readFileSync(real, "utf8")).toContain("auth: none # mine\nchannels:\n  door:\n");
    expect(readdirSync(folder).toSorted()).toEqual(["nightjar.yaml", "real.yaml"]);
  });

  test("takes what was changed by hand meanwhile along", async () => {
    const own = editor();
    await own.apply(add("door"));
    writeFileSync(file(), text().replace("secret@h", "secret@other"));
    await own.apply(add("yard"));
    expect(text()).toContain("secret@other");
  });

  test("is not changed when the channel is another than the person saw", async () => {
    const own = editor();
    await own.apply(add("door"));
    const { revision } = await own.channel("door");
    writeFileSync(file(), text().replace("secret@h", "secret@other"));
    const before = text();
    const error = await refusal(own.apply({ kind: "change", id: "door", keys: { name: "Door" } }, revision));
    expect(error.message).toContain("door was changed in");
    expect(text()).toBe(before);
    const now = await own.channel("door");
    expect(now.revision).not.toBe(revision);
    await own.apply({ kind: "change", id: "door", keys: { name: "Door" } }, now.revision);
    expect(text()).toContain("name: Door");
  });

  test("is left alone when the whole would not be right", async () => {
    writeFileSync(
      file(),
      "default_channel: door\nchannels:\n  door: {source: 'demo:'}\n  yard: {source: 'demo:'}\n",
    );
    const before = text();
    const error = await refusal(editor().apply({ kind: "remove", id: "door" }));
    expect(error.kind).toBe("unprocessable");
    expect(error.details.join()).toContain("default_channel");
    expect(text()).toBe(before);
  });

  test("with mistakes in it is not touched, and its line is named without what stands there", async () => {
    writeFileSync(file(), "channels:\n\ta: rtsp://u:secret@h\n");
    const error = await refusal(editor().apply(add("door")));
    expect([error.message, ...error.details].join()).toContain("Line 2");
    expect([error.message, ...error.details].join()).not.toContain("secret");
  });

  test("is not made anew when it has gone: the other cameras would be gone with it", async () => {
    writeFileSync(file(), "auth: none\nchannels:\n  yard: {source: 'demo:'}\n");
    const [read, made] = [editor(), editor({ cwd: join(folder, "new") })];
    rmSync(file());
    expect((await refusal(read.apply(add("door")))).message).toContain("put back first");
    expect(readdirSync(folder)).toEqual([]);
    mkdirSync(join(folder, "new"));
    await made.apply(add("door"));
    rmSync(made.file);
    expect((await refusal(made.apply(add("yard")))).message).toContain("put back first");
    writeFileSync(file(), "auth: none\n");
    expect(await read.apply(add("door"))).toHaveProperty("config");
  });

  test("that is no file, or no UTF-8, is not touched", async () => {
    const latin1 = Buffer.from("auth: none # K\xe4se\n", "latin1");
    writeFileSync(file(), latin1);
    expect((await refusal(editor().apply(add("door")))).message).toContain("not in UTF-8");
    expect(readFileSync(file())).toEqual(latin1);
    rmSync(file());
    mkdirSync(file());
    expect((await refusal(editor().apply(add("door")))).message).toContain("it is no file");
  });

  test("says nothing of a channel that it does not have, whatever its id", async () => {
    writeFileSync(file(), "channels:\n  yard: {source: 'demo:'}\n");
    const env = { NIGHTJAR_CHANNELS_CONSTRUCTOR_SOURCE: "demo:" };
    expect((await editor({ env }).channel("constructor")).revision).toBe("");
  });

  test("that can't be written says why", async () => {
    const outcome = await editor({ cwd: join(folder, "gone") }).apply(add("door"));
    expect("unwritable" in outcome && outcome.unwritable).toContain("its folder is not there");
  });

  test("many changes at once are made one after the other", async () => {
    const own = editor();
    await Promise.all(Array.from({ length: 12 }, (_, index) => own.apply(add(`c${index}`))));
    expect(text().match(/^ {2}c\d+:$/gm)).toHaveLength(12);
    expect(readdirSync(folder)).toEqual(["nightjar.yaml"]);
  });

  test("knows which keys the environment sets", async () => {
    writeFileSync(file(), "channels:\n  front-door: {source: 'demo:'}\n");
    const env = { NIGHTJAR_CHANNELS_FRONT_DOOR_KEEP_DAYS: "3", NIGHTJAR_LISTEN: "127.0.0.1:1" };
    const { fromEnvironment } = await editor({ env }).channel("front-door");
    expect([...fromEnvironment]).toEqual([["keep.days", "NIGHTJAR_CHANNELS_FRONT_DOOR_KEEP_DAYS"]]);
  });
});

test.each([
  ["Front door", [], "front-door"],
  ["Haustür & Hof (neu)", [], "haustur-hof-neu"],
  ["Straße", [], "strasse"],
  ["玄関", [], "camera"],
  ["玄関", ["camera"], "camera-2"],
  ["Front door", ["FRONT-DOOR", "front-door-2"], "front-door-3"],
  ["Settings", [], "settings-camera"],
  ["2026-11-20", [], "2026-11-20-camera"],
  ["--", [], "camera"],
  ["x".repeat(99), [], "x".repeat(40)],
])("the id of %j beside %j is %s", (name, taken, id) => {
  expect(channelIdOf(name, taken, reservedIdSet([]))).toBe(id);
});
