import { expect, test } from "bun:test";
import { GstServer } from "../rtsp/gst-server.ts";
import { waitForRecording } from "../support/channels.ts";
import { Nightjar } from "../support/nightjar.ts";
import { tempFolder } from "../support/temp.ts";
import { waitFor } from "../support/wait.ts";
import { WebhookReceiver, type Received } from "../support/webhook-receiver.ts";

const CAMERA = { mounts: ["h264"] } as const;
const SECRETS = ["secret-topic", "tk_secret", "secret-value", "camera-password"];

test("a camera that goes away is told to all receivers, also over a restart, and so is its return", async () => {
  await using folder = await tempFolder();
  await using json = new WebhookReceiver();
  await using ntfy = new WebhookReceiver();
  const auth = { user: "nightjar", password: "camera-password" };
  await using first = await GstServer.start({ ...CAMERA, auth });
  const config = {
    public_url: "https://cctv.example.org",
    notify: [
      { url: json.url("/hook"), after: "1s", headers: { "X-Key": "secret-value" } },
      {
        url: ntfy.url("/secret-topic"),
        format: "ntfy",
        token: "tk_secret",
        after: "1s",
        events: ["offline", "online"],
      },
    ],
    channels: { yard: { name: "Höfe", source: first.url("h264") }, demo: { source: "demo:" } },
  };
  const gotOf = (receiver: WebhookReceiver, count: number): Promise<Received[]> =>
    waitFor(`${count} messages`, () => receiver.got.length >= count && receiver.got, { timeoutMs: 20_000 });
  const logs: string[] = [];
  let startedMs = Date.now();
  {
    await using server = await Nightjar.start({ folder: folder.path, config });
    await waitForRecording(server, ["yard", "demo"], { withFootage: true });
    json.answer = () => new Response("later", { status: 503 });
    startedMs = Date.now();
    await first.stop();
    await gotOf(ntfy, 1);
    await gotOf(json, 1);
    await server.stop();
    logs.push(server.logText);
  }
  const [alarm] = ntfy.got;
  expect(alarm?.path).toBe("/secret-topic");
  expect(alarm?.headers.get("authorization")).toBe("Bearer tk_secret");
  expect(alarm?.headers.get("priority")).toBe("high");
  expect(alarm?.headers.get("click")).toBe("https://cctv.example.org/yard");
  expect(alarm?.body).toMatch(/^Offline since \d\d:\d\d/);

  json.answer = () => new Response("ok");
  {
    await using server = await Nightjar.start({ folder: folder.path, config });
    await using second = await GstServer.start({ ...CAMERA, auth, port: first.port });
    expect(second.port).toBe(first.port);
    await waitForRecording(server, ["yard"]);
    const isBack = () => ntfy.got.some(({ body }) => body.includes("Recording again since"));
    await waitFor("the return", isBack, { timeoutMs: 20_000 });
    await gotOf(json, 3);
    await server.stop();
    logs.push(server.logText);
  }
  // What was taken while the server stopped may be told once more by the next one.
  const told = [...new Set(ntfy.got.map(({ body }) => body))];
  expect(told).toHaveLength(2);
  expect(told[1]).toContain("Recording again since");
  const events = json.got.map(({ body }) => JSON.parse(body));
  // The first was refused for the time being, and came again after the restart.
  expect(events.map(({ event }) => event)).toEqual(["offline", "offline", "online"]);
  expect(events[1]).toEqual(events[0]);
  expect(events[0]).toMatchObject({ channel: "yard", name: "Höfe", reason: "source-offline" });
  expect(Math.abs(Date.parse(events[0].since) - startedMs)).toBeLessThan(3000);
  expect(json.got[0]?.headers.get("x-key")).toBe("secret-value");
  for (const secret of SECRETS) expect(logs.join("\n")).not.toContain(secret);
}, 60_000);
