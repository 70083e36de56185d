import { expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { Nightjar } from "../support/nightjar.ts";
import { tempFolder } from "../support/temp.ts";
import { waitFor } from "../support/wait.ts";
import { tsClip } from "../support/ts-clip.ts";
import { DATE, listedTimes, movedOn, segmentName } from "./uploads.ts";

const COUNT = 8640;
const SECONDS = 10;
const CLIENTS = 8;

/** Sends a part of a file with the length of all of it, and ends the connection. */
async function cutOff(url: string, bytes: Uint8Array): Promise<void> {
  const { hostname, port, pathname } = new URL(url);
  const head = `PUT ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\nContent-Length: ${bytes.length}\r\n\r\n`;
  const part = bytes.subarray(0, Math.floor(Math.random() * bytes.length));
  await new Promise<void>((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(head);
      socket.end(part, () => socket.destroy());
    });
    socket
      .on("close", () => resolve())
      .on("error", () => resolve())
      .resume();
  });
}

test("a day of ten-second files, newest first over 8 connections, some sent again, some cut off", async () => {
  await using folder = await tempFolder();
  const clip = await tsClip({ seconds: SECONDS, kilobitsPerSecond: 20, size: "160x90" });
  const config = { timezone: "UTC", channels: { garage: { source: "upload" } } };
  await using server = await Nightjar.start({ folder: folder.path, config });
  // A twentieth comes twice, a hundredth is cut off once.
  const places = Array.from({ length: COUNT }, (_, index) => index);
  const queue = places.flatMap((index) => (index % 20 === 7 ? [index, index] : [index]));
  const statuses = new Map<number, number>();
  const client = async (): Promise<void> => {
    for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
      const bytes = movedOn(clip, index * SECONDS);
      const url = `${server.url}/garage/${DATE}/${segmentName(index, SECONDS)}`;
      if (Math.random() < 0.01) await cutOff(url, bytes);
      const { status } = await fetch(url, { method: "PUT", body: bytes });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  expect(statuses).toEqual(
    new Map([
      [201, COUNT],
      [204, COUNT / 20],
    ]),
  );
  const wanted = places.map((index) => index * SECONDS);
  expect(await listedTimes(server, "garage")).toEqual(wanted);
  await waitFor("no leftovers", async () => {
    const day = await readdir(join(folder.path, "data/archive/garage", DATE));
    return day.every((name) => !name.startsWith("."));
  });
  // After a restart the same.
  await server.kill();
  await using again = await Nightjar.start({ folder: folder.path, config });
  await waitFor("all of them", async () => (await listedTimes(again, "garage")).length === COUNT, {
    timeoutMs: 60_000,
  });
  expect(await listedTimes(again, "garage")).toEqual(wanted);
});
