import { FILE_JOIN_MS } from "../../db/index/file-spans.ts";
import type { GapRow, Recording } from "../../db/index/rows.ts";
import { parseInit, runParametersOf } from "../../media/fmp4/init.ts";
import type { RunEnd } from "../../media/reasons.ts";
import { convertTicks, ticksToMs } from "../../media/ticks.ts";
import { NightjarError } from "../../platform/errors.ts";
import { newId } from "../ids.ts";
import type { FilmRecording, JournalEntry, JournalRun } from "../journal/journal.ts";
import type { AgedFile, AgedPart, AgeingSource } from "./aged-day.ts";

/** Where the rows of a film come from, beside the film. */
export type FilmOrigin = {
  source: AgeingSource;
  /** The film's name in the day's folder. */
  name: string;
  timeline: number;
  gapsOf: (recording: string) => readonly GapRow[];
};

/** What the recordings of a film say, and how its run ended. */
export type PlannedFilm = {
  recordings: readonly FilmRecording[];
  run: JournalRun;
  end: RunEnd | undefined;
  /** Ids of the recordings whose place it takes. */
  replaces: readonly string[];
};

type Piece = { part: AgedPart; entries: readonly JournalEntry[]; offsetBytes: number; replaces: string[] };

const unusable = (message: string): NightjarError => new NightjarError("internal", message);

/** A part where nothing is missing in it: elsewhere a recording is taken for one span of footage. */
function piecesOf(part: AgedPart, timescale: number): Piece[] {
  const pieces: JournalEntry[][] = [];
  let coveredMs = Number.NEGATIVE_INFINITY;
  for (const entry of part.entries) {
    const last = pieces.at(-1);
    if (last && entry.startMs - coveredMs <= FILE_JOIN_MS) last.push(entry);
    else pieces.push([entry]);
    coveredMs = entry.startMs + ticksToMs(entry.durationTicks, timescale);
  }
  return pieces.map((entries) => {
    const fromBytes = entries[0]?.offsetBytes ?? 0;
    return {
      part,
      offsetBytes: part.baseOffsetBytes + fromBytes,
      replaces: [],
      entries: entries.map((entry, ordinal) => ({
        ...entry,
        ordinal,
        offsetBytes: entry.offsetBytes - fromBytes,
      })),
    };
  });
}

/** Each replaced recording goes to the piece in which it begins, or the one before that. */
function assign(pieces: readonly Piece[], part: AgedPart, recordings: ReadonlyMap<string, Recording>): void {
  const own = pieces.filter((piece) => piece.part === part);
  for (const id of part.replaces) {
    const recording = recordings.get(id);
    if (!recording) throw unusable(`a film replaces ${id}, which is none of what it was made from`);
    const piece = own.findLast(({ entries }) => (entries[0]?.startMs ?? 0) <= recording.startMs) ?? own[0];
    piece?.replaces.push(id);
  }
}

/** The run of a film: what its init says, and the clocks and the end of what it was made from. */
function runOf(
  file: AgedFile,
  { source, timeline }: FilmOrigin,
  replaced: readonly Recording[],
): { run: JournalRun; end: RunEnd | undefined } {
  const [firstPart] = file.parts;
  const origin = firstPart && source.runs.get(firstPart.run);
  const last = replaced.toSorted((a, b) => a.endMs - b.endMs).at(-1);
  const ended = last && source.runs.get(last.run);
  const startMs = firstPart?.entries[0]?.startMs;
  if (!origin || !ended || startMs === undefined)
    throw unusable("a film is of none of the runs it was made from");
  const { video, audio } = runParametersOf(parseInit(file.init));
  const run: JournalRun = {
    id: newId(),
    timeline,
    init: file.init,
    format: "nightjar",
    videoCodec: video.codecString,
    audioCodec: audio?.codecString ?? null,
    width: video.width,
    height: video.height,
    frameRate: video.frameRate ?? origin.frameRate,
    videoTimescale: video.timescale,
    audioTimescale: audio?.timescale ?? null,
    startMs,
    bootId: origin.bootId,
    realtimeMs: origin.realtimeMs,
    boottimeMs: origin.boottimeMs,
    unsure: false,
  };
  // One that goes on in the next day's folder did not end here.
  const { endMs, endReason, endDetail } = ended;
  const hasEnded = endReason !== null && endMs !== null && endMs <= last.endMs;
  const end = hasEnded ? { reason: endReason, detail: endDetail ?? "" } : undefined;
  return { run, end };
}

/** How a film becomes recordings: an hour each at most, none with a hole in it. Throws `internal` for one that can't be. */
export function planFilm(file: AgedFile, origin: FilmOrigin): PlannedFilm {
  const { source, name, gapsOf } = origin;
  const recordings = new Map(source.recordings.map((recording) => [recording.id, recording]));
  const replaces = file.parts.flatMap((part) => part.replaces);
  const replaced = replaces.flatMap((id) => recordings.get(id) ?? []);
  const { run, end } = runOf(file, origin, replaced);
  const pieces = file.parts.flatMap((part) => piecesOf(part, run.videoTimescale));
  for (const part of file.parts) assign(pieces, part, recordings);
  let before = { firstMediaSequence: -1, discontinuitySequence: 0 };
  const planned = pieces.map(({ part, entries, offsetBytes, replaces: ids }): FilmRecording => {
    const firsts = ids
      .flatMap((id) => recordings.get(id) ?? [])
      .sort((a, b) => a.firstMediaSequence - b.firstMediaSequence);
    // They stand where what they replace stood in the order of storage; their numbers are never listed.
    const { firstMediaSequence, discontinuitySequence } = firsts[0] ?? {
      ...before,
      firstMediaSequence: before.firstMediaSequence + 1,
    };
    before = { firstMediaSequence, discontinuitySequence };
    const { audioTimescale, videoTimescale } = run;
    return {
      head: {
        recording: newId(),
        channel: source.channel,
        root: source.root,
        file: name,
        baseOffsetBytes: offsetBytes,
        firstMediaSequence,
        discontinuitySequence,
        baseTicks:
          audioTimescale === null
            ? { video: part.baseTicks }
            : { video: part.baseTicks, audio: convertTicks(part.baseTicks, videoTimescale, audioTimescale) },
        zone: source.zone,
        replaces: ids,
        gaps: ids
          .flatMap((id) => gapsOf(id))
          .map(({ startMs, endMs, reason, detail }) => ({ startMs, endMs, reason, detail })),
        run,
      },
      entries,
    };
  });
  return { recordings: planned, run, end, replaces };
}
