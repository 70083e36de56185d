import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { FakeClock } from "../support/fake-clock.ts";
import { Nightjar } from "../support/nightjar.ts";
import { freePort } from "../support/ports.ts";
import { finished } from "../support/processes.ts";
import { tempFolder, type TempFolder } from "../support/temp.ts";
import { tsClip } from "../support/ts-clip.ts";
import { waitFor } from "../support/wait.ts";

const DATE = "2026-11-19";
const MINUTE_SECONDS = 60;

type ShownJob = {
  id: number;
  state: string;
  progress: number;
  attempt: number;
  link: string | null;
  error: string;
};

let folder: TempFolder;
let server: Nightjar;
let listen = "";

const start = (): Promise<Nightjar> =>
  Nightjar.start({
    folder: folder.path,
    config: {
      listen,
      timezone: "UTC",
      // By night only; what a person waits for is not bound to it.
      jobs: { window: "00:00-00:01" },
      channels: { garage: { source: "upload" } },
    },
  });

beforeAll(async () => {
  folder = await tempFolder();
  listen = `127.0.0.1:${await freePort()}`;
  server = await start();
  const clip = await tsClip({ seconds: MINUTE_SECONDS, kilobitsPerSecond: 800, size: "640x360" });
  const sent = await server.fetch(`/garage/${DATE}/video_120000.ts`, { method: "PUT", body: clip });
  expect(sent.status).toBeLessThan(300);
}, 60_000);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** Has a clip encoded that takes some seconds; its job. */
async function beginClip(): Promise<ShownJob> {
  const body = { from: `${DATE}T12:00:00`, to: `${DATE}T12:01:00`, height: 240, clock: true };
  const response = await server.fetch("/api/channels/garage/clips", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  expect([response.status, text]).toEqual([202, text]);
  return JSON.parse(text).job;
}

const jobOf = async (id: number): Promise<ShownJob> => JSON.parse(await server.text(`/api/jobs/${id}`));

const underWay = (id: number): Promise<ShownJob> =>
  waitFor(
    `job ${id} under way`,
    async () => {
      const job = await jobOf(id);
      if (job.state !== "running" && job.state !== "queued") throw new Error(JSON.stringify(job));
      return job.progress > 0.02 && job.progress < 0.9 && encoders().length > 0 && job;
    },
    { timeoutMs: 30_000, everyMs: 20 },
  );

const ended = (id: number): Promise<ShownJob> =>
  waitFor(
    `the end of job ${id}`,
    async () => {
      const job = await jobOf(id);
      return !["queued", "running"].includes(job.state) && job;
    },
    { timeoutMs: 90_000, everyMs: 100 },
  );

const encoders = (): { pid: number; command: string }[] =>
  server.processes().filter(({ command }) => command.includes("libx264"));

const niceOf = async (pid: number): Promise<number> => {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16]);
};

/** Length in seconds of the film that a job made. */
async function lengthOf(job: ShownJob): Promise<number> {
  const clips = join(folder.path, "data/archive/garage/clips");
  const films = (await readdir(clips)).filter((name) => name.endsWith(".mp4"));
  expect(films).toHaveLength(1);
  expect(job).toMatchObject({ state: "done", progress: 1, error: null });
  expect((await server.fetch(job.link ?? "")).status).toBe(200);
  const probe = "ffprobe -v error -show_entries format=duration -of csv=p=0".split(" ");
  return Number((await finished([...probe, join(clips, films[0] ?? "")])).stdout);
}

test("a job survives kill -9 and a stop; nothing of it is left behind, and its film is whole", async () => {
  const { id } = await beginClip();
  await underWay(id);
  const [encoder] = encoders();
  expect(await niceOf(encoder?.pid ?? 0)).toBe(19);
  await server.kill();
  await server.nothingLeft();
  server = await start();
  await underWay(id);
  expect((await jobOf(id)).attempt).toBe(2);
  const stopped = await server.stop();
  expect(stopped.code).toBe(0);
  expect(stopped.tookMs).toBeLessThan(5000);
  await server.nothingLeft();
  server = await start();
  await underWay(id);
  // A stop is no attempt.
  expect((await jobOf(id)).attempt).toBe(2);
  expect(Math.abs((await lengthOf(await ended(id))) - MINUTE_SECONDS)).toBeLessThan(0.5);
}, 180_000);

test("a job that is cancelled leaves nothing behind, and is begun anew from the page", async () => {
  const { id } = await beginClip();
  await underWay(id);
  const cancelled = await server.fetch(`/-/jobs/${id}/cancel`, { method: "POST", redirect: "manual" });
  expect([cancelled.status, cancelled.headers.get("location")]).toEqual([303, "/jobs"]);
  expect((await jobOf(id)).state).toBe("cancelled");
  expect(encoders()).toEqual([]);
  const clips = await readdir(join(folder.path, "data/archive/garage/clips"), { recursive: true });
  expect(clips.filter((name) => name.includes("."))).toHaveLength(1);
  expect(await server.text("/jobs")).toContain("Try again");
  await server.fetch(`/-/jobs/${id}/retry`, { method: "POST", redirect: "manual" });
  await underWay(id);
  expect((await server.fetch(`/api/jobs/${id}/cancel`, { method: "POST" })).status).toBe(200);
}, 60_000);

test("the executable knows when its schedules come next", async () => {
  const { schedules } = JSON.parse(await server.text("/api/schedules"));
  const names = schedules.map(({ name }: { name: string }) => name);
  expect(names).toContain("jobs");
  expect(names).toContain("timelapses");
  for (const { name, nextMs } of schedules) {
    expect(nextMs, name).toBeGreaterThan(Date.now() - 1000);
    expect(nextMs, name).toBeLessThan(Date.now() + 86_400_000);
  }
});

test("a schedule is kept by the executable's clock", async () => {
  await using own = await tempFolder();
  const clock = new FakeClock(own.path);
  const untilMs = 3_600_000 - (clock.nowMs % 3_600_000) + 5 * MINUTE_SECONDS * 1000;
  clock.set(untilMs - 4000);
  const dueMs = Math.ceil(clock.nowMs / 60_000) * 60_000;
  await using machine = await Nightjar.start({
    folder: own.path,
    config: { timezone: "UTC" },
    env: clock.env,
  });
  const seen = await waitFor(
    "the timelapses' time",
    async () => {
      const { schedules } = JSON.parse(await machine.text("/api/schedules"));
      const found = schedules.find(({ name }: { name: string }) => name === "timelapses");
      return found.lastMs >= dueMs && found;
    },
    { timeoutMs: 20_000 },
  );
  expect(new Date(seen.nextMs).toISOString()).toMatch(/T\d\d:05:00/);
  expect(seen.nextMs - dueMs).toBe(3_600_000);
}, 40_000);
