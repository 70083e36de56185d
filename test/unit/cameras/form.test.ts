import { describe, expect, test } from "bun:test";
import { changedKeys, newChannelKeys, pasteableKeys, withoutFixed } from "../../../src/cameras/changes.ts";
import {
  emptyForm,
  formMistakes,
  formOf,
  formOfChannel,
  type CameraForm,
} from "../../../src/cameras/form.ts";
import { sourceOf } from "../../../src/cameras/given-source.ts";
import { reservedIdSet } from "../../../src/config/channel-id.ts";
import type { ChannelConfig } from "../../../src/config/config.ts";
import { configFromObject } from "../../../src/config/load.ts";

function channel(value: Record<string, unknown>): ChannelConfig {
  const config = configFromObject(
    { channels: { door: value } },
    { folder: "/", systemZone: "UTC", reservedIds: [] },
  );
  const found = config.channels.get("door");
  if (found === undefined) throw new Error("there is no channel");
  return found;
}

const URL_TEXT = "rtsp://u:s3cret@h/s?k=v";
const door = channel({ source: URL_TEXT, name: "Door", transport: "udp", keep: { days: 3, size: "5GB" } });

/** What is saved when a form is sent with some fields changed. */
function changes(before: ChannelConfig, fields: Partial<CameraForm>) {
  const form = { ...formOfChannel(before, "UTC"), ...fields };
  const given = sourceOf(form, { text: URL_TEXT, source: before.source });
  if ("mistakes" in given) throw new Error(JSON.stringify(given.mistakes));
  return changedKeys(form, before, { zone: "UTC", given });
}

describe("a form that is sent", () => {
  test("as it was shown changes nothing", () => {
    expect(changes(door, {})).toEqual({});
    expect(JSON.stringify(formOfChannel(door, "UTC"))).not.toMatch(/s3cret|u:|k=v/);
  });

  test.each<[Partial<CameraForm>, object]>([
    [{ name: "Gate" }, { name: "Gate" }],
    [{ name: "door" }, { name: undefined }],
    [{ days: "" }, { keep: { days: undefined } }],
    [{ days: "9", size: "" }, { keep: { days: 9, size: undefined } }],
    [{ transport: "tcp" }, { transport: undefined }],
    [
      { audio: false, enabled: false },
      { audio: false, enabled: false },
    ],
    [{ timezone: "Asia/Tokyo" }, { timezone: "Asia/Tokyo" }],
    [{ password: "n w" }, { source: "rtsp://u:n%20w@h/s?k=v" }],
    [{ address: "rtsp://h/other" }, { source: "rtsp://u:s3cret@h/other" }],
    [{ address: "demo:street" }, { source: "demo:street", transport: undefined }],
  ])("changes what differs: %j", (fields, wanted) => {
    expect(changes(door, fields)).toEqual(wanted as never);
  });

  test("leaves keys that the environment sets", () => {
    const shown = formOfChannel(door, "UTC");
    const sent = { ...shown, name: "", days: "", audio: false };
    const fixed = new Map([
      ["name", "N"],
      ["keep.days", "D"],
    ]);
    expect(withoutFixed(sent, shown, fixed)).toEqual({ ...shown, audio: false });
  });

  test("of a new camera writes only what differs from the defaults", () => {
    const form = { ...emptyForm, name: "Door", address: "h/s", user: "u", password: "p" };
    const given = sourceOf(form);
    if ("mistakes" in given) throw new Error("refused");
    expect(newChannelKeys(form, "door", given)).toEqual({
      name: "Door",
      source: "rtsp://u:p@h/s",
      keep: { days: 7 },
    });
    expect(pasteableKeys(newChannelKeys(form, "door", given))["source"]).toBe("rtsp://USER:PASSWORD@h/s");
  });
});

describe("mistakes", () => {
  const context = { taken: ["gate", "old-gate"], reserved: reservedIdSet([]) };
  test.each<[Partial<CameraForm>, string, string]>([
    [{ name: "" }, "name", "A name is missing"],
    [{ name: "x".repeat(101) }, "name", "101 characters"],
    ...["a\0b", "a\x1b[31mb", "a\r\nb", "a\u2028b", "\u200b"].map(
      (name): [Partial<CameraForm>, string, string] => [{ name }, "name", "can't be shown"],
    ),
    [{ id: "a b" }, "id", "can't be the id"],
    [{ id: "settings" }, "id", "addresses of Nightjar begin with this word"],
    [{ id: "2026-11-20" }, "id", "not a date"],
    [{ id: "GATE" }, "id", "Another camera has, or had"],
    [{ id: "old-gate" }, "id", "Another camera has, or had"],
    [{ days: "-1" }, "days", "whole number"],
    [{ days: "99999" }, "days", "whole number"],
    [{ size: "5" }, "size", "50GB"],
    [{ size: "1kB" }, "size", "50GB"],
    [{ timezone: "Mars" }, "timezone", "Europe/Berlin"],
  ])("%j", (fields, field, words) => {
    const form = { ...emptyForm, name: "Door", id: "door", ...fields };
    const mistakes = formMistakes(form, form.id, context);
    expect(Object.keys(mistakes)).toEqual([field]);
    expect(Object.values(mistakes).join()).toContain(words);
  });

  test.each<[Partial<CameraForm>, string]>([
    [{ address: "" }, "The address is missing"],
    [{ address: "ftp://h/s" }, "can't be used; wanted"],
    [{ address: "exec: rm" }, "can't be used; wanted"],
    [{ address: "rtsp:/192.168.0.5/s3cret" }, "can't be used; wanted"],
    [{ address: "rtsp://u:s3cret@/s" }, "can't be used; wanted"],
    [{ address: "rtsp://h/a#s3cret" }, "can't be used; wanted"],
    [{ address: "https://h/live.m3u8#s3cret" }, "can't be used; wanted"],
  ])("an address that won't do is not repeated: %j", (fields, words) => {
    const result = sourceOf({ ...emptyForm, ...fields });
    const text = "mistakes" in result ? Object.values(result.mistakes).join() : "";
    expect(text).toContain(words);
    expect(text).not.toContain("s3cret");
  });

  test("fields that are far too long are cut, and boxes that are not ticked are off", () => {
    const form = formOf(new URLSearchParams({ name: "x".repeat(5000), address: " h " }));
    expect([form.name.length, form.address, form.audio, form.enabled]).toEqual([2000, "h", false, false]);
  });
});
