import { stat } from "node:fs/promises";
import type { Footage, FootageChannel } from "../archive/footage.ts";
import type { Recording } from "../db/index/rows.ts";
import { segmentBytes } from "../media/segment-list.ts";
import { outlineOf } from "../media/segment-outline.ts";
import { NightjarError, notFound } from "../platform/errors.ts";
import { mp4Headers } from "./file-headers.ts";
import { mediaFileError, mediaPathOf } from "./media-file.ts";
import { rangeAnswer } from "./range-answer.ts";

/** Bytes of a recording's file: of one that is being written, up to the end of its last whole segment. */
export function recordingBytes(recording: Recording): number {
  if (recording.state === "closed") return recording.sizeBytes;
  const last = (recording.outline ?? outlineOf(recording.segments))?.last;
  return last ? recording.baseOffsetBytes + last.offsetBytes + segmentBytes(last) : 0;
}

/** The recording of `<id>.mp4`. Throws `not-found`. */
export function recordingNamed(footage: Footage, channel: FootageChannel, name: string): Recording {
  const [, id] = /^([A-Za-z0-9]{1,32})\.mp4$/.exec(name) ?? [];
  const recording = id === undefined ? undefined : footage.recording(id);
  if (recording && footage.channel(recording.channel)?.id === channel.id && recordingBytes(recording) > 0)
    return recording;
  throw notFound("This recording is not there", [
    `/api/channels/${channel.id}/recordings lists those that are; others were deleted or replaced`,
  ]);
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
    headers: mp4Headers(request, channel, recording.startMs),
    body: ({ start, end }) => Bun.file(path).slice(start, end),
  });
}
