import { expect, test } from "bun:test";
import type { NotifyConfig } from "../../../src/config/notify.ts";
import { SecretText } from "../../../src/config/secret-text.ts";
import { messageOf } from "../../../src/notify/message.ts";
import type { Notice } from "../../../src/notify/notice.ts";

const T = Date.UTC(2026, 10, 21, 13, 3, 27);
const wording = { zone: "Europe/Berlin", publicUrl: "https://cctv.example.org" };
const receiver = (change: Partial<NotifyConfig> = {}): NotifyConfig => ({
  url: new SecretText("https://ntfy.example/topic", "https://ntfy.example/…"),
  format: "ntfy",
  headers: [],
  events: ["offline"],
  afterMs: 0,
  ...change,
});
const offline: Notice = {
  event: "offline",
  channel: "yard",
  name: "Yard",
  state: "offline",
  reason: "source-offline",
  detail: "connection refused",
  sinceMs: T - 30_000,
  atMs: T,
  text: "Offline since 14:02 (connection refused)",
};
const storage: Notice = {
  event: "storage",
  state: "failing",
  reason: "storage-full",
  detail: "/mnt is full",
  sinceMs: T,
  atMs: T,
  text: "/mnt is full",
};

test("JSON says all of it, in fields that don't change", () => {
  const { headers, body } = messageOf(receiver({ format: "json" }), [offline], wording, T);
  expect(headers.get("content-type")).toBe("application/json; charset=utf-8");
  expect(JSON.parse(body)).toEqual({
    event: "offline",
    channel: "yard",
    name: "Yard",
    state: "offline",
    reason: "source-offline",
    detail: "connection refused",
    since: "2026-11-21T14:02:57.000+01:00",
    at: "2026-11-21T14:03:27.000+01:00",
    text: "Offline since 14:02 (connection refused)",
    url: "https://cctv.example.org/yard",
  });
  const whole = messageOf(receiver({ format: "json" }), [storage], { ...wording, publicUrl: undefined }, T);
  expect(JSON.parse(whole.body)).toMatchObject({
    channel: null,
    name: null,
    reason: "storage-full",
    url: null,
  });
});

test("JSON of a quiet time holds each event", () => {
  const { body } = messageOf(receiver({ format: "json" }), [offline, storage], wording, T);
  expect(JSON.parse(body)).toMatchObject({
    event: "summary",
    text: "Nightjar: 2 messages of the quiet time",
    url: "https://cctv.example.org/",
    events: [{ event: "offline" }, { event: "storage" }],
  });
});

test("ntfy gets title, priority, tags and the page to open", () => {
  const { headers, body } = messageOf(receiver(), [offline], wording, T);
  expect(Object.fromEntries(headers)).toMatchObject({
    title: "Yard: not recorded",
    priority: "high",
    tags: "warning",
    click: "https://cctv.example.org/yard",
  });
  expect(body).toBe("Offline since 14:02 (connection refused)");
});

test("ntfy gets a quiet time as lines, the later of which say when they happened", () => {
  const { headers, body } = messageOf(receiver(), [offline, storage], wording, T + 3_600_000);
  expect(headers.get("title")).toBe("Nightjar: 2 messages of the quiet time");
  expect(body).toBe(
    "14:03 Yard: not recorded. Offline since 14:02 (connection refused)\n14:03 Nightjar: recording is in danger. /mnt is full",
  );
});

test("names in any script reach ntfy as RFC 2047 says, and can't add headers", () => {
  const named = (name: string) => messageOf(receiver(), [{ ...offline, name }], wording, T).headers;
  const title = named("Überwachung 庭").get("title") ?? "";
  const [, base64 = ""] = /^=\?UTF-8\?B\?([A-Za-z0-9+/=]+)\?=$/.exec(title) ?? [];
  expect(Buffer.from(base64, "base64").toString()).toBe("Überwachung 庭: not recorded");
  expect(named("a\r\nX-Evil: 1").get("title")).toBe("a X-Evil: 1: not recorded");
  expect(named("a\r\nX-Evil: 1").has("x-evil")).toBeFalse();
});

test("a long message stays below what ntfy would make a file of", () => {
  const many = Array.from({ length: 200 }, () => ({ ...offline, text: "ü".repeat(100) }));
  const { body } = messageOf(receiver(), many, wording, T);
  expect(Buffer.byteLength(body)).toBeLessThan(4096);
  expect(body.isWellFormed()).toBeTrue();
});

test("logins go into headers", () => {
  const authorization = (change: Partial<NotifyConfig>) =>
    messageOf(receiver(change), [offline], wording, T).headers.get("authorization");
  const url = new SecretText("https://me:p%40ss@h/x", "https://h/…");
  expect(authorization({ url })).toBe(`Basic ${btoa("me:p@ss")}`);
  expect(authorization({ url: new SecretText("https://me:100%@h/x", "…") })).toBe(`Basic ${btoa("me:100%")}`);
  expect(authorization({ token: new SecretText("tk_1", "…") })).toBe("Bearer tk_1");
  const headers = [["X-Key", new SecretText("k", "…")]] as const;
  expect(messageOf(receiver({ headers }), [offline], wording, T).headers.get("x-key")).toBe("k");
});
