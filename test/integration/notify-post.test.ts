import { afterAll, beforeAll, expect, test } from "bun:test";
import type { NotifyConfig } from "../../src/config/notify.ts";
import { SecretText } from "../../src/config/secret-text.ts";
import { messageOf } from "../../src/notify/message.ts";
import type { Notice } from "../../src/notify/notice.ts";
import { post } from "../../src/notify/post.ts";
import { freePort } from "../support/ports.ts";
import { WebhookReceiver } from "../support/webhook-receiver.ts";

let server: WebhookReceiver;
beforeAll(() => {
  server = new WebhookReceiver();
});
afterAll(() => server[Symbol.asyncDispose]());

const notice: Notice = {
  event: "offline",
  channel: "yard",
  name: "Höfe",
  state: "offline",
  reason: "source-offline",
  detail: "",
  sinceMs: 0,
  atMs: 0,
  text: "Offline seit … 14:03",
};

const send = (url: string, change: Partial<NotifyConfig> = {}, signal = new AbortController().signal) => {
  const receiver: NotifyConfig = {
    url: new SecretText(url, "http://…"),
    format: "ntfy",
    headers: [],
    events: ["offline"],
    afterMs: 0,
    ...change,
  };
  return post(receiver, messageOf(receiver, [notice], { zone: "UTC", publicUrl: "http://h" }, 0), signal);
};

test("a message arrives whole, with its login but without it in the address", async () => {
  const url = server.url("/secret-topic?x=1").replace("//", "//me:p%40ss@");
  expect(await send(url)).toEqual({ kind: "taken" });
  const { path, headers, body } = server.got.at(-1)!;
  expect(path).toBe("/secret-topic?x=1");
  expect(body).toBe("Offline seit … 14:03");
  expect(headers.get("authorization")).toBe(`Basic ${btoa("me:p@ss")}`);
  expect(headers.get("title")).toStartWith("=?UTF-8?B?");
  expect(headers.get("click")).toBe("http://h/yard");
});

test.each([
  [200, "taken"],
  [204, "taken"],
  [400, "refused"],
  [403, "refused"],
  [404, "refused"],
  [408, "failed"],
  [429, "failed"],
  [500, "failed"],
  [503, "failed"],
])("%d means %s", async (status, kind) => {
  server.answer = () => new Response(status === 204 ? null : "x", { status });
  expect((await send(server.url("/a"))).kind).toBe(kind as "taken");
});

test("a redirect is not followed: the token would go elsewhere", async () => {
  const before = server.got.length;
  server.answer = () => Response.redirect(server.url("/elsewhere"), 302);
  expect(await send(server.url("/a"))).toMatchObject({
    kind: "refused",
    why: expect.stringContaining("redirect"),
  });
  expect(server.got.length).toBe(before + 1);
});

test("Retry-After is told, within an hour", async () => {
  const answer = (value: string) => () =>
    new Response("", { status: 429, headers: { "retry-after": value } });
  server.answer = answer("120");
  expect(await send(server.url("/a"))).toMatchObject({ retryAfterMs: 120_000 });
  server.answer = answer("999999");
  expect(await send(server.url("/a"))).toMatchObject({ retryAfterMs: 3_600_000 });
  server.answer = answer("Wed, 21 Oct 2026 07:28:00 GMT");
  expect(await send(server.url("/a"))).toEqual({ kind: "failed", why: "it answered 429" });
});

test("nobody there, and no answer at all, are failures that don't show the address", async () => {
  const closed = await send(`http://127.0.0.1:${await freePort()}/secret-topic`);
  expect(closed).toEqual({ kind: "failed", why: "ECONNREFUSED" });
  expect((await send("http://nowhere.invalid/secret-topic")).kind).toBe("failed");
  server.answer = () => new Promise(() => {});
  const controller = new AbortController();
  const hanging = send(server.url("/secret-topic"), {}, controller.signal);
  setTimeout(() => controller.abort(), 50);
  const result = await hanging;
  expect(result.kind).toBe("failed");
  expect(JSON.stringify(result)).not.toContain("secret");
});
