import { mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { playlistOf } from "../support/channels.ts";
import { probe } from "../support/ffmpeg.ts";
import { parseMpd } from "../support/mpd-validator.ts";
import { nightjarCommand, type Nightjar, writeConfig } from "../support/nightjar.ts";
import { encodeClip } from "../support/recorded-clip.ts";
import { writeDay } from "../support/recorded-day.ts";
import { waitFor } from "../support/wait.ts";

export const CHANNEL = "yard";
export const DATE = "2026-06-18";
const DAY_MS = Date.parse(`${DATE}T00:00:00Z`);
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

export type DayOptions = {
  folder: string;
  /** Footage of the day, in hours from midnight; all of it by default. */
  hours?: number;
  convert?: Record<string, unknown>;
};

/** What ages in minutes: the least work for each picture. */
export const quick = { after: "1h", codec: "h265", preset: "ultrafast", crf: 32 };

export const configOf = (convert: Record<string, unknown> = quick) => ({
  timezone: "UTC",
  channels: { [CHANNEL]: { source: "upload", convert } },
});

/**
 * Makes a Nightjar's folder with a day of small footage: from before midnight to after the next one, two pictures a second,
 * with a gap of ten minutes and another codec and sound from the middle on.
 */
export async function makeDay({ folder, hours = 24, convert }: DayOptions): Promise<void> {
  await writeConfig(folder, configOf(convert));
  const archive = join(folder, "data/archive");
  await mkdir(join(folder, "data"), { recursive: true });
  const first = encodeClip({ seconds: 60, size: "64x48", rate: 2, soundKbps: 16 });
  const second = encodeClip({ seconds: 60, size: "80x64", rate: 2, codec: "libx265", hasSound: false });
  const middleMs = DAY_MS + Math.round(hours / 2) * HOUR_MS;
  const endMs = DAY_MS + hours * HOUR_MS;
  const root = crypto.randomUUID();
  await mkdir(archive, { recursive: true });
  await Bun.write(join(archive, ".nightjar-storage.json"), JSON.stringify({ id: root, format: 1 }));
  await writeDay({
    archive,
    root,
    channel: CHANNEL,
    stretches: [
      { clip: first, startMs: DAY_MS - 10 * MINUTE_MS, endMs: DAY_MS + 20 * MINUTE_MS },
      { clip: first, startMs: DAY_MS + 30 * MINUTE_MS, endMs: middleMs },
      { clip: second, startMs: middleMs, endMs: endMs + 10 * MINUTE_MS },
    ],
  });
  const { code, stdout, stderr } = await nightjarCommand(["reindex"], { folder, timeoutMs: 120_000 });
  if (code !== 0) throw new Error(`reindex: ${stdout}\n${stderr}`);
}

/** What lists say of a day: by each, the spans that it covers, ms UTC. */
export async function listedDay(
  server: Nightjar,
): Promise<Record<string, [startMs: number, endMs: number][]>> {
  const from = DAY_MS / 1000;
  const paths = {
    day: `/${CHANNEL}/${DATE}/playlist.m3u8`,
    interval: `/${CHANNEL}/archive-${from}-86400.m3u8`,
    pvr: `/streamer/${CHANNEL}.m3u8?startTimestamp=${from}&endTimestamp=${from + 86_400}`,
  };
  const lists: Record<string, [number, number][]> = {};
  for (const [name, path] of Object.entries(paths)) {
    const { segments } = await playlistOf(server, path);
    let atMs = 0;
    lists[name] = spansOf(
      segments.map(({ programDateTimeMs, durationSeconds }) => {
        const startMs = programDateTimeMs ?? atMs;
        atMs = startMs + durationSeconds * 1000;
        return [startMs, atMs];
      }),
    );
  }
  const mpd = await server.text(`/${CHANNEL}/stream/${DATE}/playlist.mpd`);
  const ticks = parseMpd(mpd).periods.reduce(
    (sum, { segmentTicks, endTicks }) => sum + endTicks - (segmentTicks[0] ?? endTicks),
    0,
  );
  // A manifest tells media time alone: how much of it there is.
  lists["dash"] = [[0, ticks / 90]];
  return lists;
}

/** Makes the day's timelapse anew; its length in seconds and its pictures. */
export async function timelapseOf(server: Nightjar): Promise<{ seconds: number; pictures: number }> {
  const asked = await server.fetch(`/api/channels/${CHANNEL}/timelapses`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ date: DATE }),
  });
  const { job } = (await asked.json()) as { job: { address: string } };
  await waitFor(
    "the timelapse",
    async () => {
      const { state, error } = (await (await server.fetch(job.address)).json()) as Record<string, unknown>;
      if (state === "failed") throw new Error(String(error));
      return state === "done";
    },
    { timeoutMs: 300_000 },
  );
  const { format, streams } = await probe(`${server.url}/${CHANNEL}/timelapse/${DATE.replaceAll("-", "/")}`);
  return { seconds: Number(format.duration), pictures: Number(streams[0]?.nb_read_packets) };
}

/** Spans without a hole of over 100 ms. */
export function spansOf(segments: readonly (readonly [number, number])[]): [number, number][] {
  const spans: [number, number][] = [];
  for (const [startMs, endMs] of segments) {
    const last = spans.at(-1);
    if (last && startMs - last[1] <= 100) last[1] = endMs;
    else spans.push([startMs, endMs]);
  }
  return spans;
}

/** Names of a folder's files, sorted; none when it is not there. */
export const namesIn = async (path: string): Promise<string[]> =>
  (await readdir(path).catch((): string[] => [])).toSorted();

/** Bytes of a folder with all that is in it. */
export async function bytesIn(path: string): Promise<number> {
  let total = 0;
  for (const entry of await readdir(path, { withFileTypes: true, recursive: true }))
    if (entry.isFile()) total += (await stat(join(entry.parentPath, entry.name))).size;
  return total;
}

export const dayFolder = (folder: string): string => join(folder, "data/archive", CHANNEL, DATE);
