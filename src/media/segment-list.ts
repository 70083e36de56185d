import { NightjarError } from "../platform/errors.ts";
import { StepBuilder, TICKS_PER_MS, type SegmentStep } from "./segment-steps.ts";
import { ByteReader, ByteWriter } from "./varint.ts";

/** A segment's own file, in recordings whose segments are files. */
export type SegmentFile = {
  /** Its name in the folder of the recording, or its absolute path in a watched folder. */
  name: string;
  /** When it was changed last, whole ms UTC. */
  mtimeMs: number;
  /** It came after newer ones had been listed live: lists that grow leave it out. */
  isLate: boolean;
};

/**
 * One segment of a recording: whole GOPs, one `moof` and one `mdat` with the video bytes and then the audio
 * bytes. A segment is (recording, ordinal): never used again, never other bytes, always the same times.
 */
export type Segment = {
  /**
   * Number within the recording, from 0; numbers of damaged segments are left out, never reused. They rise, except where
   * segments are files: those are numbered as they came and listed by their times.
   */
  ordinal: number;
  /** Wall time at which the first picture is shown, in milliseconds UTC. */
  startMs: number;
  /** Start in ticks of the video's timescale since the recording's zero. */
  mediaTicks: number;
  /** Length of its pictures in ticks of the video's timescale. */
  durationTicks: number;
  /** Position of its first byte, in bytes from the first segment's. */
  offsetBytes: number;
  /** `moof` and the header of `mdat`. */
  headerBytes: number;
  videoBytes: number;
  audioBytes: number;
  /** Bytes of pictures that are not key frames: how much moved. Whole KiB, see `wholeKib`. */
  activityBytes: number;
  /**
   * In recordings whose segments are files; such a segment has no header and lies at 0 of its file. One that is a part of
   * a longer MP4 file lies further on, where its pictures do, and its media time counts from the file's first picture.
   */
  file?: SegmentFile;
};

/** Whether a segment is a part of a longer MP4 file: the file's own first bytes are never pictures. */
export const isPartOfFile = ({ file, offsetBytes }: Pick<Segment, "file" | "offsetBytes">): boolean =>
  file !== undefined && offsetBytes > 0;

/** All bytes of a segment in its file. */
export const segmentBytes = (segment: Segment): number =>
  segment.headerBytes + segment.videoBytes + segment.audioBytes;

const KIB = 1024;

/** Activity is kept in whole KiB: it draws a bar, and a byte a segment is worth more than its last digits. */
export const wholeKib = (bytes: number): number => Math.floor(bytes / KIB) * KIB;

/** First byte of every packed list. */
const LAYOUT = 1;
/** With signed steps between ordinals, and a file for each segment. */
const FILES_LAYOUT = 2;
const LATE = 1;

/** What the next segment is expected to be when nothing is missing and wall time agrees with the durations. */
type Expected = Omit<Segment, "videoBytes" | "audioBytes" | "activityBytes" | "file">;

const atStart = (startMs: number): Expected => ({
  ordinal: 0,
  startMs,
  mediaTicks: 0,
  durationTicks: 0,
  offsetBytes: 0,
  headerBytes: 0,
});

function after(segment: Segment): Expected {
  return {
    ordinal: segment.ordinal + 1,
    startMs: segment.startMs + Math.round(segment.durationTicks / TICKS_PER_MS),
    mediaTicks: segment.mediaTicks + segment.durationTicks,
    durationTicks: segment.durationTicks,
    offsetBytes: segment.file ? 0 : segment.offsetBytes + segmentBytes(segment),
    headerBytes: segment.headerBytes,
  };
}

/**
 * Packs the segments of a recording into about 11 bytes each: for each its distance from what was expected
 * after the one before it, and its bytes. `startMs` is the recording's start, ms UTC. Video
 * times are in 90,000ths of a second.
 */
export function packSegments(segments: readonly Segment[], startMs: number): Uint8Array {
  const out = new ByteWriter();
  const hasFiles = segments.some(({ file }) => file !== undefined);
  out.unsigned(hasFiles ? FILES_LAYOUT : LAYOUT);
  let expected = atStart(startMs);
  for (const segment of segments) {
    const follows =
      segment.ordinal === expected.ordinal &&
      segment.mediaTicks === expected.mediaTicks &&
      segment.offsetBytes === expected.offsetBytes;
    out.signed((segment.startMs - expected.startMs) * 2 + (follows ? 0 : 1));
    if (!follows) {
      const step = segment.ordinal - expected.ordinal;
      if (hasFiles) out.signed(step);
      else out.unsigned(step);
      out.signed(segment.mediaTicks - expected.mediaTicks);
      out.signed(segment.offsetBytes - expected.offsetBytes);
    }
    out.signed(segment.durationTicks - expected.durationTicks);
    out.signed(segment.headerBytes - expected.headerBytes);
    out.unsigned(segment.videoBytes);
    out.unsigned(segment.audioBytes);
    out.unsigned(Math.floor(segment.activityBytes / KIB));
    if (hasFiles) packFile(out, segment);
    expected = after(segment);
  }
  return out.finish();
}

function packFile(out: ByteWriter, { file, startMs }: Segment): void {
  if (!file) throw new NightjarError("internal", "a recording has segments with and without files");
  out.text(file.name);
  out.signed(file.mtimeMs - startMs);
  out.unsigned(file.isLate ? LATE : 0);
}

function unpackFile(reader: ByteReader, startMs: number): SegmentFile {
  return {
    name: reader.text(),
    mtimeMs: startMs + reader.signed(),
    isLate: (reader.unsigned() & LATE) !== 0,
  };
}

/** The segments of a packed list. Throws `unprocessable` for bytes that `packSegments` did not write. */
export function unpackSegments(packed: Uint8Array, startMs: number): Segment[] {
  const segments: Segment[] = [];
  eachPacked(packed, startMs, (segment) => segments.push(segment));
  return segments;
}

/** When they are shown, without each of them. Throws as `unpackSegments` does. */
export function unpackSteps(packed: Uint8Array, startMs: number): SegmentStep[] {
  const builder = new StepBuilder();
  eachPacked(packed, startMs, (segment) => builder.add(segment));
  return builder.steps;
}

/** Hands on the segments of a packed list one by one. */
function eachPacked(packed: Uint8Array, startMs: number, take: (segment: Segment) => void): void {
  if (packed.length === 0) return;
  const reader = new ByteReader(packed);
  const layout = reader.unsigned();
  const hasFiles = layout === FILES_LAYOUT;
  if (layout !== LAYOUT && !hasFiles)
    throw new NightjarError(
      "unprocessable",
      `a packed segment list has layout ${layout}; wanted: ${LAYOUT} or ${FILES_LAYOUT}`,
    );
  // What is expected of the next segment, see `after`: in variables, as a day's list is unpacked while a player waits.
  let { ordinal, startMs: wallMs, mediaTicks, durationTicks, offsetBytes, headerBytes } = atStart(startMs);
  while (!reader.isAtEnd) {
    const first = reader.signed();
    if (first % 2 !== 0) {
      ordinal += hasFiles ? reader.signed() : reader.unsigned();
      mediaTicks += reader.signed();
      offsetBytes += reader.signed();
    }
    wallMs += Math.floor(first / 2);
    durationTicks += reader.signed();
    headerBytes += reader.signed();
    const segment: Segment = {
      ordinal,
      startMs: wallMs,
      mediaTicks,
      durationTicks,
      offsetBytes,
      headerBytes,
      videoBytes: reader.unsigned(),
      audioBytes: reader.unsigned(),
      activityBytes: reader.unsigned() * KIB,
    };
    if (hasFiles) segment.file = unpackFile(reader, wallMs);
    take(segment);
    ordinal += 1;
    wallMs += Math.round(durationTicks / TICKS_PER_MS);
    mediaTicks += durationTicks;
    offsetBytes = hasFiles ? 0 : offsetBytes + segmentBytes(segment);
  }
}
