import { describe, expect, test } from "bun:test";
import { mkdir, readdir, rm, utimes } from "node:fs/promises";
import { NightjarError } from "../../src/platform/errors.ts";
import { finished } from "../support/processes.ts";
import { tempFolder } from "../support/temp.ts";
import { waitFor } from "../support/wait.ts";
import { clip, clockAt, uploadServer, type UploadServer } from "./uploads-support.ts";

const DAY = "2026-11-19";

/** The clip of so many seconds as an MP4. */
async function mp4Clip(seconds: number): Promise<Uint8Array<ArrayBuffer>> {
  await using folder = await tempFolder();
  await Bun.write(folder.file("in.ts"), await clip(seconds));
  const argv = `ffmpeg -nostdin -v error -i ${folder.file("in.ts")} -c copy -bsf:a aac_adtstoasc`;
  const { code, stderr } = await finished([...argv.split(" "), folder.file("out.mp4")]);
  if (code !== 0) throw new Error(stderr);
  return await Bun.file(folder.file("out.mp4")).bytes();
}

const listed = (server: UploadServer, channel = "garage") =>
  server.footage.all(channel).map(({ name, seconds }) => [name, Math.round(seconds)]);

describe("one time, two files", () => {
  test("sent as .ts and as .mp4 it is one segment: the longer one", async () => {
    await using server = await uploadServer({ clock: clockAt(Date.parse("2026-11-19T12:00:00Z")) });
    const put = async (name: string, body: Uint8Array<ArrayBuffer>) =>
      (await server.put(`/garage/${DAY}/${name}`, body))?.status;
    expect(await put("video_100010.ts", await clip(2))).toBe(201);
    expect(await put("video_100010.mp4", await mp4Clip(1))).toBe(204);
    expect(listed(server)).toEqual([[`${DAY}/video_100010.ts`, 2]]);
    expect(await put("video_100010.mp4", await mp4Clip(3))).toBe(204);
    expect(listed(server)).toEqual([[`${DAY}/video_100010.mp4`, 3]]);
    expect(await put("video_100010.ts", await clip(2))).toBe(204);
    expect(await put("video_100010.mp4", await mp4Clip(3))).toBe(204);
    expect(listed(server)).toEqual([[`${DAY}/video_100010.mp4`, 3]]);
    const names = (await server.names()).filter((name) => name.includes("video"));
    expect(names.map((name) => name.replace(/\d+-video/, "*-video"))).toEqual([
      `${DAY}/.replaced/*-video_100010.ts`,
      `${DAY}/video_100010.mp4`,
    ]);
  });

  test("in a watched folder the longer one counts, and the other when it is gone", async () => {
    await using folder = await tempFolder();
    const old = async (name: string, bytes: Uint8Array): Promise<void> => {
      await Bun.write(folder.file(DAY, name), bytes);
      const hourAgo = new Date(Date.now() - 3_600_000);
      await utimes(folder.file(DAY, name), hourAgo, hourAgo);
    };
    await mkdir(folder.file(DAY));
    await old("video_100010.ts", await clip(3));
    await old("video_100010.mp4", await mp4Clip(1));
    await old("video_100020.ts", await clip(1));
    await old("video_100020+0000.ts", await clip(2));
    await using server = await uploadServer({
      channels: { yard: { source: `file://${folder.path}`, timezone: "UTC" } },
    });
    await waitFor("the first look", () => server.uploads.status("yard")?.isLookingThrough !== true);
    await waitFor("both", () => server.footage.all("yard").length === 2);
    expect(listed(server, "yard")).toEqual([
      [`${DAY}/video_100010.ts`, 3],
      [`${DAY}/video_100020+0000.ts`, 2],
    ]);
    const told = server.uploads.status("yard")?.unreadable.map(({ name, reason }) => `${name}: ${reason}`);
    expect(told?.toSorted()).toEqual([
      `${DAY}/video_100010.mp4: it is of the same time as video_100010.ts, which is not shorter`,
      `${DAY}/video_100020.ts: it is of the same time as video_100020+0000.ts, which is not shorter`,
    ]);
    expect(await readdir(folder.file(DAY))).toHaveLength(4);
    await rm(folder.file(DAY, "video_100020+0000.ts"));
    await waitFor("the other", () => listed(server, "yard").at(-1)?.[0] === `${DAY}/video_100020.ts`, {
      timeoutMs: 12_000,
    });
  });
});

test("a name that meant another time before the zone was changed is kept beside the new one", async () => {
  await using server = await uploadServer({ clock: clockAt(Date.parse("2026-11-19T12:00:00Z")) });
  const put = async (body: Uint8Array<ArrayBuffer>) =>
    (await server.put(`/garage/${DAY}/video_100010.ts`, body))?.status;
  expect(await put(await clip(3))).toBe(201);
  await server.reconfigure({ garage: { source: "upload", timezone: "UTC" } });
  for (const status of [201, 204]) {
    expect(await put(await clip(2))).toBe(status);
    expect(server.footage.all("garage")).toMatchObject([
      { name: `${DAY}/video_100010.ts`, startMs: Date.parse(`${DAY}T09:00:10Z`) },
      { name: `${DAY}/video_100010+0000.ts`, startMs: Date.parse(`${DAY}T10:00:10Z`) },
    ]);
  }
  await server.reconfigure({ garage: { source: "upload", timezone: "Europe/Berlin" } });
  expect(await put(await clip(3))).toBe(204);
  expect(server.footage.all("garage")).toHaveLength(2);
});

test("a watched folder that finds the storage full says so, and not that it can't be read", async () => {
  await using folder = await tempFolder();
  await mkdir(folder.file(DAY));
  await Bun.write(folder.file(DAY, "video_100010.ts"), await clip(1));
  const hourAgo = new Date(Date.now() - 3_600_000);
  await utimes(folder.file(DAY, "video_100010.ts"), hourAgo, hourAgo);
  await using server = await uploadServer({
    channels: { yard: { source: "upload", timezone: "UTC" } },
  });
  server.storage.missing = { reason: "disk-full", detail: "1 MB free" };
  server.footage.failure = new NightjarError("unavailable", "1 MB free");
  await server.reconfigure({ yard: { source: `file://${folder.path}`, timezone: "UTC" } });
  await waitFor("the trouble", () => server.uploads.status("yard")?.trouble !== undefined);
  expect(server.uploads.status("yard")?.trouble).toMatchObject({ reason: "disk-full", isOfStorage: true });
});
