import { open, stat } from "node:fs/promises";
import type { Footage, FootageChannel } from "../archive/footage.ts";
import type { Clips } from "../clips/clip.ts";
import type { TimelapseConfig } from "../config/timelapse.ts";
import type { JobRun } from "../jobs/job-kind.ts";
import { readMp4File } from "../media/kept/mp4-file.ts";
import { errorText, NightjarError, notFound } from "../platform/errors.ts";
import { logOf } from "../platform/log.ts";
import { daySpanMs } from "../platform/zone.ts";
import { makeFilm } from "./film.ts";
import { keyPictures } from "./key-pictures.ts";
import { pictureCount, pictureTimes, shownMs, shownOf } from "./picture-times.ts";
import { localSecond, MAX_LENGTH_MS, MIN_LENGTH_MS, type TimelapseRequest } from "./timelapse-request.ts";

const log = logOf("timelapse");

export type TimelapseDeps = {
  footage: Footage;
  clips: Clips;
  /** How a channel's timelapses are made. */
  settings: (channel: string) => TimelapseConfig;
};

export type TimelapseResult = { clip: number };

/** A day of which little was recorded makes a shorter film: it runs no slower than this. */
const SLOWEST_DAY = 60;

type Wanted = { startMs: number; endMs: number; lengthMs: (coveredMs: number) => number };

function wantedOf(request: TimelapseRequest, channel: FootageChannel, settings: TimelapseConfig): Wanted {
  const ofDay = (coveredMs: number) =>
    Math.max(MIN_LENGTH_MS, Math.min(settings.lengthMs, coveredMs / SLOWEST_DAY));
  if ("date" in request) return { ...daySpanMs(request.date, channel.zone), lengthMs: ofDay };
  const { startMs, endMs, lengthMs, speed } = request;
  if (lengthMs !== undefined) return { startMs, endMs, lengthMs: () => lengthMs };
  if (speed === undefined) return { startMs, endMs, lengthMs: ofDay };
  return { startMs, endMs, lengthMs: (coveredMs) => Math.min(MAX_LENGTH_MS, coveredMs / speed) };
}

/** Length of a film by its own tables, in ms. Throws `internal` for one that can't be played. */
async function filmMs(path: string): Promise<number> {
  const { size } = await stat(path);
  const file = await open(path, "r");
  try {
    const readAt = async (offsetBytes: number, lengthBytes: number): Promise<Uint8Array> => {
      const bytes = new Uint8Array(lengthBytes);
      const { bytesRead } = await file.read(bytes, 0, lengthBytes, offsetBytes);
      return bytes.subarray(0, bytesRead);
    };
    const { video } = await readMp4File(readAt, size);
    const last = video.count > 0 ? video.sampleAt(video.count - 1) : undefined;
    if (!last) throw new NightjarError("internal", "The film has no pictures");
    return ((last.decodeTicks + last.durationTicks) * 1000) / video.timescale;
  } finally {
    await file.close();
  }
}

/**
 * Makes a timelapse out of stored key frames and keeps it; a whole day's takes the place of one that was made before.
 * @throws NightjarError `not-found` when nothing was recorded then; what `makeFilm` and the place for it throw
 */
export async function makeTimelapse(
  { footage, clips, settings }: TimelapseDeps,
  request: TimelapseRequest,
  job: Pick<JobRun, "signal" | "progress" | "mayGoOn">,
): Promise<TimelapseResult> {
  const channel = footage.channel(request.channel);
  if (!channel) throw notFound(`There is no channel ${request.channel}`);
  const form = settings(channel.id);
  const { startMs, endMs, lengthMs } = wantedOf(request, channel, form);
  const shown = shownOf(footage, channel.id, { startMs, endMs, skip: form.skip, zone: channel.zone });
  const coveredMs = shownMs(shown);
  if (coveredMs <= 0) throw notFound(`Nothing of ${channel.name} was recorded then`);
  const count = pictureCount(lengthMs(coveredMs), form.fps);
  await job.mayGoOn();
  const place = await clips.place(channel.id, "timelapse");
  try {
    let done = 0;
    await makeFilm(keyPictures(footage, pictureTimes(shown, count)), {
      path: place.mp4,
      fps: form.fps,
      maxHeightPixels: form.heightPixels,
      signal: job.signal,
      onPicture(pictures) {
        done += pictures;
        job.progress(Math.min(1, done / count), `${done} of ${count} pictures`);
      },
    });
    const isWholeDay = "date" in request;
    const durationMs = await filmMs(place.mp4);
    const former = isWholeDay ? clips.list("timelapse", channel.id) : [];
    const clip = await place.keep({
      kind: "timelapse",
      channel: channel.id,
      startMs,
      endMs,
      localTime: isWholeDay ? request.date : localSecond(startMs, channel.zone),
      isWholeDay,
      durationMs,
    });
    for (const { id, localTime, ...other } of former)
      if (other.isWholeDay && isWholeDay && localTime === request.date && id !== undefined)
        await clips.delete(id);
    if (clip.id === undefined) throw new NightjarError("internal", "a film that was kept has no number");
    return { clip: clip.id };
  } finally {
    await place.drop().catch((error: unknown) => {
      log.warn("What was left of a timelapse can't be removed: {error}", { error: errorText(error) });
    });
  }
}
