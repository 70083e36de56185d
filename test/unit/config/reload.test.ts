import { expect, test } from "bun:test";
import { configFromObject } from "../../../src/config/load.ts";
import { diffChannels, restartKeys } from "../../../src/config/reload.ts";

const config = (channels: Record<string, unknown>, rest: Record<string, unknown> = {}) =>
  configFromObject({ channels, ...rest }, { folder: "/", systemZone: "UTC", reservedIds: [] });

test("only what capture depends on makes a change", () => {
  const source = "rtsp://user:one@h/s";
  const before = config({
    same: { source },
    renamed: { source, name: "A", keep: { days: 1 } },
    password: { source },
    udp: { source },
    silent: { source },
    gone: { source },
    off: { source },
    on: { source, enabled: false },
    asleep: { source, enabled: false },
    program: { source: { exec: ["a", "b"] } },
  });
  const after = config({
    same: { source },
    renamed: { source, name: "B", keep: { hours: 1 }, timezone: "Asia/Tokyo" },
    password: { source: "rtsp://user:two@h/s" },
    udp: { source, transport: "udp" },
    silent: { source, audio: false },
    off: { source, enabled: false },
    on: { source },
    asleep: { source: "demo:", enabled: false },
    program: { source: { exec: ["a", "c"] } },
    fresh: { source },
  });
  expect(diffChannels(before, after)).toEqual({
    added: ["on", "fresh"],
    removed: ["gone", "off"],
    changed: ["password", "udp", "silent", "program"],
    unchanged: ["same", "renamed"],
  });
});

test("the rest that changed is named", () => {
  const before = config({});
  expect(restartKeys(before, config({ a: { source: "demo:" } }))).toEqual([]);
  const after = config(
    {},
    { listen: 1, storage: { flush: "6s" }, log: { level: "debug" }, timezone: "Asia/Tokyo" },
  );
  expect(restartKeys(before, after)).toEqual(["listen", "storage", "log"]);
});
