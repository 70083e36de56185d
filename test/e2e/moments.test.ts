import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { z } from "zod";
import { TimeCamera } from "../rtsp/time-camera.ts";
import { waitForRecording } from "../support/channels.ts";
import { faultsOf, lengthOfPictures, makeMoment, uploadNewest } from "../support/moment-check.ts";
import { Nightjar } from "../support/nightjar.ts";
import { tempFolder, type TempFolder } from "../support/temp.ts";
import { waitFor } from "../support/wait.ts";

/** Ten encoders leave the camera and the server little of it. */
const CROWDED_MS = 2500;

const jobAnswer = z.object({ job: z.object({ id: z.number(), who: z.string() }) });
const jobState = z.object({ state: z.string(), link: z.string().nullable() });

describe("moments of a camera whose pictures say when they were taken", () => {
  let folder: TempFolder;
  let camera: TimeCamera;
  let server: Nightjar;

  beforeAll(async () => {
    folder = await tempFolder();
    camera = await TimeCamera.start();
    const channels = { cam: { source: camera.url }, idle: { source: "rtsp://127.0.0.1:9/none" } };
    server = await Nightjar.start({ folder: folder.path, config: { channels, timezone: "Europe/Berlin" } });
    await waitForRecording(server, ["cam"], { withFootage: true });
    await Bun.sleep(6000);
  }, 60_000);
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await camera[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  test("show the asked window, exact to one picture, as GIF and MP4", async () => {
    const usual = await makeMoment(server, "cam");
    expect(usual.type).toBe("image/gif");
    expect(faultsOf(usual, 5)).toEqual([]);
    const later = await makeMoment(server, "cam", { length: 4, delay: 6 });
    expect(faultsOf(later, 4)).toEqual([]);
    expect(later.address).not.toBe(usual.address);
  }, 60_000);

  test("ten at once on one channel are ten films", async () => {
    const made = await Promise.all(
      Array.from({ length: 10 }, () => makeMoment(server, "cam", { length: 4, delay: 0 })),
    );
    expect(made.map((moment) => faultsOf(moment, 4, CROWDED_MS))).toEqual(made.map(() => []));
    expect(new Set(made.map(({ address }) => address)).size).toBe(10);
  }, 120_000);

  test("are listed by their times, padded or not, with the newest GIF at an address of its own", async () => {
    const list = z.array(z.array(z.int()).length(6)).parse(JSON.parse(await server.text("/cam/moment/list")));
    expect(list).toHaveLength(12);
    const padded = list[0]!.map((number, index) => String(number).padStart(index === 0 ? 4 : 2, "0"));
    for (const time of [list[0]!, padded]) {
      const film = await server.fetch(`/cam/moment/list/${time.join("/")}`);
      expect([film.status, film.headers.get("content-type")]).toEqual([200, "video/mp4"]);
      expect((await film.bytes()).length).toBeGreaterThan(10_000);
    }
    const gif = await server.fetch("/cam/moment/gif/");
    expect(new TextDecoder().decode((await gif.bytes()).subarray(0, 6))).toBe("GIF89a");
    expect(await server.text("/moments")).toContain("Download MP4: cam");
  });

  test("are jobs for those who ask for JSON", async () => {
    const answer = await server.fetch("/cam/moment/generate/4", { headers: { accept: "application/json" } });
    expect(answer.status).toBe(202);
    const { job } = jobAnswer.parse(await answer.json());
    // Not the clock's, which would wait while recording falls behind.
    expect(job.who).not.toBe("");
    let link: string | null = null;
    await waitFor("the moment", async () => {
      const found = jobState.parse(JSON.parse(await server.text(`/api/jobs/${job.id}`)));
      link = found.link;
      return found.state === "done";
    });
    expect(link).toMatch(/^\/-\/clips\/\d+\.mp4$/);
    const removed = await server.fetch(`/api/clips/${/\d+/.exec(link ?? "")?.[0]}`, { method: "DELETE" });
    expect(removed.status).toBe(204);
    expect((await server.fetch(link ?? "")).status).toBe(404);
  }, 30_000);

  test.each([
    ["/cam/moment/generate/3", 400, "length"],
    ["/cam/moment/generate/21", 400, "length"],
    ["/cam/moment/generate/5.5", 400, "length"],
    ["/cam/moment/generate/5/11", 400, "delay"],
    ["/cam/moment/generate/5/-1", 400, "delay"],
    ["/nobody/moment/generate", 404, "nobody"],
    ["/idle/moment/generate", 404, "idle"],
    ["/idle/moment/gif", 404, "idle"],
    ["/cam/moment/list/2026/13/1/0/0/0", 400, "time"],
    ["/cam/moment/list/2001/1/1/0/0/0", 404, "2001"],
  ])("%s is %d and says why", async (path, status, words) => {
    const answer = await server.fetch(path);
    expect(answer.status).toBe(status);
    expect(await answer.text()).toContain(words);
  });

  test("no page of another site makes one, not by GET either; HEAD makes none", async () => {
    const before = await server.text("/cam/moment/list");
    for (const site of ["cross-site", "same-site"]) {
      const answer = await server.fetch("/cam/moment/generate", { headers: { "sec-fetch-site": site } });
      expect(answer.status).toBe(403);
    }
    // What a browser says of a picture in a page, over plain HTTP.
    const referer = "http://elsewhere.example/page";
    expect((await server.fetch("/cam/moment/generate", { headers: { referer } })).status).toBe(403);
    const head = await server.fetch("/cam/moment/generate", { method: "HEAD" });
    expect(head.headers.get("content-type")).toBe("image/gif");
    expect(await server.text("/cam/moment/list")).toBe(before);
    expect(await server.text("/api/jobs?state=running,queued")).not.toContain('"kind":"moment"');
  });
});

describe("moments of other footage than that of cameras", () => {
  test("of files that were uploaded", async () => {
    await using folder = await tempFolder();
    const channels = { gate: { source: "upload" } };
    await using server = await Nightjar.start({ folder: folder.path, config: { channels, timezone: "UTC" } });
    await uploadNewest(server, "gate", folder.file("part.ts"), 10);
    const whole = await server.fetch("/gate/moment/generate", { method: "POST" });
    expect([whole.status, whole.headers.get("x-missing-seconds")]).toEqual([200, null]);
    const length = await lengthOfPictures(server.url + (whole.headers.get("content-location") ?? ""));
    expect(Math.abs(length - 5000)).toBeLessThan(50);
  }, 30_000);
});
