import { expect, setDefaultTimeout, test } from "bun:test";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { playlistOf } from "../support/channels.ts";
import { decodeErrors, frameHashes } from "../support/ffmpeg.ts";
import { Nightjar, nightjarCommand } from "../support/nightjar.ts";
import { finished } from "../support/processes.ts";
import { tempFolder } from "../support/temp.ts";
import { tsClip } from "../support/ts-clip.ts";
import { playInVlc } from "../support/vlc.ts";
import { waitFor } from "../support/wait.ts";

setDefaultTimeout(180_000);

const DATE = "2026-06-18";
const FROM_S = Date.UTC(2026, 5, 18, 9, 59) / 1000;
const CLIP_SECONDS = 6;
/** Two spans with half a minute between them, over the full hour. */
const TIMES = ["095950", "095956", "100002", "100038", "100044"];

const configOf = (convert?: object) => ({
  timezone: "UTC",
  channels: { yard: { source: "upload", ...(convert ? { convert } : {}) } },
});
const jobsSchema = z.object({
  jobs: z.array(z.object({ kind: z.string(), state: z.string(), error: z.string().nullable() })),
});

/** What a playlist covers, as spans in ms UTC: neighbours nearer than a second are one. */
async function spansOf(server: Nightjar, path: string): Promise<[number, number][]> {
  const spans: [number, number][] = [];
  let atMs = 0;
  for (const { programDateTimeMs, durationSeconds } of (await playlistOf(server, path)).segments) {
    const startMs = programDateTimeMs ?? atMs;
    atMs = startMs + durationSeconds * 1000;
    const last = spans.at(-1);
    if (last && startMs - last[1] < 1000) last[1] = atMs;
    else spans.push([startMs, atMs]);
  }
  return spans;
}

const LISTS = [
  `/yard/${DATE}/playlist.m3u8`,
  `/yard/stream/${DATE}/playlist.m3u8`,
  `/playlist.php?date=${DATE}`,
  `/yard/archive-${FROM_S}-600.m3u8`,
  `/streamer/yard.m3u8?startTimestamp=${FROM_S}&endTimestamp=${FROM_S + 600}`,
];
const FACTS = [
  `/metadata?channel_name=yard&startTimestamp=${FROM_S}&endTimestamp=${FROM_S + 600}&gaps=1`,
  `/yard/recording_status.json?from=${FROM_S}&to=${FROM_S + 600}`,
];

async function shown(server: Nightjar) {
  const spans: Record<string, [number, number][]> = {};
  for (const list of LISTS) spans[list] = await spansOf(server, list);
  return { spans, facts: await Promise.all(FACTS.map((path) => server.text(path))) };
}

type Shown = Awaited<ReturnType<typeof shown>>;

/** The same, to a tenth of a second. */
function expectSame(after: Shown, before: Shown): void {
  for (const list of LISTS) {
    expect([list, after.spans[list]?.length]).toEqual([list, before.spans[list]?.length]);
    for (const [index, span] of (after.spans[list] ?? []).entries())
      for (const [end, ms] of span.entries())
        expect(Math.abs(ms - (before.spans[list]?.[index]?.[end] ?? 0))).toBeLessThanOrEqual(100);
  }
  const rounded = (text: string) => text.replaceAll(/\.\d+/g, "");
  expect(after.facts.map(rounded)).toEqual(before.facts.map(rounded));
}

test("a day of uploads becomes a film, which plays everywhere and outlives the index", async () => {
  await using home = await tempFolder();
  const folder = home.path;
  const day = join(folder, "data/archive/yard", DATE);
  let before: Shown;
  {
    await using server = await Nightjar.start({ folder, config: configOf() });
    const body = await tsClip({ seconds: CLIP_SECONDS, kilobitsPerSecond: 600, size: "320x180" });
    for (const time of TIMES) {
      const put = await server.fetch(`/yard/${DATE}/video_${time}.ts`, { method: "PUT", body });
      expect(put.status).toBe(201);
    }
    before = await shown(server);
    await server.stop();
  }
  const convert = { after: "0s", codec: "h264", preset: "ultrafast", crf: 40, encoder: "software" };
  let aged: Shown;
  {
    await using server = await Nightjar.start({ folder, config: configOf(convert) });
    await waitFor(
      "the day to be aged",
      async () => {
        const { jobs } = jobsSchema.parse(JSON.parse(await server.text("/api/jobs?kind=ageing")));
        const failed = jobs.find(({ state }) => state === "failed");
        if (failed) throw new Error(failed.error ?? "");
        return jobs.some(({ state }) => state === "done");
      },
      { timeoutMs: 120_000, everyMs: 500 },
    );
    expect((await readdir(day)).filter((name) => name.startsWith("video.")).sort()).toEqual([
      "video.m3u8",
      "video.mp4",
      "video.mp4.sha512sum",
    ]);
    aged = await shown(server);
    expectSame(aged, before);
    // Sent again, it is there already.
    const again = await server.fetch(`/yard/${DATE}/video_${TIMES[1]}.ts`, { method: "PUT", body: "x" });
    expect(again.status).toBe(204);
    expect(await server.text(`/yard/${DATE}/video.mp4.sha512sum`)).toBe(
      await readFile(join(day, "video.mp4.sha512sum"), "utf8"),
    );
    expect(await decodeErrors(`${server.url}${LISTS[0]}`)).toBe("");
    expect((await frameHashes(`${server.url}/yard/stream/${DATE}/playlist.mpd`, "v")).length).toBe(
      TIMES.length * CLIP_SECONDS * 25,
    );
    expect(await server.text(`/yard/${DATE}`)).toContain(`/yard/${DATE}/video.mp4`);
    await server.stop();
  }
  for (const input of [join(day, "video.m3u8"), join(day, "video.mp4")]) {
    const steps = [{ playSeconds: 3 }, { seekSeconds: 20 }, { playSeconds: 3 }];
    const { counters, complaints } = await playInVlc(input, steps);
    // Sound that comes too late on a busy machine is said once for each frame.
    expect(complaints.filter((line) => !line.includes("buffer too late"))).toEqual([]);
    expect(counters.at(-1)?.decodedVideo ?? 0).toBeGreaterThan(50);
    expect(counters.at(-1)?.playedAudioBuffers ?? 0).toBeGreaterThan(50);
  }
  const checked = await finished(["sha512sum", "-c", "video.mp4.sha512sum"], { cwd: day });
  expect(checked.stdout).toBe("video.mp4: OK\n");
  expect((await nightjarCommand(["verify"], { folder })).code).toBe(0);

  for (const name of await readdir(join(folder, "data")))
    if (name.startsWith("index.db")) await rm(join(folder, "data", name));
  {
    await using server = await Nightjar.start({ folder, config: configOf() });
    expect(await shown(server)).toEqual(aged);
    await server.stop();
  }
  const listed = await nightjarCommand(["ls", "yard", DATE], { folder });
  expect(listed.stdout).toContain("09:59:50-10:00:08");
  expect(listed.stdout).toContain("10:00:38-10:00:50");

  const film = join(day, "video.mp4");
  const bytes = await readFile(film);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  await writeFile(film, bytes);
  const damaged = await nightjarCommand(["verify"], { folder });
  expect(damaged.code).toBe(1);
  expect(damaged.stdout).toContain("checksum-differs");
  expect(damaged.stdout).toContain("segment-damaged");
});
