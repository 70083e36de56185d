import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import type { AnyElysia } from "elysia";
import type { Role } from "../../../src/access/policy.ts";
import { buildApp } from "../../../src/app.ts";
import { jobRoutes } from "../../../src/jobs/routes.ts";
import { Schedules } from "../../../src/jobs/schedules.ts";
import { loadAssets } from "../../../src/pages/assets.ts";
import { jobsPages } from "../../../src/pages/jobs-pages.ts";
import { siteOf } from "../../../src/pages/site.ts";
import { parseDailySpan } from "../../../src/platform/daily-span.ts";
import { NightjarError } from "../../../src/platform/errors.ts";
import { tempFolder, type TempFolder } from "../../support/temp.ts";
import { JobRig } from "../jobs/rig.ts";
import { builtAssets, evil, now, worldOf } from "./pages-app.ts";

// Databases that sync each commit, on a machine that may have a lot to do.
setDefaultTimeout(30_000);

let folder: TempFolder;
let assetFolder: TempFolder;
let rig: JobRig;
let app: AnyElysia;
let role: Role;

beforeEach(async () => {
  folder = await tempFolder();
  assetFolder = await builtAssets();
  rig = new JobRig(folder.file("state.db"), now);
  role = "operator";
  await openApp();
  rig.queue.start();
});

/** The pages over the queue as it is now. */
async function openApp(): Promise<void> {
  const { clock } = rig.machine.start();
  const assets = await loadAssets(assetFolder.file("public"));
  const schedules = new Schedules({ clock, zone: "Europe/Berlin" });
  schedules.on("jobs", () => rig.queue.dropOld());
  const site = siteOf({
    assets,
    version: "1.2.3",
    zone: "Europe/Berlin",
    auth: "accounts",
    runningJobs: () => rig.queue.counts().running,
  });
  const jobs = rig.queue;
  app = buildApp({
    playback: { footage: worldOf(), clock, segmentTargetMs: 2000 },
    hosts: { isLoopbackOnly: true },
    identify: () => ({ role, name: "ann", how: "session" }),
    controllers: [
      jobRoutes({ jobs, schedules }),
      jobsPages({
        site,
        jobs,
        schedules,
        clock,
        footage: worldOf(),
        window: () => parseDailySpan("22:00-06:00"),
      }),
    ],
  });
}

afterEach(async () => {
  rig.kill();
  await folder[Symbol.asyncDispose]();
  await assetFolder[Symbol.asyncDispose]();
});

const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
  app.handle(new Request(`http://localhost${path}`, init));
const post = (path: string, headers: Record<string, string> = {}) => ask(path, { method: "POST", headers });
const textOf = async (path: string, headers: Record<string, string> = {}): Promise<string> =>
  (await ask(path, { headers })).text();
const jsonOf = async (response: Response | Promise<Response>) => (await response).json();

/** A job that is done, one that failed, one that runs and one that waits. */
async function fourJobs(): Promise<void> {
  for (const text of ["one", "two"]) {
    rig.queue.add({ kind: "moment", payload: { text }, channel: "yard", who: "ann" });
  }
  await rig.pass(1);
  rig.of("one").finish({ path: "/secret/path" });
  rig.of("two").fail(new Error(`It broke ${evil}`));
  await rig.machine.settled();
  await rig.pass(90);
  rig.queue.add({ kind: "moment", payload: { text: evil }, who: "" });
  rig.queue.add({ kind: "moment", payload: { text: "four" }, who: "", notBeforeMs: now + 3_600_000 });
  await rig.pass(1);
  const { run } = rig.of(evil);
  run.progress(0, "");
  await rig.pass(10);
  run.progress(0.42, `Reads ${evil}`);
}

test("the API tells of jobs by their titles, never by what they were given or gave", async () => {
  await fourJobs();
  const text = await textOf("/api/jobs");
  expect(text).not.toContain("secret");
  expect(text).not.toContain("payload");
  const { jobs } = JSON.parse(text);
  expect(jobs.map(({ id, state }: { id: number; state: string }) => `${id} ${state}`)).toEqual([
    "4 queued",
    "3 running",
    "2 failed",
    "1 done",
  ]);
  expect(await jsonOf(ask("/api/jobs/1"))).toEqual({
    id: 1,
    kind: "moment",
    channel: "yard",
    title: "The moment one",
    state: "done",
    progress: 1,
    note: "",
    leftMs: null,
    error: null,
    link: "/films/one",
    deleted: false,
    attempt: 1,
    who: "ann",
    createdMs: now,
    notBeforeMs: now,
    startedMs: now + 1000,
    endedMs: now + 1000,
  });
  expect(await jsonOf(ask("/api/jobs/3"))).toMatchObject({ progress: 0.42, leftMs: expect.any(Number) });
  role = "viewer";
  expect(await jsonOf(ask("/api/jobs/1"))).not.toHaveProperty("who");
});

test("the list is chosen by state, kind, channel and number; what can't be chosen by is said", async () => {
  await fourJobs();
  const ids = async (query: string) =>
    (await jsonOf(ask(`/api/jobs?${query}`))).jobs.map(({ id }: { id: number }) => id);
  expect(await ids("state=queued,running")).toEqual([4, 3]);
  expect(await ids("channel=yard&limit=1")).toEqual([2]);
  expect(await ids("kind=ageing")).toEqual([]);
  expect(await ids("state=&kind=&channel=&limit=")).toEqual([4, 3, 2, 1]);
  for (const query of ["state=finished", "kind=hologram", "limit=0", "limit=1001", "limit=-1", "limit=x"]) {
    const response = await ask(`/api/jobs?${query}`, { headers: { accept: "application/json" } });
    expect(response.status).toBe(400);
    expect((await jsonOf(response)).message).toContain("wanted");
  }
});

test.each(["0", "-1", "99", "1x", "9".repeat(400), "%00", "1.0"])("there is no job %p", async (id) => {
  expect((await ask(`/api/jobs/${id}`)).status).toBe(404);
  expect((await post(`/api/jobs/${id}/cancel`)).status).toBe(404);
  expect((await post(`/-/jobs/${id}/retry`)).status).toBe(404);
});

test("jobs are cancelled and begun anew by those who may, and not twice", async () => {
  await fourJobs();
  role = "viewer";
  for (const path of ["/api/jobs/3/cancel", "/api/jobs/2/retry", "/-/jobs/3/cancel", "/-/jobs/2/retry"]) {
    expect((await post(path)).status).toBe(403);
  }
  role = "operator";
  expect(await jsonOf(post("/api/jobs/3/cancel"))).toMatchObject({ id: 3, state: "cancelled" });
  expect((await post("/api/jobs/3/cancel")).status).toBe(409);
  expect(await jsonOf(post("/api/jobs/2/retry"))).toMatchObject({ id: 2, state: "queued", error: null });
  expect((await post("/api/jobs/2/retry")).status).toBe(409);
  expect((await post("/api/jobs/4/cancel", { "sec-fetch-site": "cross-site" })).status).toBe(403);
});

test("the page shows what runs, waits and has ended, and what the clock does", async () => {
  expect(await textOf("/jobs")).toContain("There are no jobs yet");
  await fourJobs();
  const page = await textOf("/jobs");
  expect(page).toContain('aria-current="page">Jobs<span class="count">1<');
  expect(page).toContain('<progress value="42" max="100"');
  expect(page).toMatch(/42 %, 1\d s left/);
  expect(page).toContain("Begins at 17:00");
  expect(page).toContain("Done 16:00, took under 1 s");
  expect(page).toContain('<a href="/films/one" aria-label="Show The moment one">');
  expect(page).toContain("Failed 16:00: It broke");
  expect(page).toContain('<a href="/yard">Yard</a>');
  expect(page).toContain("Heavy work is done between 22:00 and 06:00");
  expect(page).toContain("Forgets jobs that ended weeks ago");
  expect(page).not.toContain("<script>alert");
  expect(page).not.toContain("secret");
  expect(page.match(/action="[^"]*"/g)).toEqual([
    'action="/-/jobs/3/cancel"',
    'action="/-/jobs/4/cancel"',
    'action="/-/jobs/2/retry"',
  ]);
  role = "viewer";
  expect(await textOf("/jobs")).not.toContain("<form");
});

test("buttons work without scripts, and with them renew the part that changes", async () => {
  await fourJobs();
  const plain = await post("/-/jobs/4/cancel");
  expect([plain.status, plain.headers.get("location")]).toEqual([303, "/jobs"]);
  const again = await post("/-/jobs/4/cancel");
  expect(again.status).toBe(409);
  expect(await again.text()).toContain("Job 4 has ended already: it was cancelled.");
  const part = await post("/-/jobs/2/retry", { "hx-request": "true" });
  expect(part.status).toBe(200);
  const text = await part.text();
  expect(text).not.toContain("<html");
  expect(text).toContain("The moment two");
  expect(await textOf("/jobs", { "hx-request": "true" })).not.toContain("<html");
});

test("why it waits for another attempt is told", async () => {
  rig.queue.add({ kind: "moment", payload: { text: "one" }, who: "" });
  await rig.pass(1);
  rig.of("one").fail(new NightjarError("unavailable", "The storage is not there"));
  await rig.machine.settled();
  const page = await textOf("/jobs");
  expect(page).toContain("Is tried again at 16:01");
  expect(page).toContain("It did not work the last time: The storage is not there");
});

test("a job whose film was deleted says so instead of leading to it", async () => {
  await fourJobs();
  rig.of(evil).finish("deleted");
  await rig.machine.settled();
  expect(await jsonOf(ask("/api/jobs/3"))).toMatchObject({ state: "done", link: null, deleted: true });
  const page = await textOf("/jobs");
  expect(page).toContain("Its film was deleted");
  expect(page.match(/>Show</g)).toHaveLength(1);
});

test("of many that wait the next ones are shown, and how many more there are", async () => {
  for (let n = 1; n <= 203; n += 1) {
    rig.queue.add({ kind: "moment", payload: { text: `${n}.` }, who: "", notBeforeMs: now + 3_600_000 });
  }
  const page = await textOf("/jobs");
  expect(page).toContain("The moment 1.<");
  expect(page).toContain("The moment 200.<");
  expect(page).not.toContain("The moment 201.<");
  expect(page).toContain("3 more wait.");
  const numbers = async (query: string) => {
    const { jobs, total } = await jsonOf(ask(`/api/jobs?${query}`));
    return { total, jobs: jobs.map(({ id }: { id: number }) => id) };
  };
  expect(await numbers("state=queued&limit=2")).toEqual({ total: 203, jobs: [203, 202] });
  expect(await numbers("state=queued&limit=2&before=202")).toEqual({ total: 203, jobs: [201, 200] });
  expect(await numbers("state=done&before=2")).toEqual({ total: 0, jobs: [] });
  expect((await ask("/api/jobs?before=x")).status).toBe(400);
});

test("of a job that was interrupted, the page says whether it starts anew", async () => {
  rig.queue.add({ kind: "moment", payload: { text: "a clip" }, channel: "yard", who: "" });
  rig.queue.add({ kind: "ageing", payload: { text: "a day" }, who: "" });
  await rig.pass(1);
  rig.of("a day").run.save({ folder: "somewhere" });
  expect(await textOf("/jobs")).not.toContain("It was begun before");
  rig.kill();
  rig.restart();
  const waiting = rig.queue.list().map(({ title, again }) => [title, again]);
  expect(waiting).toEqual([
    ["The ageing a day", undefined],
    ["The moment a clip", undefined],
  ]);
  rig.channelBeingRead = "yard";
  rig.queue.start();
  const told = () => rig.queue.list().map(({ title, state, again }) => `${title}: ${state}, ${again}`);
  expect(told()).toEqual(["The ageing a day: running, on", "The moment a clip: queued, anew"]);
  rig.channelBeingRead = undefined;
  await rig.pass(2);
  expect(told()).toEqual(["The ageing a day: running, on", "The moment a clip: running, anew"]);
  await openApp();
  const page = await textOf("/jobs");
  expect(page).toContain("It was begun before, and goes on behind what is done.");
  expect(page).toContain("It was begun before, and starts anew.");
});
