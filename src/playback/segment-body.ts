import type { Footage } from "../archive/footage.ts";
import { rebaseHeaderInPlace, singleTrackHeader, type TrackBases } from "../media/fmp4/segment.ts";
import type { TrackKind } from "../media/parameters.ts";
import { convertTicks } from "../media/ticks.ts";
import type { SegmentForm } from "./addresses.ts";
import { checkForm, keptBody, keptSizeBytes } from "./kept-body.ts";
import { withMediaFile, type MediaReader } from "./media-file.ts";
import { damagedHeader, type StoredSegment } from "./stored-segment.ts";

export { damagedHeader, type StoredSegment } from "./stored-segment.ts";

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

const positionOf = ({ recording, segment }: StoredSegment): number =>
  recording.baseOffsetBytes + segment.offsetBytes;

async function readHeader(reader: MediaReader, stored: StoredSegment): Promise<Uint8Array> {
  const header = new Uint8Array(stored.segment.headerBytes);
  await reader.read(header, positionOf(stored));
  return header;
}

/** Bytes of the answer without reading more than the header. Throws as `segmentBody`. */
export async function segmentSizeBytes(
  footage: Footage,
  stored: StoredSegment,
  form: SegmentForm,
): Promise<number> {
  if (stored.run.format !== "nightjar") return keptSizeBytes(footage, stored, form);
  checkForm(stored, form);
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
 * A segment as players get it. Of what our own writer made, only the header is rewritten; the payload is the file's own
 * bytes, for one track a part of them. Throws `not-found` or `unavailable`.
 */
export async function segmentBody(
  footage: Footage,
  stored: StoredSegment,
  form: SegmentForm,
): Promise<Uint8Array<ArrayBuffer>> {
  if (stored.run.format !== "nightjar") return keptBody(footage, stored, form);
  checkForm(stored, form);
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
