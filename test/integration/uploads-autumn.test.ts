import { expect, test } from "bun:test";
import { finished } from "../support/processes.ts";
import { tempFolder } from "../support/temp.ts";
import { clip, clockAt, uploadServer } from "./uploads-support.ts";

/** Berlin's clocks go back on 25 October 2026, at 01:00 UTC, from 03:00 to 02:00. */
const utc = (time: string): number => Date.parse(`2026-10-25T${time}Z`);

/** Two seconds of MPEG-TS whose own clock reads so many seconds at the start. */
async function clipAt(seconds: number): Promise<Uint8Array<ArrayBuffer>> {
  await using folder = await tempFolder();
  await Bun.write(folder.file("in.ts"), await clip(2));
  const argv = `ffmpeg -nostdin -v error -i ${folder.file("in.ts")} -c copy -output_ts_offset ${seconds} -f mpegts`;
  const { code, stderr } = await finished([...argv.split(" "), folder.file("out.ts")]);
  if (code !== 0) throw new Error(stderr);
  return await Bun.file(folder.file("out.ts")).bytes();
}

/** A camera whose clock began at midnight UTC before; 10,000 s are added so that it does not begin at zero. */
const at = (time: string): Promise<Uint8Array<ArrayBuffer>> =>
  clipAt(10_000 + (utc(time) - Date.parse("2026-10-24T00:00:00Z")) / 1000);

const SECOND = "2026-10-25/video_023000+0100.ts";
const FIRST = "2026-10-25/video_023000.ts";

test("the source's clock tells the hours apart, in whatever order they come", async () => {
  await using server = await uploadServer({ clock: clockAt(utc("12:00:00")) });
  const put = async (name: string, time: string) =>
    (await server.put(`/garage/2026-10-25/video_${name}.ts`, await at(time)))?.status;
  for (const [name, time] of [
    ["012000", "23:20:00"],
    ["013000", "23:30:00"],
  ] as const) {
    const body = await clipAt(
      10_000 + (Date.parse(`2026-10-24T${time}Z`) - Date.parse("2026-10-24T00:00:00Z")) / 1000,
    );
    expect((await server.put(`/garage/2026-10-25/video_${name}.ts`, body))?.status).toBe(201);
  }
  expect(await put("023000", "01:30:00")).toBe(201);
  expect(await put("023000", "00:30:00")).toBe(201);
  expect(await put("023000", "01:30:00")).toBe(204);
  expect(await put("023000", "00:30:00")).toBe(204);
  expect(server.footage.all("garage").slice(2)).toMatchObject([
    { name: FIRST, startMs: utc("00:30:00") },
    { name: SECOND, startMs: utc("01:30:00") },
  ]);
});

test.each([
  ["in the first hour", "00:30:15", [FIRST]],
  ["right after the second hour's file ended", "01:30:15", [SECOND]],
  ["hours later", "07:00:00", [FIRST]],
])("a source without a running clock: sent %s", async (_, time, names) => {
  await using server = await uploadServer({ clock: clockAt(utc(time)) });
  expect((await server.put(`/garage/${FIRST}`, await clip(2)))?.status).toBe(201);
  expect(server.footage.all("garage").map(({ name }) => name)).toEqual(names);
});

test("hours later, other bytes of the same name are the second hour's, and equal ones are what is there", async () => {
  await using server = await uploadServer({ clock: clockAt(utc("07:00:00")) });
  expect((await server.put(`/garage/${FIRST}`, await clip(2)))?.status).toBe(201);
  expect((await server.put(`/garage/${FIRST}`, await clip(3)))?.status).toBe(201);
  expect((await server.put(`/garage/${FIRST}`, await clip(3)))?.status).toBe(204);
  expect(server.footage.all("garage").map(({ name, startMs }) => [name, startMs])).toEqual([
    [FIRST, utc("00:30:00")],
    [SECOND, utc("01:30:00")],
  ]);
});
