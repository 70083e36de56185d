import type { Footage } from "../archive/footage.ts";
import type { Recording, RunRow } from "../db/index/rows.ts";
import { rebaseHeaderInPlace, singleTrackHeader, type TrackBases } from "../media/fmp4/segment.ts";
import type { Segment } from "../media/segment-list.ts";
import type { TrackKind } from "../media/parameters.ts";
import { convertTicks } from "../media/ticks.ts";
import { NightjarError } from "../platform/errors.ts";
import type { SegmentForm } from "./addresses.ts";
import { withMediaFile, type MediaReader } from "./media-file.ts";

/** A segment as it lies in a file, and what is needed to serve it. */
export type StoredSegment = { recording: Recording; run: RunRow; segment: Segment };

/** The recording's base in ticks of each track; the sound's is converted from the video's, never added up. */
function basesOf({ recording, run }: StoredSegment): TrackBases {
  const audioTimescale = run.audioTimescale ?? run.videoTimescale;
  return {
    videoTicks: recording.baseTicks,
    audioTicks: convertTicks(recording.baseTicks, run.videoTimescale, audioTimescale),
  };
}

/** Moves the header's times to the channel's, in place. */
function moveHeader(stored: StoredSegment, header: Uint8Array): void {
  try {
    rebaseHeaderInPlace(header, basesOf(stored));
  } catch (error) {
    throw damagedHeader(error);
  }
}

/** The header of one track alone, its times moved to the channel's. */
function trackHeader(stored: StoredSegment, track: TrackKind, header: Uint8Array): Uint8Array {
  const { videoTicks, audioTicks } = basesOf(stored);
  try {
    return singleTrackHeader(header, track, track === "video" ? videoTicks : audioTicks);
  } catch (error) {
    throw damagedHeader(error);
  }
}

/** What is told about a segment whose header is not one. */
export const damagedHeader = (cause: unknown): NightjarError =>
  new NightjarError("unavailable", "This footage is damaged: its header can't be read", { cause });

const positionOf = ({ recording, segment }: StoredSegment): number =>
  recording.baseOffsetBytes + segment.offsetBytes;

async function readHeader(reader: MediaReader, stored: StoredSegment): Promise<Uint8Array> {
  const header = new Uint8Array(stored.segment.headerBytes);
  await reader.read(header, positionOf(stored));
  return header;
}

/** Bytes of the answer without reading more than the header. Throws as `segmentBody`. */
export function segmentSizeBytes(
  footage: Footage,
  stored: StoredSegment,
  form: SegmentForm,
): Promise<number> {
  return withMediaFile(footage, stored.recording, async (reader) => {
    const header = await readHeader(reader, stored);
    const { videoBytes, audioBytes } = stored.segment;
    if (form === "v.m4s") return trackHeader(stored, "video", header).length + videoBytes;
    if (form === "a.m4s") return trackHeader(stored, "audio", header).length + audioBytes;
    moveHeader(stored, header);
    return (form === "i.m4s" ? stored.run.init.length : 0) + header.length + videoBytes + audioBytes;
  });
}

/**
 * A segment as players get it. Only its header is rewritten; the payload is the file's own bytes, for one
 * track a part of them. Throws `not-found` or `unavailable`.
 */
export function segmentBody(
  footage: Footage,
  stored: StoredSegment,
  form: SegmentForm,
): Promise<Uint8Array<ArrayBuffer>> {
  const { headerBytes, videoBytes, audioBytes } = stored.segment;
  return withMediaFile(footage, stored.recording, async (reader) => {
    if (form === "a.m4s") {
      const header = trackHeader(stored, "audio", await readHeader(reader, stored));
      const body = new Uint8Array(header.length + audioBytes);
      body.set(header);
      await reader.read(body.subarray(header.length), positionOf(stored) + headerBytes + videoBytes);
      return body;
    }
    const init = form === "i.m4s" ? stored.run.init : new Uint8Array();
    const payloadBytes = videoBytes + (form === "v.m4s" ? 0 : audioBytes);
    const body = Buffer.allocUnsafeSlow(init.length + headerBytes + payloadBytes);
    body.set(init);
    await reader.read(body.subarray(init.length), positionOf(stored));
    if (form !== "v.m4s") {
      moveHeader(stored, body.subarray(init.length, init.length + headerBytes));
      return body;
    }
    const header = trackHeader(stored, "video", body.slice(0, headerBytes));
    // A header that got shorter moves back to its payload, and the answer begins with it.
    const start = headerBytes - header.length;
    body.set(header, start);
    return body.subarray(start);
  });
}
