import { NightjarError } from "../../platform/errors.ts";
import type { AudioParameters, RunParameters, TrackKind, VideoParameters } from "../parameters.ts";
import { boxesIn, BoxWriter, childrenOf, FieldReader, requireBox } from "./boxes.ts";
import { writeDecoderConfiguration, writeEsds } from "./codec-config.ts";
import { handlerOf, trackIdOf } from "./tracks.ts";

export {
  type AudioTrack,
  type ParsedInit,
  parseInit,
  runParametersOf,
  type VideoTrack,
} from "./init-reader.ts";

/** Track ids of all inits and segments that we write. */
export const TRACK_ID: Record<TrackKind, number> = { video: 1, audio: 2 };

const UNITY_MATRIX = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000];
/** `und` as three letters of five bits (ISO 14496-12, 8.4.2). */
const LANGUAGE_UNKNOWN = 0x55c4;
/** Ticks a second of `mvhd`; no time in our inits counts in it. */
const MOVIE_TIMESCALE = 1000;

/**
 * The initialization segment of a run: `ftyp` and `moov` with the video as track 1 and the sound as track 2.
 * The same codec parameters give the same bytes: no dates, durations, bit rates or names of writers.
 * @throws NightjarError `unprocessable` when the parameters can't make one
 */
export function buildInit(parameters: RunParameters): Uint8Array {
  const { video, audio } = parameters;
  const writer = new BoxWriter();
  writer.box("ftyp", () => writer.ascii("iso6").u32(0).ascii("iso6mp41"));
  writer.box("moov", () => {
    writer.fullBox("mvhd", 0, 0, () => {
      writer.zeros(8).u32(MOVIE_TIMESCALE).u32(0).u32(0x10000).u16(0x100).zeros(10);
      for (const value of UNITY_MATRIX) writer.u32(value);
      writer.zeros(24).u32(audio ? 3 : 2);
    });
    writeTrack(writer, video, () => {
      writer.fullBox("vmhd", 0, 1, () => writer.zeros(8));
      writeSampleTable(writer, () => writePictureEntry(writer, video));
    });
    if (audio) {
      writeTrack(writer, audio, () => {
        writer.fullBox("smhd", 0, 0, () => writer.zeros(4));
        writeSampleTable(writer, () => writeSoundEntry(writer, audio));
      });
    }
    writer.box("mvex", () => {
      writeTrackDefaults(writer, TRACK_ID.video);
      if (audio) writeTrackDefaults(writer, TRACK_ID.audio);
    });
  });
  return writer.finish();
}

/** `trak` (ISO 14496-12, 8.3.1) with empty sample tables. */
function writeTrack(
  writer: BoxWriter,
  track: VideoParameters | AudioParameters,
  writeMediaInformation: () => void,
): void {
  const isVideo = track.kind === "video";
  writer.box("trak", () => {
    // Enabled and in the movie.
    writer.fullBox("tkhd", 0, 3, () => {
      writer.zeros(8).u32(TRACK_ID[track.kind]).zeros(4).u32(0).zeros(12);
      writer.u16(isVideo ? 0 : 0x100).u16(0);
      for (const value of UNITY_MATRIX) writer.u32(value);
      if (track.kind === "video") writer.u16(track.width).u16(0).u16(track.height).u16(0);
      else writer.zeros(8);
    });
    writer.box("mdia", () => {
      writer.fullBox("mdhd", 0, 0, () => {
        writer.zeros(8).u32(track.timescale).u32(0).u16(LANGUAGE_UNKNOWN).u16(0);
      });
      writer.fullBox("hdlr", 0, 0, () => {
        writer
          .u32(0)
          .ascii(isVideo ? "vide" : "soun")
          .zeros(12)
          .ascii(isVideo ? "Video" : "Sound")
          .u8(0);
      });
      writer.box("minf", writeMediaInformation);
    });
  });
}

/** `dinf` that says the media is in this file, and `stbl` without samples. */
function writeSampleTable(writer: BoxWriter, writeEntry: () => void): void {
  writer.box("dinf", () => {
    writer.fullBox("dref", 0, 0, () => {
      writer.u32(1).fullBox("url ", 0, 1, () => undefined);
    });
  });
  writer.box("stbl", () => {
    writer.fullBox("stsd", 0, 0, () => {
      writer.u32(1);
      writeEntry();
    });
    writer.fullBox("stts", 0, 0, () => writer.u32(0));
    writer.fullBox("stsc", 0, 0, () => writer.u32(0));
    writer.fullBox("stsz", 0, 0, () => writer.u32(0).u32(0));
    writer.fullBox("stco", 0, 0, () => writer.u32(0));
  });
}

/** `avc1` or `hvc1` (ISO 14496-12, 12.1.3; ISO 14496-15). */
function writePictureEntry(writer: BoxWriter, video: VideoParameters): void {
  writer.box(video.codec === "h264" ? "avc1" : "hvc1", () => {
    writer.zeros(6).u16(1).zeros(16).u16(video.width).u16(video.height);
    const dotsPerInch = 0x480000;
    writer.u32(dotsPerInch).u32(dotsPerInch).u32(0).u16(1).zeros(32).u16(0x18).u16(0xffff);
    writeDecoderConfiguration(writer, video);
  });
}

/** `mp4a` (ISO 14496-12, 12.2.3; ISO 14496-14, 5.6). */
function writeSoundEntry(writer: BoxWriter, audio: AudioParameters): void {
  writer.box("mp4a", () => {
    writer.zeros(6).u16(1).zeros(8).u16(audio.channelCount).u16(16).u32(0);
    // 16 bits before the point; a rate that is too high for them is left to the AudioSpecificConfig.
    writer.u16(audio.timescale <= 0xffff ? audio.timescale : 0).u16(0);
    writeEsds(writer, TRACK_ID.audio, audio.audioSpecificConfig);
  });
}

/** `trex` without defaults: each segment says all itself (ISO 14496-12, 8.8.3). */
function writeTrackDefaults(writer: BoxWriter, trackId: number): void {
  writer.fullBox("trex", 0, 0, () => writer.u32(trackId).u32(1).u32(0).u32(0).u32(0));
}

/**
 * An init with the first track of one kind only, for DASH; its id and all else stay as they are.
 * @throws NightjarError `not-found` when there is no such track, `unprocessable` for garbage
 */
export function initForTrack(init: Uint8Array, track: TrackKind): Uint8Array {
  const top = boxesIn(init);
  const children = childrenOf(init, requireBox(top, "moov", "the init"));
  const wantedHandler = track === "video" ? "vide" : "soun";
  const kept = children.find((child) => child.type === "trak" && handlerOf(init, child) === wantedHandler);
  const keptId = kept && trackIdOf(init, kept);
  if (kept === undefined || keptId === undefined) {
    throw new NightjarError("not-found", `The init has no ${track} track`);
  }
  const writer = new BoxWriter(init.length);
  for (const box of top) {
    if (box.type !== "moov") {
      writer.raw(init.subarray(box.start, box.end));
      continue;
    }
    writer.box("moov", () => {
      for (const child of children) {
        if (child.type === "trak" && child !== kept) continue;
        if (child.type !== "mvex") {
          writer.raw(init.subarray(child.start, child.end));
          continue;
        }
        writer.box("mvex", () => {
          for (const part of childrenOf(init, child)) {
            const fields = new FieldReader(init, part);
            if (part.type === "trex" && (fields.versionAndFlags(), fields.u32()) !== keptId) continue;
            writer.raw(init.subarray(part.start, part.end));
          }
        });
      }
    });
  }
  return writer.finish();
}
