import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { Elysia } from "elysia";
import { listen, type Listening } from "../../../src/listen.ts";

let listening: Listening;

beforeAll(async () => {
  const app = new Elysia().get("/here", ({ request }) => new URL(request.url).pathname);
  listening = await listen(app, [{ host: "127.0.0.1", port: 0 }]);
});
afterAll(() => listening.stop(true));

/** The status of an answer to a request that no HTTP library would send; without a host, in HTTP/1.0. */
function statusFor(host?: Buffer): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const head =
    host === undefined
      ? [Buffer.from("GET /here HTTP/1.0\r\n\r\n")]
      : [Buffer.from("GET /here HTTP/1.1\r\nConnection: close\r\nHost: "), host, Buffer.from("\r\n\r\n")];
  const socket = connect(listening.addresses[0]?.port ?? 0, "127.0.0.1", () => {
    socket.write(Buffer.concat(head));
  });
  let answer = "";
  socket.setTimeout(5000, () => socket.destroy(new Error("no answer")));
  socket.on("data", (bytes) => (answer += bytes.toString("latin1")));
  socket.on("error", reject);
  socket.on("close", () => resolve(Number(/^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1])));
  return promise;
}

test("the Host headers of short names, an address, and an odd port are served", async () => {
  for (const host of [
    "a",
    "pi",
    "nas",
    "tv:1",
    "garage",
    "127.0.0.1:6478",
    "[::1]",
    "camera.example.org:65535",
  ])
    expect([host, await statusFor(Buffer.from(host))]).toEqual([host, 200]);
});

test("a player of HTTP/1.0, which sends no Host header, is served", async () => {
  expect(await statusFor()).toBe(200);
});

test("a Host header that is no host is the client's mistake, not a failure of ours", async () => {
  for (const host of [
    "localhost:99999999",
    "localhost:65536",
    "localhost:-1",
    "[::1",
    "a:b",
    "a b",
    "me@pi",
  ]) {
    const status = await statusFor(Buffer.from(host));
    expect([host, status]).toEqual([host, 400]);
  }
});

test("no byte in a Host header makes the server fail", async () => {
  for (let byte = 0; byte < 256; byte += 1) {
    const status = await statusFor(Buffer.from([97, byte, 98]));
    expect([byte, [200, 400].includes(status)]).toEqual([byte, true]);
  }
});
