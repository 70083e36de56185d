import { createHash } from "node:crypto";
import type { AgeingSource } from "../archive/aged/aged-day.ts";
import type { ConvertConfig } from "../config/convert.ts";
import { hasOwnFiles } from "../db/index/rows.ts";
import { parseInit } from "../media/fmp4/init.ts";
import { segmentBytes } from "../media/segment-list.ts";
import { ESTIMATE_MS, sequenceOf } from "../playback/sequence.ts";
import type { StoredSegment } from "../playback/stored-segment.ts";

/** Work between two checkpoints: what a power cut may cost, in milliseconds of footage. */
const PIECE_MS = 3_600_000;
/** A list of key frames is an argument of ffmpeg, and must stay well under the system's 128 KiB for one. */
const MOST_SEGMENTS = 6000;
/** Steps of the wall time that come from how it is measured, not from a gap; in milliseconds. */
const STEADY_MS = 50;

/** Up to an hour of a day, encoded by one ffmpeg: segments in a row whose pictures one decoder takes. */
export type Piece = {
  segments: readonly StoredSegment[];
  /** What comes right before them in the same run: what their first pictures may refer to. */
  leadIn: readonly StoredSegment[];
  /**
   * Footage over which a clock that was set back has laid newer footage, and that footage, go to films of their own: what is
   * shown where they overlap is decided between runs, and each film is one. 0 unless there is such footage.
   */
  layer: number;
  /** Names what it is made from, and how. */
  fingerprint: string;
};

/** How pictures are made; what changes them changes every piece. */
export const settingsText = ({ codec, crf, preset, height, fps, encoder }: ConvertConfig): string =>
  JSON.stringify([codec, crf, preset, height ?? 0, fps ?? 0, encoder]);

/** All segments of a day in the order in which they are shown. */
export function segmentsOf({ recordings, runs }: AgeingSource): StoredSegment[] {
  const shown = sequenceOf(recordings, (id) => runs.get(id)).flatMap(({ recording, run, segments }) =>
    segments.map((segment) => ({ recording, run, segment })),
  );
  const total = recordings.reduce((sum, { segments }) => sum + segments.length, 0);
  if (shown.length === total) return shown;
  // Some lies under newer footage, by a clock that was set back; it is kept all the same.
  return recordings.flatMap((recording) => {
    const run = runs.get(recording.run);
    return run ? recording.segments.map((segment) => ({ recording, run, segment })) : [];
  });
}

const endMsOf = ({ segment, run }: StoredSegment): number =>
  segment.startMs + (segment.durationTicks * 1000) / run.videoTimescale;

/** What a decoder and the sound's track are set up with. */
const setUpOf = ({ run }: StoredSegment): string =>
  `${run.format} ${run.audioCodec ?? ""} ${hashOf(run.init)}`;

const hashes = new WeakMap<Uint8Array, string>();
function hashOf(bytes: Uint8Array): string {
  let hash = hashes.get(bytes);
  if (hash === undefined) {
    hash = createHash("sha256").update(bytes).digest("hex");
    hashes.set(bytes, hash);
  }
  return hash;
}

/** Whether nothing but time lies between two segments: no other decoder, hour, or clock that went back. */
function goOn(before: StoredSegment, next: StoredSegment, isEvenOnly: boolean): boolean {
  const stepMs = next.segment.startMs - endMsOf(before);
  return (
    Math.floor(before.segment.startMs / PIECE_MS) === Math.floor(next.segment.startMs / PIECE_MS) &&
    setUpOf(before) === setUpOf(next) &&
    stepMs > -STEADY_MS * 2 &&
    // With fewer pictures, the first one after a gap must be kept.
    (!isEvenOnly || stepMs < STEADY_MS)
  );
}

/** Cuts a day into pieces. The same day gives the same pieces, so that those that are done are known again. */
export function planPieces(source: AgeingSource, settings: ConvertConfig): Piece[] {
  const all = segmentsOf(source);
  const groups: { first: number; segments: StoredSegment[] }[] = [];
  for (const [index, stored] of all.entries()) {
    const group = groups.at(-1);
    const before = group?.segments.at(-1);
    const isFull = group !== undefined && group.segments.length >= MOST_SEGMENTS;
    if (group && before && !isFull && goOn(before, stored, settings.fps !== undefined))
      group.segments.push(stored);
    else groups.push({ first: index, segments: [stored] });
  }
  const layers = layersOf(groups.map(({ segments }) => segments));
  return groups.map(({ first, segments }, index) => ({
    segments,
    leadIn: leadInOf(all, first),
    layer: layers[index] ?? 0,
    fingerprint: fingerprintOf(segments, settings),
  }));
}

/** For each piece, in the order of their start, the first layer in which nothing lies at its time. */
function layersOf(pieces: readonly (readonly StoredSegment[])[]): number[] {
  let open: { endMs: number; areFiles: boolean; layer: number }[] = [];
  return pieces.map((segments) => {
    const startMs = segments.reduce((least, { segment }) => Math.min(least, segment.startMs), Infinity);
    const endMs = segments.reduce((most, stored) => Math.max(most, endMsOf(stored)), 0);
    const areFiles = segments.every(({ recording }) => hasOwnFiles(recording));
    open = open.filter((other) => other.endMs > startMs);
    const taken = new Set(
      open
        .filter((other) => Math.min(endMs, other.endMs) - startMs > ESTIMATE_MS)
        // Files hide nothing of one another.
        .filter((other) => !areFiles || !other.areFiles)
        .map(({ layer }) => layer),
    );
    let layer = 0;
    while (taken.has(layer)) layer++;
    open.push({ endMs, areFiles, layer });
    return layer;
  });
}

/** Most segments that are decoded to begin in the middle of a group of pictures. */
const MOST_LEAD_IN = 10;

/** Segments that end where this one begins, of the same run; a file of its own begins with a key frame. */
function leadInOf(all: readonly StoredSegment[], first: number): StoredSegment[] {
  const leadIn: StoredSegment[] = [];
  for (let index = first - 1; index >= 0 && leadIn.length < MOST_LEAD_IN; index--) {
    const before = all[index];
    const next = all[index + 1];
    if (!before || !next || before.run.id !== next.run.id || hasOwnFiles(next.recording)) break;
    const endTicks = before.recording.baseTicks + before.segment.mediaTicks + before.segment.durationTicks;
    if (endTicks !== next.recording.baseTicks + next.segment.mediaTicks) break;
    leadIn.unshift(before);
  }
  return leadIn;
}

function fingerprintOf(segments: readonly StoredSegment[], settings: ConvertConfig): string {
  const hash = createHash("sha256").update(settingsText(settings));
  for (const { recording, run, segment } of segments) {
    const { ordinal, startMs, mediaTicks, durationTicks, file } = segment;
    const fields = [
      recording.id,
      hashOf(run.init),
      ordinal,
      startMs,
      mediaTicks,
      durationTicks,
      segmentBytes(segment),
      file?.name ?? "",
      file?.mtimeMs ?? 0,
    ];
    hash.update(`${fields.join("\t")}\n`);
  }
  return hash.digest("hex");
}

/** Whether a run has sound that a file of ours can't hold, and what it is. */
export function otherSoundOf({ run }: Pick<StoredSegment, "run">): string | undefined {
  if (run.audioCodec === null) return undefined;
  return parseInit(run.init).audio ? undefined : run.audioCodec;
}
