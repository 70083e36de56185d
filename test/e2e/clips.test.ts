import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { z } from "zod";
import { TimeCamera } from "../rtsp/time-camera.ts";
import { waitForRecording } from "../support/channels.ts";
import { lengthOfPictures } from "../support/moment-check.ts";
import { Nightjar } from "../support/nightjar.ts";
import { takenTimes } from "../support/picture-time.ts";
import { finished } from "../support/processes.ts";
import { freePort } from "../support/ports.ts";
import { tempFolder, type TempFolder } from "../support/temp.ts";
import { waitFor } from "../support/wait.ts";

/** The server dates pictures by when they arrive, and a busy camera does not take them evenly. */
const RIGHT_MS = 600;

const jobAnswer = z.object({ job: z.object({ id: z.number(), title: z.string() }) });
const jobState = z.object({ state: z.string(), link: z.string().nullable(), error: z.string().nullable() });
const spanAnswer = z.object({
  recorded_seconds: z.number(),
  size_bytes: z.number(),
  holes: z.number(),
  downloads: z.array(z.object({ ending: z.string(), path: z.string() })),
});

/** Average brightness of a part of a film's first picture, from 0 to 255. */
async function brightness(url: string, crop: string): Promise<number> {
  const filters = `${crop},signalstats,metadata=print:file=-`;
  const { stdout } = await finished([
    "ffmpeg",
    "-v",
    "error",
    "-i",
    url,
    "-vf",
    filters,
    "-frames:v",
    "1",
    "-f",
    "null",
    "-",
  ]);
  return Number(/YAVG=([\d.]+)/.exec(stdout)?.[1]);
}

describe("clips of a span with a gap in it", () => {
  let folder: TempFolder;
  let camera: TimeCamera;
  let server: Nightjar;
  let span: { from: number; to: number };

  const post = (path: string, body: unknown) =>
    server.fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });

  /** Has a clip made of the span; answers its address. */
  async function clipOf(wanted: Record<string, unknown>): Promise<string> {
    const { from, to } = span;
    const answer = await post("/api/channels/cam/clips", { from: `${from}`, to: `${to}`, ...wanted });
    expect(answer.status).toBe(202);
    const { job } = jobAnswer.parse(await answer.json());
    let state: z.infer<typeof jobState> | undefined;
    await waitFor(
      job.title,
      async () => {
        state = jobState.parse(JSON.parse(await server.text(`/api/jobs/${job.id}`)));
        return state.state === "done" || state.state === "failed";
      },
      { timeoutMs: 60_000 },
    );
    expect(state).toMatchObject({ state: "done", error: null });
    return server.url + (state?.link ?? "");
  }

  beforeAll(async () => {
    folder = await tempFolder();
    const port = await freePort();
    camera = await TimeCamera.start({ port });
    const channels = { cam: { source: camera.url } };
    server = await Nightjar.start({ folder: folder.path, config: { channels, timezone: "Europe/Berlin" } });
    await waitForRecording(server, ["cam"], { withFootage: true });
    const from = Date.now();
    await Bun.sleep(4000);
    await camera[Symbol.asyncDispose]();
    camera = await TimeCamera.start({ port });
    await waitFor(
      "footage after the gap",
      async () => {
        const facts = spanAnswer.parse(
          JSON.parse(await server.text(`/api/channels/cam/span?from=${from}&to=${Date.now()}`)),
        );
        return facts.holes === 1 && facts.recorded_seconds > 8;
      },
      { timeoutMs: 30_000 },
    );
    span = { from: from + 1000, to: Date.now() - 1000 };
    await Bun.sleep(3000);
  }, 90_000);
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await camera[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  test("are exact to a picture, pass over the gap, and have the time in them", async () => {
    const facts = spanAnswer.parse(
      JSON.parse(await server.text(`/api/channels/cam/span?from=${span.from}&to=${span.to}`)),
    );
    expect(facts.holes).toBe(1);
    expect(facts.downloads.map(({ ending }) => ending)).toEqual(["mp4"]);
    const url = await clipOf({ clock: true });
    const taken = await takenTimes(url);
    expect(Math.abs(taken[0]! - span.from)).toBeLessThan(RIGHT_MS);
    expect(Math.abs(taken.at(-1)! - span.to)).toBeLessThan(RIGHT_MS);
    expect(Math.abs((await lengthOfPictures(url)) - facts.recorded_seconds * 1000)).toBeLessThan(300);
    // The clock stands at the bottom on the left, white on black: above a plain moving pattern it changes the brightness.
    expect(await brightness(url, "crop=150:16:8:ih-24")).toBeLessThan(
      (await brightness(url, "crop=150:16:400:ih-24")) - 10,
    );
  }, 90_000);

  test("are smaller pictures in H.265, or what was recorded as it is", async () => {
    const small = await clipOf({ codec: "h265", height: 180 });
    const entries = ["-show_entries", "stream=codec_name,height,codec_tag_string", "-of", "csv=p=0"];
    const { stdout } = await finished([
      "ffprobe",
      "-v",
      "error",
      "-select_streams",
      "v:0",
      ...entries,
      small,
    ]);
    expect(stdout.trim()).toBe("hevc,hvc1,180");
    const copy = await clipOf({ codec: "copy" });
    const taken = await takenTimes(copy);
    expect(taken[0]!).toBeLessThan(span.from + RIGHT_MS);
    expect(taken.at(-1)!).toBeGreaterThan(span.to - RIGHT_MS);
    expect(await server.text("/-/clips")).toContain("Download MP4: cam");
  }, 90_000);

  test.each([
    [{ to: "1" }, 400, "to"],
    [{ to: "4000000000" }, 400, "a time that is over"],
    [{ codec: "vp8" }, 422, "codec"],
    [{ height: 101 }, 422, "height is 101; wanted: an even number"],
    [{ codec: "copy", clock: true }, 400, "without encoding anew"],
  ])("%j is no clip: %d", async (wanted, status, words) => {
    const answer = await post("/api/channels/cam/clips", {
      from: `${span.from}`,
      to: `${span.to}`,
      ...wanted,
    });
    expect(answer.status).toBe(status);
    expect(await answer.text()).toContain(words);
  });

  test("a span is locked from its day's page, listed with why, and released", async () => {
    const form = (fields: Record<string, string>) => ({
      method: "POST",
      body: new URLSearchParams(fields),
      redirect: "manual" as const,
    });
    const times = { from: `${span.from}`, to: `${span.to}` };
    const locked = await server.fetch("/-/spans/cam/lock", form({ ...times, why: "A <van> in the yard" }));
    expect(await locked.text()).toContain("It is locked");
    const page = await server.text("/-/locks");
    expect(page).toContain("A &lt;van> in the yard");
    expect(page.match(/Release it/g)).toHaveLength(1);
    const lock = /name="lock" value="([^"]+)"/.exec(page)?.[1] ?? "";
    expect(await server.text("/cam")).toContain('class="bar-lock"');
    const released = await server.fetch("/-/locks/release", form({ channel: "cam", lock }));
    expect(released.status).toBe(303);
    expect(await server.text("/-/locks")).toContain("Nothing is locked");
  });
});

test("a clip of an MP4 whose pictures are shown in another order than they are decoded has all of its pictures", async () => {
  await using folder = await tempFolder();
  const channels = { gate: { source: "upload" } };
  await using server = await Nightjar.start({ folder: folder.path, config: { channels, timezone: "UTC" } });
  const film = folder.file("film.mp4");
  const pictures = "-f lavfi -i testsrc2=s=320x180:r=10:d=10 -c:v libx264 -bf 2 -g 20";
  const made = await finished(["ffmpeg", "-v", "error", ...pictures.split(" "), film]);
  expect(made.stderr).toBe("");
  const sent = await server.fetch("/gate/2026-11-19/video_120000.mp4", {
    method: "PUT",
    body: Bun.file(film),
  });
  expect(sent.status).toBe(201);
  const body = JSON.stringify({ from: "2026-11-19T12:00:00Z", to: "2026-11-19T12:00:05Z" });
  const headers = { "content-type": "application/json" };
  const job = await waitFor("the clip", async () => {
    const asked = await server.fetch("/api/channels/gate/clips", { method: "POST", headers, body });
    return asked.status === 202 && jobAnswer.parse(await asked.json()).job;
  });
  const { link } = await waitFor(
    "the end of the clip",
    async () => {
      const state = jobState.parse(JSON.parse(await server.text(`/api/jobs/${job.id}`)));
      return state.state === "done" && state;
    },
    { timeoutMs: 40_000 },
  );
  expect(await lengthOfPictures(server.url + link)).toBeCloseTo(5000, 0);
  const count = "-v error -count_packets -show_entries stream=nb_read_packets -of csv=p=0".split(" ");
  expect((await finished(["ffprobe", ...count, server.url + link])).stdout.trim()).toBe("50");
}, 60_000);
