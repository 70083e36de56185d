import { stat } from "node:fs/promises";
import type { Footage, FootageChannel } from "../archive/footage.ts";
import { hasOwnFiles, isAged, type Recording } from "../db/index/rows.ts";
import { segmentBytes } from "../media/segment-list.ts";
import { NightjarError, notFound } from "../platform/errors.ts";
import { mediaHeaders } from "./file-headers.ts";
import { mediaFileError, mediaPathOf } from "./media-file.ts";
import { rangeAnswer } from "./range-answer.ts";

/**
 * Bytes of a recording's file, or of all files of one that has several: of one that is being written, up to the end of
 * its last whole segment.
 */
export function recordingBytes(recording: Recording): number {
  if (hasOwnFiles(recording))
    return recording.segments.reduce((sum, segment) => sum + segmentBytes(segment), 0);
  if (recording.state === "closed") return recording.sizeBytes;
  const last = recording.segments.at(-1);
  return last ? recording.baseOffsetBytes + last.offsetBytes + segmentBytes(last) : 0;
}

/** Whether a recording is one file of its own: not several, and not an hour of an aged day. */
const isOneFile = (recording: Recording): boolean => !hasOwnFiles(recording) && !isAged(recording);

/** What a recording's file is. */
const endingOf = (footage: Footage, recording: Recording): "mp4" | "ts" =>
  footage.run(recording.run)?.format === "ts" ? "ts" : "mp4";

/** Where a recording can be had: its own file, or where it has none, the interval that it covers. */
export function recordingAddress(footage: Footage, channel: FootageChannel, recording: Recording): string {
  const ending = endingOf(footage, recording);
  if (isOneFile(recording)) return `/${channel.id}/recording/${recording.id}.${ending}`;
  // An interval begins with the segment that is playing then. A film's neighbours may have another init: none of them is in.
  const [inward, outward] = isAged(recording) ? [Math.ceil, Math.floor] : [Math.floor, Math.ceil];
  const from = inward(recording.startMs / 1000);
  const to = Math.max(from + 1, outward(recording.endMs / 1000));
  return `/${channel.id}/archive-${from}-${to - from}.${ending}`;
}

/** The recording of `<id>.mp4` or `<id>.ts`. Throws `not-found`. */
export function recordingNamed(footage: Footage, channel: FootageChannel, name: string): Recording {
  const [, id, ending] = /^([A-Za-z0-9]{1,32})\.(mp4|ts)$/.exec(name) ?? [];
  const recording = id === undefined ? undefined : footage.recording(id);
  const isHere =
    recording && footage.channel(recording.channel)?.id === channel.id && recordingBytes(recording) > 0;
  if (!isHere)
    throw notFound("This recording is not there", [
      `/api/channels/${channel.id}/recordings lists those that are; others were deleted or replaced`,
    ]);
  const address = recordingAddress(footage, channel, recording);
  if (!isOneFile(recording))
    throw notFound("This recording is not one file of its own", [`All of it: ${address}`]);
  if (endingOf(footage, recording) !== ending)
    throw notFound(`This recording is no ${ending === "ts" ? "MPEG-TS" : "MP4"}`, [`It is at ${address}`]);
  return recording;
}

/**
 * A recording's file as it lies on the disk. What is appended to it meanwhile changes none of its bytes. Throws
 * `not-found` when it is gone, `unavailable` when it can't be read now or is shorter than it should be.
 */
export async function recordingFile(
  request: Request,
  footage: Footage,
  channel: FootageChannel,
  recording: Recording,
): Promise<Response> {
  const path = mediaPathOf(footage, recording);
  const sizeBytes = recordingBytes(recording);
  const found = await stat(path).catch((error: unknown) => {
    throw mediaFileError(error);
  });
  if (found.size < sizeBytes)
    throw new NightjarError("unavailable", "This footage is damaged: its file ends too early");
  return rangeAnswer(request, {
    tag: `${recording.id}-${sizeBytes}`,
    sizeBytes,
    headers: mediaHeaders(request, channel, recording.startMs, endingOf(footage, recording)),
    body: ({ start, end }) => Bun.file(path).slice(start, end),
  });
}
