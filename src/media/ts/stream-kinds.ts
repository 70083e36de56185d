import type { VideoCodec } from "../parameters.ts";
import type { ElementaryStream } from "./sections.ts";

export type SoundKind = "adts" | "latm" | "mpeg" | "ac-3" | "ec-3" | "opus" | "other";

/** What a stream of a program is; `name` is for people. */
export type StreamKind =
  | { is: "pictures"; codec: VideoCodec; name: string }
  | { is: "sound"; sound: SoundKind; name: string }
  | { is: "other"; name: string };

const pictures = (codec: VideoCodec, name: string): StreamKind => ({ is: "pictures", codec, name });
const sound = (kind: SoundKind, name: string): StreamKind => ({ is: "sound", sound: kind, name });
const other = (name: string): StreamKind => ({ is: "other", name });

/** `stream_type` (ISO 13818-1, Table 2-34; from 0x80 on ATSC A/53 and Apple's). */
const KINDS: Readonly<Record<number, StreamKind>> = {
  0x01: other("MPEG-1 pictures"),
  0x02: other("MPEG-2 pictures"),
  0x03: sound("mpeg", "MPEG sound"),
  0x04: sound("mpeg", "MPEG sound"),
  0x0f: sound("adts", "AAC sound"),
  0x10: other("MPEG-4 part 2 pictures"),
  0x11: sound("latm", "AAC sound"),
  0x15: other("metadata"),
  0x1b: pictures("h264", "H.264 pictures"),
  0x24: pictures("h265", "H.265 pictures"),
  0x33: other("H.266 pictures"),
  0x42: other("AVS pictures"),
  0x81: sound("ac-3", "AC-3 sound"),
  0x82: sound("other", "DTS sound"),
  0x86: other("splice information"),
  0x87: sound("ec-3", "E-AC-3 sound"),
  0xcf: other("encrypted AAC sound (SAMPLE-AES)"),
  0xc1: other("encrypted AC-3 sound (SAMPLE-AES)"),
  0xdb: other("encrypted H.264 pictures (SAMPLE-AES)"),
  0xea: other("VC-1 pictures"),
};

const PRIVATE_DATA = 0x06;
const REGISTRATION = 0x05;

/** Private data by its descriptors' tags (ETSI EN 300 468, Table 12). */
const PRIVATE_KINDS: Readonly<Record<number, StreamKind>> = {
  0x56: other("teletext"),
  0x59: other("subtitles"),
  0x6a: sound("ac-3", "AC-3 sound"),
  0x7a: sound("ec-3", "E-AC-3 sound"),
  0x7b: sound("other", "DTS sound"),
  0x7c: sound("adts", "AAC sound"),
};

/** Private data by `format_identifier` of its registration descriptor (ISO 13818-1, 2.6.8). */
const REGISTERED_KINDS: Readonly<Record<string, StreamKind>> = {
  "AC-3": sound("ac-3", "AC-3 sound"),
  EAC3: sound("ec-3", "E-AC-3 sound"),
  Opus: sound("opus", "Opus sound"),
  HEVC: pictures("h265", "H.265 pictures"),
};

export function kindOf({ streamType, descriptors }: ElementaryStream): StreamKind {
  if (streamType !== PRIVATE_DATA) return KINDS[streamType] ?? other(`stream type ${streamType}`);
  for (let at = 0; at + 2 <= descriptors.length;) {
    const tag = descriptors[at] ?? 0;
    const next = at + 2 + (descriptors[at + 1] ?? 0);
    const registered =
      tag === REGISTRATION ? String.fromCharCode(...descriptors.subarray(at + 2, at + 6)) : "";
    const found = REGISTERED_KINDS[registered] ?? PRIVATE_KINDS[tag];
    if (found) return found;
    at = next;
  }
  return other("private data");
}
