import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { partArguments } from "../../src/timelapse/film-arguments.ts";
import { waitForRecording } from "../support/channels.ts";
import { fillIndex } from "../support/long-archive.ts";
import { MemoryFootage } from "../support/memory-footage.ts";
import { Nightjar } from "../support/nightjar.ts";
import { cleanEnvironment, cpuSecondsWithChildren } from "../support/processes.ts";
import { encodeClip, recordClip } from "../support/recorded-clip.ts";
import { tempFolder } from "../support/temp.ts";
import { waitFor } from "../support/wait.ts";
import type { Row } from "./table.ts";

const DAY_SECONDS = 86_400;
const CLIP_SECONDS = 20;
/** How much of the live feed is decoded to know what a day of it takes. */
const FEED_SECONDS = 60;
const SIZE = "1920x1080";
const FILM = { widthPixels: 1280, heightPixels: 720, fps: 25, encoder: "libx264" };
const TICKS_PER_SECOND = 90_000;

/**
 * A day of 1080p in the archive of a Nightjar's folder, whose only channel was recorded once: hours of 1,800 segments that
 * all lie in one file of 20 s.
 */
async function fillDayOf(folder: string, channel: string, endMs: number): Promise<string> {
  const footage = new MemoryFootage(channel);
  const made = join(folder, "made");
  await mkdir(made);
  const clip = encodeClip({ seconds: CLIP_SECONDS, size: SIZE, hasSound: false });
  const recording = await recordClip(footage, made, clip, 0, "a");
  const { init, videoCodec, audioCodec, width, height, videoTimescale } = footage.run(recording.run)!;
  const path = `${channel}/long.mp4`;
  const media = join(folder, "data/archive", path);
  await copyFile(join(made, recording.path), media);
  fillIndex(join(folder, "data/index.db"), {
    channels: [channel],
    recordings: 24,
    endMs,
    segmentsAt: (startMs) =>
      Array.from({ length: 3600 / CLIP_SECONDS }, (_, round) =>
        recording.segments.map((segment) => ({
          ...segment,
          ordinal: round * recording.segments.length + segment.ordinal,
          startMs: startMs + round * CLIP_SECONDS * 1000 + segment.startMs,
          mediaTicks: round * CLIP_SECONDS * TICKS_PER_SECOND + segment.mediaTicks,
        })),
      ).flat(),
    path,
    baseOffsetBytes: recording.baseOffsetBytes,
    run: { init, videoCodec, audioCodec, width, height, videoTimescale },
  });
  return media;
}

/** Processor time of an ffmpeg that takes a live feed in and encodes a picture of each 57.6 s of it, per second of feed. */
async function byTheFeed(media: string, out: string): Promise<number> {
  const film = partArguments(FILM, "mp4", out);
  const from = film.indexOf("-an");
  const filters = film.indexOf("-vf") + 1;
  const argv = film
    .slice(from)
    .map((word, at) => (at + from === filters ? `fps=1500/${DAY_SECONDS},${word}` : word));
  const loops = ["-stream_loop", String(FEED_SECONDS / CLIP_SECONDS - 1)];
  const child = Bun.spawn(["ffmpeg", "-v", "error", "-y", ...loops, "-i", media, ...argv], {
    stderr: "inherit",
    env: cleanEnvironment(),
  });
  if ((await child.exited) !== 0) throw new Error("ffmpeg could not encode along with the feed");
  const { user, system } = child.resourceUsage()!.cpuTime;
  return Number(user + system) / 1e6 / FEED_SECONDS;
}

/** The timelapse of a day out of its key frames, against encoding it along with the live feed for that day. */
export async function benchTimelapse(): Promise<Row[]> {
  await using folder = await tempFolder();
  const channels = { cam: { source: "demo:", timelapse: false } };
  const todayMs = Math.floor(Date.now() / 1000 / DAY_SECONDS) * DAY_SECONDS * 1000;
  const config = { timezone: "UTC" };
  {
    await using first = await Nightjar.start({ folder: folder.path, config: { ...config, channels } });
    await waitForRecording(first, ["cam"], { withFootage: true });
    await first.stop();
  }
  const media = await fillDayOf(folder.path, "cam", todayMs);
  const still = { cam: { ...channels.cam, enabled: false } };
  await using server = await Nightjar.start({ folder: folder.path, config: { ...config, channels: still } });
  const before = cpuSecondsWithChildren(server.pid);
  const started = performance.now();
  const date = new Date(todayMs - DAY_SECONDS * 1000).toISOString().slice(0, 10);
  const asked = await server.fetch("/api/channels/cam/timelapses", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ date }),
  });
  if (asked.status !== 202) throw new Error(`${asked.status} ${await asked.text()}`);
  const films = async () => (await server.text("/cam/timelapse")) !== "[]";
  await waitFor("the timelapse", films, { timeoutMs: 600_000, everyMs: 500 });
  const tookSeconds = (performance.now() - started) / 1000;
  const ours = cpuSecondsWithChildren(server.pid) - before;
  const peer = (await byTheFeed(media, folder.file("feed.mp4"))) * DAY_SECONDS;
  return [
    {
      what: `timelapse of a day of 1080p at 25/s, processor time (${tookSeconds.toFixed(0)} s of waiting)`,
      ours: `${ours.toFixed(1)} s, 1/${Math.round(peer / ours)} of it`,
      against: `ffmpeg encoding it along with the feed for 24 h (${FEED_SECONDS} s measured)`,
      peer: `${peer.toFixed(0)} s`,
      ratio: ours / peer,
    },
  ];
}
