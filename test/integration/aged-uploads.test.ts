import { expect, test } from "bun:test";
import { mkdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MemoryFileFootage } from "../support/memory-file-footage.ts";
import { tempFolder } from "../support/temp.ts";
import { waitFor } from "../support/wait.ts";
import { clip, clockAt, uploadServer } from "./uploads-support.ts";

const DATE = "2025-06-01";
/** 14:00 and 15:00 in Berlin. */
const AGED = { fromMs: Date.UTC(2025, 5, 1, 12), toMs: Date.UTC(2025, 5, 1, 13) };

test("what is sent into an aged span is answered as stored, and not stored; what lies beside it is", async () => {
  await using server = await uploadServer({ clock: clockAt(Date.UTC(2025, 5, 4, 12)) });
  server.footage.aged = AGED;
  const body = await clip();
  const sent = await server.put(`/garage/${DATE}/video_143000.ts`, body);
  expect(sent?.status).toBe(204);
  const sidecar = await server.put(`/garage/${DATE}/video_143000.ts.duration`, "1.0");
  expect(sidecar?.status).toBe(204);
  expect(await server.names()).toEqual([]);
  expect((await server.put(`/garage/${DATE}/video_150000.ts`, body))?.status).toBe(201);
  expect(server.footage.all("garage").map(({ name }) => name)).toEqual([`${DATE}/video_150000.ts`]);
});

test("files that lie in an aged span are not taken for new", async () => {
  await using root = await tempFolder();
  const folder = join(root.path, "garage", DATE);
  await mkdir(folder, { recursive: true });
  for (const time of ["143000", "150000"]) {
    const path = join(folder, `video_${time}.ts`);
    await writeFile(path, await clip());
    await utimes(path, AGED.toMs / 1000, AGED.toMs / 1000);
  }
  const footage = new MemoryFileFootage();
  footage.aged = AGED;
  await using _ = await uploadServer({ root: root.path, footage, clock: clockAt(Date.UTC(2025, 5, 4, 12)) });
  await waitFor("a file that was found", () => footage.all("garage").length > 0);
  expect(footage.all("garage").map(({ name }) => name)).toEqual([`${DATE}/video_150000.ts`]);
});
