import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, readdir, readFile, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { playlistOf } from "../support/channels.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { decodeErrors } from "../support/ffmpeg.ts";
import { Nightjar, nightjarCommand, type TestConfig, writeConfig } from "../support/nightjar.ts";
import { finished } from "../support/processes.ts";
import { type Clip, encodeClip } from "../support/recorded-clip.ts";
import { type RecordedStretch, writeDay } from "../support/recorded-day.ts";
import { tempFolder } from "../support/temp.ts";
import { waitFor } from "../support/wait.ts";

setDefaultTimeout(400_000);

const ZONE = "Europe/Berlin";
const HOUR_MS = 3_600_000;
/** What takes the least work for each picture. */
const quick = { after: "1h", codec: "h265", preset: "ultrafast", crf: 32 };
const never = { ...quick, after: "30000d" };

type Spans = [startMs: number, endMs: number][];

/** What a list covers; neighbours nearer than a tenth of a second are one. */
async function spansOf(server: Nightjar, path: string): Promise<Spans> {
  const spans: Spans = [];
  let atMs = 0;
  for (const { programDateTimeMs, durationSeconds } of (await playlistOf(server, path)).segments) {
    const startMs = programDateTimeMs ?? atMs;
    atMs = startMs + durationSeconds * 1000;
    const last = spans.at(-1);
    if (last && startMs - last[1] < 100) last[1] = atMs;
    else spans.push([startMs, atMs]);
  }
  return spans.map(([startMs, endMs]) => [Math.round(startMs / 100) * 100, Math.round(endMs / 100) * 100]);
}

/** Makes footage on a storage that is new, or that is known already. */
async function record(
  archive: string,
  channel: string,
  zone: string,
  stretches: readonly RecordedStretch[],
): Promise<void> {
  const idFile = join(archive, ".nightjar-storage.json");
  await mkdir(archive, { recursive: true });
  const known: unknown = await readFile(idFile, "utf8").then(JSON.parse, () => undefined);
  const root = known === undefined ? crypto.randomUUID() : String(Reflect.get(known as object, "id"));
  if (known === undefined) await Bun.write(idFile, JSON.stringify({ id: root, format: 1 }));
  await writeDay({ archive, root, channel, zone, stretches });
}

async function run(folder: string, ...args: string[]): Promise<void> {
  const { code, stdout, stderr } = await nightjarCommand(args, { folder, timeoutMs: 60_000 });
  if (code !== 0) throw new Error(`${args.join(" ")}: ${stdout}\n${stderr}`);
}

type ShownJob = { state: string; error: string | null; note: string; channel: string; link: string };

const jobsOf = async (server: Nightjar): Promise<ShownJob[]> =>
  ((await (await server.fetch("/api/jobs?kind=ageing")).json()) as { jobs: ShownJob[] }).jobs;

async function checksumsAgree(folder: string): Promise<void> {
  const { code, stdout } = await finished(["sh", "-c", 'cd "$0" && sha512sum -c *.sha512sum', folder]);
  expect([code, stdout]).toEqual([0, "video.mp4: OK\n"]);
}

let small: Clip;
beforeAll(() => {
  small = encodeClip({ seconds: 4, size: "64x48", rate: 2, soundKbps: 16 });
}, 60_000);

test("days of 23 and of 25 hours become films with the times that they had", async () => {
  await using home = await tempFolder();
  const folder = home.path;
  const archive = home.file("data/archive");
  const days = [
    // At two o'clock it is three.
    { date: "2026-03-29", hours: 23 },
    // At three o'clock it is two once more.
    { date: "2026-10-25", hours: 25 },
  ].map(({ date, hours }) => {
    const day = Temporal.PlainDate.from(date);
    const startMs = day.toZonedDateTime(ZONE).epochMilliseconds;
    const endMs = day.add({ days: 1 }).toZonedDateTime(ZONE).epochMilliseconds;
    expect(endMs - startMs).toBe(hours * HOUR_MS);
    return { date, startMs, endMs };
  });
  const stretches = days.flatMap(({ startMs, endMs }): RecordedStretch[] =>
    // Over midnight, over the change and an hour on, and over the next midnight.
    [startMs, startMs + HOUR_MS, startMs + 2 * HOUR_MS, startMs + 3 * HOUR_MS, endMs].map((atMs) => ({
      clip: small,
      startMs: atMs - 8000,
      endMs: atMs + 8000,
    })),
  );
  const configOf = (convert: object): TestConfig => ({
    timezone: ZONE,
    channels: { yard: { source: "upload", convert } },
  });
  const lists = days.flatMap(({ date, startMs, endMs }) => [
    `/yard/${date}/playlist.m3u8`,
    `/yard/stream/${date}/playlist.m3u8`,
    `/yard/archive-${startMs / 1000}-${(endMs - startMs) / 1000}.m3u8`,
  ]);
  const shown = (server: Nightjar) => Promise.all(lists.map((list) => spansOf(server, list)));
  await writeConfig(folder, configOf(never));
  await mkdir(home.file("data"), { recursive: true });
  await record(archive, "yard", ZONE, stretches);
  await run(folder, "reindex");
  let before: Spans[];
  {
    await using server = await Nightjar.start({ folder, config: configOf(never) });
    before = await shown(server);
    await server.stop();
  }
  for (const [index, { startMs, endMs }] of days.entries())
    for (const spans of before.slice(3 * index, 3 * index + 3)) {
      expect([spans.at(0)?.[0], spans.at(-1)?.[1]]).toEqual([startMs, endMs]);
      expect(spans).toHaveLength(5);
    }
  await using server = await Nightjar.start({ folder, config: configOf(quick) });
  await waitFor(
    "all days",
    async () => {
      const jobs = await jobsOf(server);
      const failed = jobs.find(({ error }) => error !== null);
      if (failed) throw new Error(`${failed.link}: ${failed.error}`);
      return jobs.length === 6 && jobs.every(({ state }) => state === "done");
    },
    { timeoutMs: 200_000 },
  );
  expect(await shown(server)).toEqual(before);
  for (const { date } of days) {
    const day = join(archive, "yard", date);
    await checksumsAgree(day);
    expect(await decodeErrors(join(day, "video.mp4"), { timeoutMs: 60_000 })).toBe("");
  }
});

test("of two storages one goes away while its day is converted: the other goes on, and what is done is used", async () => {
  await using home = await tempFolder();
  const folder = home.path;
  const clock = new FakeClock(folder);
  const [former, current] = [home.file("former"), home.file("current")];
  const atMs = Date.UTC(2026, 5, 18, 8);
  const clip = encodeClip({ seconds: 4, size: "480x270" });
  const stretches = (each: Clip, seconds: number): RecordedStretch[] =>
    [0, 1, 2].map((hour) => ({
      clip: each,
      startMs: atMs + hour * HOUR_MS,
      endMs: atMs + hour * HOUR_MS + seconds * 1000,
    }));
  const configOf = (path: string, convert: object): TestConfig => ({
    timezone: "UTC",
    storage: { path, min_free: "1MB" },
    channels: { yard: { source: "upload", convert }, gate: { source: "upload", convert } },
  });
  await mkdir(home.file("data"), { recursive: true });
  await writeConfig(folder, configOf(former, never));
  await record(former, "yard", "UTC", stretches(clip, 16));
  await run(folder, "reindex");
  await mkdir(current);
  await run(folder, "storage", "add", current);
  await writeConfig(folder, configOf(current, never));
  await record(current, "gate", "UTC", stretches(small, 16));
  await run(folder, "reindex");

  const lists = ["yard", "gate"].map((channel) => `/${channel}/2026-06-18/playlist.m3u8`);
  await using server = await Nightjar.start({
    folder,
    config: configOf(current, { ...quick, preset: "superfast" }),
    env: clock.env,
  });
  const shown = () => Promise.all(lists.map((list) => spansOf(server, list)));
  const before = await shown();
  expect(before.map((spans) => spans.length)).toEqual([3, 3]);
  const work = join(former, "yard/2026-06-18/.ageing");
  await waitFor(
    "the first piece",
    async () => (await readdir(work).catch((): string[] => [])).includes("piece-0.json"),
    { timeoutMs: 120_000, everyMs: 20 },
  );
  await rename(former, `${former}-away`);
  const jobOf = async (channel: string) =>
    (await jobsOf(server)).find((job) => job.link === `/${channel}/2026-06-18` || job.channel === channel);
  const interrupted = await waitFor(
    "the job of the storage that went away to wait, and that of the other one to be done",
    async () => {
      const [yard, gate] = [await jobOf("yard"), await jobOf("gate")];
      return yard?.error && gate?.state === "done" ? yard : undefined;
    },
    { timeoutMs: 120_000 },
  );
  expect([interrupted.state, interrupted.error]).toEqual(["queued", expect.any(String)]);
  expect(interrupted.note).toStartWith("Is tried again at");
  await checksumsAgree(join(current, "gate/2026-06-18"));
  expect((await shown())[1]).toEqual(before[1]!);

  const piece = join(`${former}-away`, "yard/2026-06-18/.ageing/piece-0.json");
  const { ino } = await stat(piece);
  await rename(`${former}-away`, former);
  const [segment] = (await playlistOf(server, lists[0]!)).segments;
  await waitFor(
    "the storage to be seen again",
    async () => segment !== undefined && (await fetch(segment.uri)).ok,
    { timeoutMs: 30_000 },
  );
  // Its next attempt is due in a minute.
  clock.set(61_000);
  let inode = ino;
  await waitFor(
    "the day of the storage that came back",
    async () => {
      inode = await stat(join(work, "piece-0.json")).then(
        (found) => found.ino,
        () => inode,
      );
      const yard = await jobOf("yard");
      return yard?.state === "done";
    },
    { timeoutMs: 120_000 },
  );
  expect(inode).toBe(ino);
  expect((await jobOf("yard"))?.error).toBeNull();
  await checksumsAgree(join(former, "yard/2026-06-18"));
  expect(await shown()).toEqual(before);
});
