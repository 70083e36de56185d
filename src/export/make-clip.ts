import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Footage, FootageChannel } from "../archive/footage.ts";
import type { ClipPlace, Clips } from "../clips/clip.ts";
import type { JobRun } from "../jobs/job-kind.ts";
import { errorText, NightjarError } from "../platform/errors.ts";
import { logOf } from "../platform/log.ts";
import { fieldTime, isoOf } from "../platform/zone.ts";
import { placedSegments } from "../playback/kept-interval.ts";
import { streamOf } from "../playback/remux.ts";
import { byInit, footageIn, unbroken, type FootageGroup, type Window } from "./choose-footage.ts";
import { copyArguments, joinArguments, joinList, pieceArguments, sizeOf } from "./clip-arguments.ts";
import type { ClipRequest } from "./clip-request.ts";
import { clockFilters } from "./clock-filter.ts";
import { clockFont } from "./clock-font.ts";
import { encoderFor, ffmpegHas, runEncoder } from "./encoder.ts";
import { LEAD_TICKS, placedBytes } from "./footage-input.ts";
import { pieceInput, shownOf } from "./piece-input.ts";

const log = logOf("export");

export type ClipMakerDeps = { footage: Footage; clips: Clips };

/** What came of a clip. */
export type ClipResult = {
  /** The film's number. */
  clip: number;
  /** Holes in the footage that it passes over. */
  holes: number;
};

/** An ffmpeg that comes no further for so long is given up. */
const STALL_MS = 120_000;

type Work = {
  deps: ClipMakerDeps;
  request: ClipRequest;
  channel: FootageChannel;
  window: Window;
  job: JobRun;
};

/** Makes a clip and keeps it. Throws `unprocessable` when there is nothing to be shown, or ffmpeg can't do it. */
export async function makeClip(deps: ClipMakerDeps, request: ClipRequest, job: JobRun): Promise<ClipResult> {
  const { footage, clips } = deps;
  const channel = footage.channel(request.channel);
  if (!channel) throw new NightjarError("unprocessable", `There is no channel ${request.channel} any more`);
  const window = { startMs: request.startMs, endMs: request.endMs };
  const stretches = footageIn(footage, channel.id, window);
  if (stretches.length === 0) {
    const span = `${isoOf(window.startMs, channel.zone)} to ${isoOf(window.endMs, channel.zone)}`;
    throw new NightjarError("unprocessable", `Nothing is kept of ${channel.id} from ${span}`);
  }
  const places: ClipPlace[] = [];
  const newPlace = async (): Promise<ClipPlace> => {
    const place = await clips.place(channel.id, "clip");
    places.push(place);
    return place;
  };
  try {
    const film = await newPlace();
    const work = { deps, request, channel, window, job };
    const groups = unbroken(stretches);
    const made =
      request.codec === "copy"
        ? await copied(work, byInit(stretches), film.mp4)
        : await encoded(work, groups, film.mp4, newPlace);
    job.progress(0.99, "The film is stored");
    const clip = await film.keep({
      kind: "clip",
      channel: channel.id,
      startMs: Math.round(made.startMs),
      endMs: Math.round(made.endMs),
      localTime: fieldTime(made.startMs, channel.zone),
      isWholeDay: false,
      durationMs: Math.round(made.durationMs),
    });
    if (clip.id === undefined) throw new NightjarError("internal", "a film that was kept has no number");
    return { clip: clip.id, holes: groups.length - 1 };
  } finally {
    for (const place of places)
      await place.drop().catch((error: unknown) => {
        log.warn("What was left of a clip can't be removed: {error}", { error: errorText(error) });
      });
  }
}

type Made = Window & { durationMs: number };

/** Whole segments as they are, the first one that in which the window begins. */
async function copied(
  { deps: { footage }, window, job, channel }: Work,
  groups: readonly FootageGroup[],
  path: string,
): Promise<Made> {
  const [group] = groups;
  if (!group || groups.length > 1)
    throw new NightjarError(
      "unprocessable",
      `The settings of ${channel.id} changed in this time, so one film can't hold it as it is`,
      { details: ["Have it encoded anew, or make a clip of each part"] },
    );
  const segments = [...placedSegments(group.stretches, LEAD_TICKS)];
  const { run } = segments[0]!.stored;
  const durationMs = segments.reduce((sum, { stored }) => sum + stored.segment.durationTicks / 90, 0);
  async function* chunks(): AsyncGenerator<Uint8Array, void> {
    if (run.format !== "ts") yield run.init;
    for (const [index, { stored, outTicks }] of segments.entries()) {
      await job.mayGoOn();
      job.progress((0.95 * index) / segments.length, "The footage is copied");
      yield await placedBytes(footage, stored, outTicks);
    }
  }
  await runInto(
    copyArguments({ format: run.format, videoCodec: run.videoCodec, path }),
    chunks(),
    job.signal,
  );
  return { startMs: group.startMs, endMs: Math.max(group.endMs, window.startMs), durationMs };
}

/** Each unbroken piece encoded by itself, and all of them joined. */
async function encoded(
  work: Work,
  groups: readonly FootageGroup[],
  path: string,
  newPlace: () => Promise<ClipPlace>,
): Promise<Made> {
  const { request, window, job } = work;
  const codec = request.codec === "h265" ? "h265" : "h264";
  const encoder = await encoderFor(codec);
  const fonts = request.hasClock ? await fontFolder() : undefined;
  try {
    const spans = groups.map((group) => shownOf(group, window));
    const wholeMs = spans.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
    const runs = groups.map(({ stretches }) => stretches[0]!.run);
    const isSoundAnywhere = runs.some(({ audioCodec }) => audioCodec !== null);
    const sizes = new Set(runs.map(({ width, height }) => `${width}x${height}`));
    const isFitted = sizes.size > 1;
    const size =
      isFitted || request.heightPixels !== undefined ? sizeOf(runs[0]!, request.heightPixels) : undefined;
    const pieces: { path: string; seconds: number }[] = [];
    let doneMs = 0;
    for (const [index, group] of groups.entries()) {
      await job.mayGoOn();
      const span = spans[index]!;
      const run = runs[index]!;
      const input = await pieceInput(work.deps.footage, group);
      const piece = groups.length === 1 ? path : (await newPlace()).mp4;
      const ownSound = run.audioCodec === null ? "silence" : "own";
      const film = {
        format: run.format,
        startSeconds: (span.startMs - input.zeroMs) / 1000,
        endSeconds: (span.endMs - input.zeroMs) / 1000,
        codec,
        encoder,
        size,
        isFitted,
        clock: fonts
          ? clockFilters(input.zeroMs, span.endMs, { zone: work.channel.zone, font: fonts.font })
          : [],
        sound: isSoundAnywhere ? ownSound : "none",
        path: piece,
      } as const;
      const lengthMs = span.endMs - span.startMs;
      const made = await runInto(pieceArguments(film), input.chunks(), job.signal, (outMs) =>
        job.progress((0.95 * (doneMs + Math.min(outMs, lengthMs))) / wholeMs, "The film is encoded"),
      );
      doneMs += lengthMs;
      // A piece shorter than the time between two pictures may have none.
      if (made > 0) pieces.push({ path: piece, seconds: lengthMs / 1000 });
    }
    if (pieces.length === 0) throw new NightjarError("unprocessable", "There is no picture in this time");
    if (groups.length > 1) {
      const list = new TextEncoder().encode(joinList(pieces));
      await runInto(joinArguments(path), once(list), job.signal);
    }
    return { startMs: spans[0]!.startMs, endMs: spans.at(-1)!.endMs, durationMs: wholeMs };
  } finally {
    await fonts?.remove();
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield await Promise.resolve(bytes);
}

/** Runs ffmpeg on chunks; answers how many pictures it wrote. */
async function runInto(
  argv: readonly string[],
  chunks: AsyncGenerator<Uint8Array, void>,
  signal: AbortSignal,
  onTime?: (outMs: number) => void,
): Promise<number> {
  let inputError: unknown;
  const { pictures } = await runEncoder(argv, {
    stdin: streamOf(chunks, (error) => (inputError = error)),
    inputError: () => inputError,
    signal,
    isBackground: true,
    stallMs: STALL_MS,
    onProgress: ({ outMs }) => onTime?.(outMs),
  });
  return pictures;
}

/** The font for the clock, as a file. Throws `unprocessable` where this ffmpeg can't write. */
async function fontFolder(): Promise<{ font: string; remove: () => Promise<void> }> {
  if (!(await ffmpegHas("-filters")).has("drawtext"))
    throw new NightjarError(
      "unprocessable",
      "This ffmpeg can't write a clock into pictures: it has no drawtext",
      {
        details: ["Install an ffmpeg that was built with FreeType, as Debian's is; or leave the clock out"],
      },
    );
  const folder = await mkdtemp(join(tmpdir(), "nightjar-clip-"));
  const font = join(folder, "clock.ttf");
  await writeFile(font, clockFont());
  return { font, remove: () => rm(folder, { recursive: true, force: true }) };
}
