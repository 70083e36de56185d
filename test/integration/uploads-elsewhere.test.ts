import { expect, test } from "bun:test";
import { crc32 } from "node:zlib";
import { tsFacts } from "../../src/media/ts/ts-facts.ts";
import { tempFolder } from "../support/temp.ts";
import { clip, clockAt, uploadServer } from "./uploads-support.ts";

/** Noon in Berlin, in winter. */
const NOW = Date.UTC(2026, 10, 20, 11);
const FILE = "2026-11-20/video_110000.ts";
const START_MS = Date.parse("2026-11-20T10:00:00Z");
const upload = { source: "upload", timezone: "Europe/Berlin" };

test("what was sent before its channel was renamed is not stored once more", async () => {
  await using server = await uploadServer({ clock: clockAt(NOW), channels: { former: upload } });
  expect((await server.put(`/former/${FILE}`, await clip(1)))?.status).toBe(201);
  await server.reconfigure({ garage: { ...upload, was: ["former"] } });
  for (const channel of ["garage", "former"])
    expect((await server.put(`/${channel}/${FILE}`, await clip(1)))?.status).toBe(204);
  expect(server.footage.all("garage")).toEqual([]);
  expect(await server.names("garage")).not.toContain(FILE);
  // Other bytes and another time are news.
  expect((await server.put(`/garage/${FILE}`, await clip(2)))?.status).toBe(201);
  expect((await server.put("/garage/2026-11-20/video_110010.ts", await clip(1)))?.status).toBe(201);
  expect(server.footage.all("garage")).toHaveLength(2);
});

test("what was adopted from an earlier tool's folder is not stored once more, as long as it is there", async () => {
  await using folder = await tempFolder();
  const bytes = await clip(1);
  const path = folder.file("video_110000.ts");
  await Bun.write(path, bytes);
  const mtimeMs = Math.floor((await Bun.file(path).stat()).mtimeMs);
  await using server = await uploadServer({ clock: clockAt(NOW) });
  const known = { date: "2026-11-20", name: path, sizeBytes: bytes.length, mtimeMs, crc32: crc32(bytes) };
  await server.footage.putFile("garage", { ...known, startMs: START_MS, facts: tsFacts(bytes) });
  expect((await server.put(`/garage/${FILE}`, bytes))?.status).toBe(204);
  expect(server.footage.all("garage")).toHaveLength(1);
  await Bun.file(path).delete();
  expect((await server.put(`/garage/${FILE}`, bytes))?.status).toBe(201);
});

test("a sidecar that is put into quarantine is called by its own name", async () => {
  await using server = await uploadServer({ clock: clockAt(NOW) });
  const answer = await server.put(`/garage/${FILE}.duration`, "soon");
  expect(answer?.status).toBe(202);
  expect(await answer?.text()).toStartWith("video_110000.ts.duration was put into quarantine: ");
});
