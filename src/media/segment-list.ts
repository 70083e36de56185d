import { ByteReader, ByteWriter } from "./varint.ts";

/**
 * One segment of a recording: whole GOPs, one `moof` and one `mdat` with the video bytes and then the audio
 * bytes. A segment is (recording, ordinal): never used again, never other bytes, always the same times.
 */
export type Segment = {
  /** Number within the recording, from 0; numbers of damaged segments are left out, never reused. */
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
  /** Bytes of pictures that are not key frames: how much moved. */
  activityBytes: number;
};

/** All bytes of a segment in its file. */
export const segmentBytes = (segment: Segment): number =>
  segment.headerBytes + segment.videoBytes + segment.audioBytes;
