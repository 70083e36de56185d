import { mkdir } from "node:fs/promises";
import { describe, expect, test } from "bun:test";
import { changedKeys, newChannelKeys, pasteableKeys } from "../../../src/cameras/changes.ts";
import { folderWords, lookIntoFolder } from "../../../src/cameras/folder-test.ts";
import { emptyForm, formOfChannel, type CameraForm } from "../../../src/cameras/form.ts";
import { sourceOf } from "../../../src/cameras/given-source.ts";
import { hiddenHeaders, parseHeaders, withoutValues } from "../../../src/cameras/header-lines.ts";
import { KeptMeter } from "../../../src/cameras/kept-figures.ts";
import { streamFailureOf } from "../../../src/cameras/stream-failure.ts";
import type { ChannelConfig } from "../../../src/config/config.ts";
import { parseVariant, variantText } from "../../../src/config/hls-keys.ts";
import { configFromObject } from "../../../src/config/load.ts";
import { SecretText } from "../../../src/config/secret-text.ts";
import { endReasons } from "../../../src/media/reasons.ts";
import { tempFolder } from "../../support/temp.ts";

function channel(value: Record<string, unknown>): ChannelConfig {
  const options = { folder: "/", systemZone: "UTC", reservedIds: [] };
  const found = configFromObject({ channels: { one: value } }, options).channels.get("one");
  if (found === undefined) throw new Error("there is no channel");
  return found;
}

const URL_TEXT = "https://h/live/index.m3u8?t=s3cret";
const stream = channel({
  source: URL_TEXT,
  variant: "720p",
  headers: { Authorization: "Bearer s3cret", Cookie: "a=s3cret" },
});

/** What is saved when a form is sent with some fields changed. */
function changes(before: ChannelConfig, fields: Partial<CameraForm>) {
  const form = { ...formOfChannel(before, "UTC"), ...fields };
  const known = { text: before === stream ? URL_TEXT : "", source: before.source };
  const given = sourceOf(form, known);
  return "mistakes" in given ? given : changedKeys(form, before, { zone: "UTC", given });
}

const keysOf = (fields: Partial<CameraForm>) => {
  const form = { ...emptyForm, name: "One", days: "", ...fields };
  const given = sourceOf(form);
  return "mistakes" in given ? given : newChannelKeys(form, "one", given);
};

describe("a live stream", () => {
  test("is shown without a secret, and changes nothing as it was shown", () => {
    const form = formOfChannel(stream, "UTC");
    expect(form).toMatchObject({ kind: "address", variant: "720p", headers: "Authorization: …\nCookie: …" });
    expect(JSON.stringify(form)).not.toContain("s3cret");
    expect(changes(stream, {})).toEqual({});
  });

  test.each<[Partial<CameraForm>, object]>([
    [{ variant: "" }, { variant: undefined }],
    [{ variant: "4M" }, { variant: "4M" }],
    [{ allowPrivate: true }, { allow_private: true }],
    [{ headers: "" }, { headers: undefined }],
    [
      { headers: "cookie: …" },
      { headers: { Authorization: undefined, Cookie: undefined, cookie: "a=s3cret" } },
    ],
    [{ headers: "Authorization: …\nCookie: b=2" }, { headers: { Cookie: "b=2" } }],
    [
      { address: "rtsp://h/s", headers: "", variant: "" },
      { source: "rtsp://h/s", variant: undefined, headers: undefined },
    ],
  ])("changes what differs: %j", (fields, wanted) => {
    expect(changes(stream, fields)).toEqual(wanted as never);
  });

  test.each<[Partial<CameraForm>, string]>([
    [{ variant: "best" }, "variant"],
    [{ headers: "no header" }, "headers"],
    [{ headers: "X: s3cret\x01" }, "headers"],
    [{ headers: "X-New: …" }, "headers"],
    [{ address: "https://other/live/index.m3u8" }, "headers"],
  ])("a mistake is named at its field, without a value: %j", (fields, field) => {
    const found = changes(stream, fields);
    expect(found).toHaveProperty(`mistakes.${field}`);
    expect(JSON.stringify(found)).not.toContain("s3cret");
  });

  test("a new one has the keys that differ from what holds without them", () => {
    expect(keysOf({ address: "https://h/x.m3u8" })).toEqual({ name: "One", source: "https://h/x.m3u8" });
    expect(keysOf({ address: "https://h/x.m3u8", variant: "lowest", headers: "A: b: c" })).toEqual({
      name: "One",
      source: "https://h/x.m3u8",
      variant: "lowest",
      headers: { A: "b: c" },
    });
  });

  test("what a person is to paste holds no value of a header", () => {
    expect(pasteableKeys({ source: "https://h/x.m3u8", headers: { A: "s3cret", B: undefined } })).toEqual({
      source: "https://h/x.m3u8",
      headers: { A: "VALUE" },
    });
  });

  test("each end is told in words of its own, without a word of cameras", () => {
    for (const reason of endReasons) {
      const { words, advice } = streamFailureOf({ reason, detail: "because" }, "h:80");
      expect(words).toContain("h:80");
      expect(words + advice).not.toContain("camera");
    }
  });

  test("its segments are measured", () => {
    const meter = new KeptMeter();
    expect(meter.facts).toBeUndefined();
    meter.begin(
      {
        format: "ts",
        init: new Uint8Array(),
        videoCodec: "avc1.64001f",
        audioCodec: null,
        width: 640,
        height: 360,
        frameRate: 25,
        audioTimescale: null,
      },
      15_000,
    );
    for (const durationTicks of [180_000, 360_000])
      meter.take({ bytes: new Uint8Array(750_000), startMs: 0, durationTicks, activityBytes: 0 });
    expect(meter.isEnough).toBe(true);
    expect(meter.facts).toMatchObject({ segmentMs: 4000, bitrateBps: 2_000_000 });
  });
});

describe("variants", () => {
  test.each(["highest", "lowest", "720p", "2000k", "4M", "1500k"])("%s is written as it is read", (text) => {
    expect(parseVariant(text)).toBeDefined();
    const shown = variantText(parseVariant(text)!);
    expect(parseVariant(shown)).toEqual(parseVariant(text)!);
  });
});

describe("headers of a form", () => {
  const known = new Map([["Cookie", new SecretText("a", "…")]]);

  test("values that are kept stay, whatever the case of their name", () => {
    const read = parseHeaders("cookie: …\r\n\r\nX: y", known);
    expect("headers" in read && [...read.headers].map(([name, value]) => [name, value.reveal()])).toEqual([
      ["cookie", "a"],
      ["X", "y"],
    ]);
  });

  test("are shown by their names alone", () => {
    expect(hiddenHeaders(known.keys())).toBe("Cookie: …");
    expect(withoutValues("A: s3cret\n\nno header s3cret")).toBe("A: …\n…");
  });
});

describe("uploads and watched folders", () => {
  test("uploads need nothing but a name", () => {
    expect(keysOf({ kind: "upload" })).toEqual({ name: "One", source: "upload" });
    const upload = channel({ source: "upload" });
    expect(formOfChannel(upload, "UTC")).toMatchObject({ kind: "upload", address: "" });
    expect(changes(upload, { days: "9" })).toEqual({ keep: { days: 9 } });
  });

  test("a folder is named by its path", () => {
    expect(keysOf({ kind: "folder", folder: "/srv/my yard" })).toEqual({
      name: "One",
      source: "file:///srv/my%20yard",
    });
    expect(keysOf({ kind: "folder", folder: "file:///srv/x", manage: true })).toMatchObject({ manage: true });
    const folder = channel({ source: "file:///srv/my%20yard" });
    expect(formOfChannel(folder, "UTC")).toMatchObject({
      kind: "folder",
      folder: "/srv/my yard",
      manage: false,
    });
    expect(changes(folder, {})).toEqual({});
    expect(changes(folder, { manage: true })).toEqual({ manage: true });
  });

  test.each(["", "yard", "/", "../x", "file://h/x"])("%j is no folder to be watched", (folder) => {
    expect(keysOf({ kind: "folder", folder })).toHaveProperty("mistakes.folder");
  });

  test("a folder is looked into: its dates, and the files of the newest", async () => {
    await using folder = await tempFolder();
    const look = (path: string) => lookIntoFolder({ kind: "folder", path, manage: false });
    expect(await look(folder.file("none"))).toHaveProperty("failure.kind", "no-folder");
    await Bun.write(folder.file("notes.txt"), "x");
    expect(await look(folder.file("notes.txt"))).toHaveProperty(
      "failure.words",
      expect.stringContaining("no folder"),
    );
    const empty = await look(folder.path);
    expect("folder" in empty && folderWords(empty.folder).advice.join()).toContain(
      "There is no date in it yet",
    );
    await mkdir(folder.file("2026-11-19"));
    for (const name of ["video_140000.ts", "video_140010.mp4", "video_140000.ts.duration", "other.txt"])
      await Bun.write(folder.file(`2026-11-20/${name}`), "x");
    const found = await look(folder.path);
    expect("folder" in found && folderWords(found.folder).facts.map(({ value }) => value)).toEqual([
      "2, from 2026-11-19 to 2026-11-20",
      "2 segment files",
      "2 other files",
    ]);
  });
});
