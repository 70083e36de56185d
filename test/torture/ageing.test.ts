import { expect, test } from "bun:test";
import { join } from "node:path";
import { decodeErrors } from "../support/ffmpeg.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { Nightjar } from "../support/nightjar.ts";
import { LoopDisk } from "../support/loop-disk.ts";
import { finished } from "../support/processes.ts";
import { tempFolder } from "../support/temp.ts";
import { playInVlc } from "../support/vlc.ts";
import { waitFor } from "../support/wait.ts";
import {
  bytesIn,
  CHANNEL,
  configOf,
  DATE,
  dayFolder,
  listedDay,
  makeDay,
  namesIn,
  timelapseOf,
} from "./ageing-day.ts";
import { damage, failure, fillDisk, withFfmpeg } from "./ageing-failures.ts";
import { jobOf, killedDay } from "./ageing-kills.ts";

/** Hours of the day; fewer make a shorter trial. */
const HOURS = Number(process.env["AGEING_HOURS"] ?? 24);
const KILLS = 20;
const LIMIT_MS = 1_400_000;

const sizes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

test("a day of 24 hours, with a gap, a codec change and a midnight, becomes films", async () => {
  await using folder = await tempFolder();
  const clock = new FakeClock(folder.path);
  await makeDay({ folder: folder.path, hours: HOURS });
  const beforeBytes = await bytesIn(dayFolder(folder.path));
  const waiting = configOf({ after: "30000d" });
  let before: Awaited<ReturnType<typeof listedDay>>;
  {
    await using server = await Nightjar.start({ folder: folder.path, config: waiting });
    before = await listedDay(server);
    expectWholeDay(await timelapseOf(server));
    await server.stop();
  }
  await using server = await Nightjar.start({ folder: folder.path, config: configOf(), env: clock.env });
  const job = await waitFor(
    "the day's job",
    async () => {
      const found = await jobOf(server, DATE);
      return found?.state === "done" || found?.state === "failed" ? found : undefined;
    },
    { timeoutMs: LIMIT_MS },
  );
  expect(job.error).toBeNull();
  const names = await namesIn(dayFolder(folder.path));
  expect(names.filter((name) => name.startsWith("video"))).toEqual([
    "video-2.m3u8",
    "video-2.mp4",
    "video-2.mp4.sha512sum",
    "video.m3u8",
    "video.mp4",
    "video.mp4.sha512sum",
  ]);
  expect(await listedDay(server)).toEqual(expectedSpans(before, await listedDay(server)));
  // Players that hold an old list get an hour.
  expect(names.some((name) => name.startsWith("00-30-00"))).toBe(true);
  clock.set(3_700_000);
  await waitFor(
    "the originals to go",
    async () => {
      const left = await namesIn(dayFolder(folder.path));
      return left.every((name) => name.startsWith("video"));
    },
    { timeoutMs: 120_000 },
  );
  const afterBytes = await bytesIn(dayFolder(folder.path));
  console.log(`ageing: the day took ${sizes(beforeBytes)} before and ${sizes(afterBytes)} after`);
  expect(afterBytes).toBeLessThan(beforeBytes);
  expectWholeDay(await timelapseOf(server));
  for (const name of ["video.mp4", "video-2.mp4"]) {
    const path = join(dayFolder(folder.path), name);
    expect(await decodeErrors(path, { timeoutMs: 600_000 })).toBe("");
    const checked = await finished([
      "sh",
      "-c",
      'cd "$0" && sha512sum -c "$1"',
      dayFolder(folder.path),
      `${name}.sha512sum`,
    ]);
    expect(checked.stdout).toBe(`${name}: OK\n`);
  }
  const played = await playInVlc(`${server.url}/${CHANNEL}/${DATE}/playlist.m3u8`, [
    { playSeconds: 4 },
    { seekSeconds: HOURS * 1790 },
    { playSeconds: 4 },
  ]);
  // Two pictures a second are fewer than it keeps ready.
  const complaints = played.complaints.filter((line) => !line.includes("buffer deadlock prevented"));
  expect(complaints).toEqual([]);
  expect(played.counters.at(-1)?.decodedVideo ?? 0).toBeGreaterThan(0);
});

/** A day of which most was recorded becomes a film of 60 s at 25 pictures a second. */
function expectWholeDay({ seconds, pictures }: { seconds: number; pictures: number }): void {
  if (HOURS < 24) return;
  expect(Math.abs(seconds - 60)).toBeLessThanOrEqual(2);
  expect(Math.abs(pictures - 1500)).toBeLessThanOrEqual(50);
}

/** What is expected is what there was, where the two differ by no more than 0.1 s. */
function expectedSpans(
  before: Record<string, [number, number][]>,
  after: Record<string, [number, number][]>,
): Record<string, [number, number][]> {
  const near = (one: number, other: number | undefined) =>
    other !== undefined && Math.abs(one - other) <= 100 ? other : one;
  return Object.fromEntries(
    Object.entries(before).map(([name, spans]) => [
      name,
      spans.map(([startMs, endMs], index): [number, number] => [
        near(startMs, after[name]?.[index]?.[0]),
        near(endMs, after[name]?.[index]?.[1]),
      ]),
    ]),
  );
}

test(`killed ${KILLS} times: always the whole original or the whole result, and an hour of work lost at most`, async () => {
  const report = await killedDay(KILLS, HOURS);
  console.log(
    `ageing: ${report.kills} kills, ${report.encoded} pieces encoded for a day of ${report.pieces}`,
  );
  expect(report.faults).toEqual([]);
  // A shorter day is over before.
  if (HOURS >= 24) expect(report.kills).toBe(KILLS);
  expect(report.encoded).toBeLessThanOrEqual(report.pieces + report.kills);
});

test("a damaged segment fails the job, and says where", async () => {
  const { state, error, isUntouched } = await failure(damage);
  expect(state).toBe("failed");
  expect(error).toMatch(/The footage of 2026-06-18T00:\d\d:.* its bytes have changed/);
  expect(isUntouched).toBe(true);
});

test("without ffmpeg, and with one that crashes, it is tried again later", async () => {
  const missing = await failure((folder) => withFfmpeg(folder, undefined));
  expect(missing.state).toBe("queued");
  expect(missing.error).toContain("Old days are converted by ffmpeg, which was not found on this machine");
  expect(missing.isUntouched).toBe(true);
  const crashing = await failure((folder) => withFfmpeg(folder, "kill -SEGV $$"));
  expect(crashing.state).toBe("queued");
  expect(crashing.error).toContain("ffmpeg ended by SIGSEGV");
  expect(crashing.isUntouched).toBe(true);
});

test("an ffmpeg that hangs is ended, and it is tried again later", async () => {
  const hanging = await failure((folder) => withFfmpeg(folder, "exec sleep 1000"));
  expect(hanging.state).toBe("queued");
  expect(hanging.error).toContain("ffmpeg made no progress for 180 s and was ended");
  expect(hanging.isUntouched).toBe(true);
});

test("a disk without room for the result beside the original is told of, and left alone", async () => {
  await using folder = await tempFolder();
  await using disk = await LoopDisk.make(folder.file("image"), folder.file("disk"), 300e6);
  const { state, error, isUntouched } = await failure(async (path) => {
    await fillDisk(path, 6e6);
    return { config: { ...configOf(), storage: { min_free: "1MB" } } };
  }, disk.path);
  expect(state).toBe("queued");
  expect(error).toContain("too full to convert a day");
  expect(isUntouched).toBe(true);
});
