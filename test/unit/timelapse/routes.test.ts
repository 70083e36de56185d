import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Elysia } from "elysia";
import { errorAnswer, errorResponse, plainErrorPage } from "../../../src/access/error-answer.ts";
import type { Clip, Clips } from "../../../src/clips/clip.ts";
import type { Jobs } from "../../../src/jobs/job-kind.ts";
import { timelapseRoutes } from "../../../src/timelapse/routes.ts";
import { MemoryFootage, StandingClock } from "../../support/memory-footage.ts";
import { tempFolder, type TempFolder } from "../../support/temp.ts";

const day = (localTime: string, more: Partial<Clip> = {}): Clip => ({
  kind: "timelapse",
  channel: "front-door",
  startMs: Date.parse(localTime.slice(0, 10)),
  endMs: Date.parse(localTime.slice(0, 10)) + 86_400_000,
  localTime,
  isWholeDay: true,
  sizeBytes: 5,
  createdMs: 0,
  hasGif: false,
  isAdopted: true,
  ...more,
});

describe("timelapses at the addresses of the camera tool", () => {
  let folder: TempFolder;
  const own = day("2026-06-18", { id: 7, isAdopted: false });
  const films = [
    day("2026-11-02"),
    own,
    day("2026-06-18"),
    day("2026-06-18T10:00:00", { id: 8, isAdopted: false, isWholeDay: false }),
  ];
  const clips = {
    list: () => films,
    path: ({ id, localTime }: Clip) => folder.file(`${id ?? "tool"}-${localTime}.mp4`),
  } as unknown as Clips;
  const app = new Elysia()
    .onError({ as: "global" }, ({ request, code, error }) =>
      errorResponse(request, errorAnswer(code, error), plainErrorPage),
    )
    .use(
      timelapseRoutes({
        clips,
        footage: new MemoryFootage(),
        jobs: {} as Jobs,
        clock: new StandingClock(0),
      }),
    );
  const ask = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    Promise.resolve(app.handle(new Request(`http://localhost${path}`, { headers })));

  beforeAll(async () => {
    folder = await tempFolder();
    await Bun.write(folder.file("7-2026-06-18.mp4"), "ours");
    await Bun.write(folder.file("tool-2026-06-18.mp4"), "theirs");
    await Bun.write(folder.file("tool-2026-11-02.mp4"), "another");
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  test("each day is listed once, in order, whoever made its film", async () => {
    expect(await (await ask("/front-door/timelapse")).json()).toEqual([
      [2026, 6, 18],
      [2026, 11, 2],
    ]);
  });

  test("a day is found padded or not; our film before another's", async () => {
    for (const path of ["2026/6/18", "2026/06/18"])
      expect(await (await ask(`/Front-Door/timelapse/${path}`)).text()).toBe("ours");
    const adopted = await ask("/front-door/timelapse/2026/11/2?download=1", { range: "bytes=0-2" });
    expect([adopted.status, await adopted.text()]).toEqual([206, "ano"]);
    expect(adopted.headers.get("content-disposition")).toBe(
      'attachment; filename="front-door_timelapse_2026-11-02.mp4"',
    );
  });

  test.each([
    ["/front-door/timelapse/2026/6/19", 404, "2026-06-18"],
    ["/front-door/timelapse/2026/2/30", 400, "2026/2/30"],
    ["/front-door/timelapse/2026/x/1", 400, "wanted"],
    ["/nowhere/timelapse", 404, "nowhere"],
    ["/nowhere/timelapse/2026/6/18", 404, "nowhere"],
  ])("%s is a %d that says why", async (path, status, said) => {
    const answer = await ask(path);
    expect([answer.status, await answer.text()]).toEqual([status, expect.stringContaining(said)]);
  });
});
