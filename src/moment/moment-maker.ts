import type { Clip, Clips } from "../clips/clip.ts";
import { encoderFor, runEncoder } from "../export/encoder.ts";
import type { JobRun } from "../jobs/job-kind.ts";
import { errorText, NightjarError } from "../platform/errors.ts";
import { logOf } from "../platform/log.ts";
import { streamOf } from "../playback/remux.ts";
import { momentArguments } from "./moment-arguments.ts";
import { momentFootage, type MomentFootage, type MomentFootageDeps } from "./moment-footage.ts";
import type { MomentNames } from "./moment-names.ts";
import { windowOf, type MomentRequest } from "./moment-request.ts";
import type { MomentSlots } from "./moment-slots.ts";

const log = logOf("moment");

export type MomentMakerDeps = MomentFootageDeps & {
  clips: Clips;
  names: MomentNames;
  slots: MomentSlots;
  /** Pictures are made no higher than this, in pixels; without it as the camera's are. */
  maxHeight: () => number | undefined;
};

/** What came of a moment. */
export type MomentResult = {
  /** The film's number. */
  clip: number;
  /** By how much it is shorter than what was asked for, ms; 0 when it is whole. */
  missingMs: number;
};

/** An ffmpeg that gets no footage for so long is given up; footage is waited for no longer than half of it. */
const STALL_MS = 60_000;
/** Less than a picture of a slow camera: how long the last picture stands is not known. */
const WHOLE_MS = 250;

/** Makes the MP4 and the GIF of a moment and keeps them. Throws as `momentFootage` and `runEncoder`. */
export async function makeMoment(
  deps: MomentMakerDeps,
  request: MomentRequest,
  job: Pick<JobRun, "signal" | "progress">,
): Promise<MomentResult> {
  const { footage, clock, clips, slots } = deps;
  const window = windowOf(request);
  const channel = footage.channel(request.channel);
  if (!channel) throw new NightjarError("not-found", `There is no channel ${request.channel}`);
  const encoder = await encoderFor("h264");
  const waitMs = window.endMs - clock.nowMs();
  job.progress(0, waitMs > 0 ? "The pictures are being taken" : "The pictures are read");
  const free = await slots.take(window.endMs, job.signal);
  const place = await clips.place(channel.id, "moment").catch((error: unknown) => {
    free();
    throw error;
  });
  try {
    const found = await momentFootage(deps, channel, window, job.signal);
    await encode(found, { deps, encoder, place, window, job });
    const missingMs = Math.max(0, window.endMs - window.startMs - found.shownMs());
    const isWhole = missingMs < WHOLE_MS;
    const startMs = Math.round(found.startMs);
    const name = deps.names.reserve(channel, startMs);
    try {
      const clip = await place.keep({
        kind: "moment",
        channel: channel.id,
        startMs,
        endMs: Math.round(found.reachedMs()),
        localTime: name.localTime,
        isWholeDay: false,
        durationMs: Math.round(found.shownMs()),
      });
      return { clip: numberOf(clip), missingMs: isWhole ? 0 : Math.round(missingMs) };
    } finally {
      name.free();
    }
  } finally {
    free();
    await place.drop().catch((error: unknown) => {
      log.warn("What was left of a moment can't be removed: {error}", { error: errorText(error) });
    });
  }
}

const numberOf = ({ id }: Clip): number => {
  if (id !== undefined) return id;
  throw new NightjarError("internal", "a film that was kept has no number");
};

type Encoding = {
  deps: MomentMakerDeps;
  encoder: string;
  place: { mp4: string; gif: string };
  window: { startMs: number; endMs: number };
  job: Pick<JobRun, "signal" | "progress">;
};

async function encode(found: MomentFootage, { deps, encoder, place, window, job }: Encoding): Promise<void> {
  const { startSeconds, endSeconds, run } = found;
  const lengthMs = window.endMs - window.startMs;
  let inputError: unknown;
  const { pictures } = await runEncoder(
    momentArguments({ run, startSeconds, endSeconds, encoder, maxHeight: deps.maxHeight(), ...place }),
    {
      stdin: streamOf(found.chunks(), (error) => (inputError = error)),
      inputError: () => inputError,
      signal: job.signal,
      isBackground: false,
      stallMs: STALL_MS,
      onProgress: ({ outMs }) => job.progress(Math.min(0.95, outMs / lengthMs), "The film is made"),
    },
  );
  if (pictures === 0)
    throw new NightjarError("unprocessable", "There is no picture in the time that was asked for");
}
