import { z } from "zod";
import type { AgeingSource } from "../archive/aged/aged-day.ts";
import { attempt } from "../media/bits.ts";
import { segmentBytes } from "../media/segment-list.ts";
import type { Files } from "../platform/files.ts";
import type { AgeOptions } from "./age-day.ts";
import { encodePiece } from "./encode-piece.ts";
import { FilmWriter } from "./film-writer.ts";
import { KeepAsIs } from "./keep-as-is.ts";
import { type Piece, planPieces, settingsText } from "./plan-pieces.ts";
import { SegmentReader } from "./read-segment.ts";
import { openWorkPath } from "./work-folder.ts";

const TRIAL_MS = 60_000;

const trialSchema = z.object({
  channel: z.string(),
  /** What it was made with; a trial of other settings says nothing. */
  settings: z.string(),
  encoder: z.string(),
  atMs: z.number(),
  /** Footage that was encoded, and how long that took with its verification. */
  footageMs: z.number(),
  tookMs: z.number(),
  pictureCount: z.number(),
  beforeBytes: z.number(),
  afterBytes: z.number(),
  /** Footage of the longest day so far. */
  dayMs: z.number(),
  dayBytes: z.number(),
});

/** What a minute of a channel's footage said about the rest of it. */
export type Trial = z.output<typeof trialSchema>;

/** The trials of all channels, in a file of the data folder: `nightjar doctor` reads it while the server runs. */
export class Trials {
  readonly #files: Files;
  readonly #path: string;
  #all: Trial[] = [];

  constructor(files: Files, path: string) {
    this.#files = files;
    this.#path = path;
  }

  async load(): Promise<this> {
    const bytes = await this.#files.read(this.#path).catch(() => undefined);
    const json: unknown = bytes && attempt(() => JSON.parse(new TextDecoder().decode(bytes)));
    const parsed = z.array(trialSchema).safeParse(json);
    // One that can't be read is made anew.
    this.#all = parsed.success ? parsed.data : [];
    return this;
  }

  /** The trial of a channel with these settings. */
  of(channel: string, settings: string): Trial | undefined {
    return this.#all.find((trial) => trial.channel === channel && trial.settings === settings);
  }

  async keep(trial: Trial): Promise<void> {
    this.#all = [...this.#all.filter(({ channel }) => channel !== trial.channel), trial];
    await this.#files.writeWhole(
      this.#path,
      new TextEncoder().encode(JSON.stringify(this.#all, undefined, 2)),
    );
  }
}

export const TRIALS_FILE = "ageing-trials.json";

/** All footage of a day, in milliseconds and bytes. */
export function lengthOf({ recordings }: AgeingSource): { dayMs: number; dayBytes: number } {
  let [dayMs, dayBytes] = [0, 0];
  for (const { segments, sizeBytes } of recordings) {
    for (const { durationTicks } of segments) dayMs += durationTicks / 90;
    dayBytes += sizeBytes;
  }
  return { dayMs: Math.round(dayMs), dayBytes };
}

/** About a minute out of the middle of a day. */
function minuteOf(source: AgeingSource, options: AgeOptions): Piece | undefined {
  const pieces = planPieces(source, options.settings);
  const piece = pieces[Math.floor(pieces.length / 2)];
  if (!piece) return undefined;
  const { segments } = piece;
  const msOf = (index: number): number => (segments[index]?.segment.durationTicks ?? 0) / 90;
  let from = Math.floor(segments.length / 3);
  let to = from;
  let ms = 0;
  while (to < segments.length && ms < TRIAL_MS) ms += msOf(to++);
  while (from > 0 && ms < TRIAL_MS) ms += msOf(--from);
  const leadIn = from === 0 ? piece.leadIn : segments.slice(Math.max(0, from - 10), from);
  return { ...piece, segments: segments.slice(from, to), leadIn };
}

/**
 * Encodes a minute of a day and throws the result away. Answers `undefined` when the day has nothing to encode.
 * @throws NightjarError as `encodePiece`
 */
export async function tryOut(
  channel: string,
  source: AgeingSource,
  options: AgeOptions,
  nowMs: number,
): Promise<Trial | undefined> {
  const { files, footage, encoders, settings, signal, stallMs } = options;
  const piece = minuteOf(source, options);
  if (!piece) return undefined;
  const encoder = await encoders.for(settings);
  const folder = await openWorkPath(files, source.folder);
  const path = `${folder}/trial.mp4`;
  let film: FilmWriter | undefined;
  let afterBytes = 0;
  const startMs = performance.now();
  try {
    const made = await encodePiece({
      piece,
      files,
      encoder,
      settings,
      folder,
      signal,
      stallMs,
      reader: new SegmentReader(footage, files, source.zone),
      program: encoders.program(),
      placeFor: async (init) => {
        film = await FilmWriter.create(files, path, init);
        return {
          film,
          ticks: 0,
          ordinal: 0,
        };
      },
      pause: () => Promise.resolve(),
      progress: (share) => options.progress(0.01 * share, "encoding a minute to see how long a day takes"),
      wrote: (sizeBytes) => (afterBytes += sizeBytes),
    });
    return {
      channel,
      settings: settingsText(settings),
      encoder: encoder.name,
      atMs: nowMs,
      afterBytes,
      footageMs: Math.round(made.durationTicks / 90),
      tookMs: Math.max(1, Math.round(performance.now() - startMs)),
      pictureCount: made.pictureCount,
      beforeBytes: piece.segments.reduce((sum, { segment }) => sum + segmentBytes(segment), 0),
      ...lengthOf(source),
    };
  } catch (error) {
    // The whole day says so once more, and is marked.
    if (error instanceof KeepAsIs) return undefined;
    throw error;
  } finally {
    await film?.close();
    await files.unlink(path).catch(() => undefined);
  }
}
