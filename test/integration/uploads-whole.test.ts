import { expect, test } from "bun:test";
import { connect } from "node:net";
import { waitFor } from "../support/wait.ts";
import { clip, clockAt, uploadServer } from "./uploads-support.ts";

/** Noon in Berlin, in winter. */
const NOW = Date.UTC(2026, 10, 20, 11);
const PATH = "/garage/2026-11-20/video_110000.ts";

test.each([
  ["hangs up without waiting for the answer", ""],
  ["sends a line end behind it", "\r\n"],
  ["sends more than it said, as of a file that grew", "more of the file"],
])("a file that came whole is kept when its sender %s", async (_, behind) => {
  await using server = await uploadServer({ clock: clockAt(NOW) });
  const body = await clip(2);
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname, () => {
    socket.write(`PUT ${PATH} HTTP/1.1\r\nHost: ab.cd\r\nContent-Length: ${body.length}\r\n\r\n`);
    socket.end(Buffer.concat([body, Buffer.from(behind)]));
  });
  socket.on("error", () => undefined).resume();
  await waitFor("the file", () => server.footage.all("garage").length === 1);
  expect(server.footage.all("garage")).toMatchObject([{ name: "2026-11-20/video_110000.ts", seconds: 2 }]);
  socket.destroy();
});
