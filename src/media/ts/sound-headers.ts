import { parseAudioSpecificConfig } from "../aac.ts";
import { attempt, BitReader } from "../bits.ts";
import type { SoundKind } from "./stream-kinds.ts";

/** What the first frame of some sound says. */
export type SoundFacts = {
  /** RFC 6381; `null` for kinds that have no such name. */
  codecString: string | null;
  sampleRate: number | null;
  /** Of AAC: what a decoder is set up with (ISO 14496-3, 1.6.2.1). */
  audioSpecificConfig?: Uint8Array;
};

const AAC_LC = 2;

/**
 * Finds the first frame among some bytes of an elementary stream; `undefined` when there is none yet. Kinds that
 * nothing is known of are told by their name alone.
 */
export function soundFactsIn(kind: SoundKind, bytes: Uint8Array): SoundFacts | undefined {
  switch (kind) {
    case "adts":
      return firstFrame(bytes, readAdts);
    case "latm":
      return firstFrame(bytes, readLoas);
    case "mpeg":
      return firstFrame(bytes, readMpeg);
    case "ac-3":
    case "ec-3":
      return firstFrame(bytes, (frame) => readAc3(frame, kind));
    case "opus":
      // Always decoded at this rate (RFC 6716, 2).
      return { codecString: "opus", sampleRate: 48_000 };
    case "other":
      return { codecString: null, sampleRate: null };
  }
}

function firstFrame(
  bytes: Uint8Array,
  read: (frame: Uint8Array) => SoundFacts | undefined,
): SoundFacts | undefined {
  for (let at = 0; at + 1 < bytes.length; at++) {
    const facts = read(bytes.subarray(at));
    if (facts) return facts;
  }
  return undefined;
}

/** An ADTS frame's header (ISO 14496-3, 1.A.2.2). */
function readAdts(frame: Uint8Array): SoundFacts | undefined {
  const [sync, flags = 0, second = 0, third = 0] = frame;
  // The layer is always 0.
  if (frame.length < 7 || sync !== 0xff || (flags & 0xf6) !== 0xf0) return undefined;
  const objectType = 1 + (second >> 6);
  const rateIndex = (second >> 2) & 0x0f;
  const channels = ((second & 1) << 2) | (third >> 6);
  return aacFacts(
    Uint8Array.of((objectType << 3) | (rateIndex >> 1), ((rateIndex & 1) << 7) | (channels << 3)),
  );
}

function aacFacts(audioSpecificConfig: Uint8Array): SoundFacts | undefined {
  const config = attempt(() => parseAudioSpecificConfig(audioSpecificConfig));
  return (
    config && {
      codecString: `mp4a.40.${config.objectType}`,
      sampleRate: config.sampleRate,
      audioSpecificConfig,
    }
  );
}

/** A frame of LATM behind LOAS' sync word, that carries its configuration (ISO 14496-3, 1.7.2 and 1.7.3). */
function readLoas(frame: Uint8Array): SoundFacts | undefined {
  if (frame[0] !== 0x56 || ((frame[1] ?? 0) & 0xe0) !== 0xe0) return undefined;
  return attempt(() => {
    const bits = new BitReader(frame, "The LATM frame");
    bits.skip(24);
    const usesConfigBefore = bits.flag();
    if (usesConfigBefore) return undefined;
    const version = bits.bits(1);
    // Only the plain one is in use: one program with one layer.
    if (version !== 0) return undefined;
    bits.skip(1);
    const [subFrames, programs, layers] = [bits.bits(6), bits.bits(4), bits.bits(3)];
    if (subFrames !== 0 || programs !== 0 || layers !== 0) return undefined;
    return readLatmConfig(bits);
  });
}

/** An AudioSpecificConfig that begins inside of a byte, as the shortest one that says the same. */
function readLatmConfig(bits: BitReader): SoundFacts | undefined {
  const objectType = bits.bits(5);
  const rateIndex = bits.bits(4);
  if (objectType === 31 || rateIndex === 15) return undefined;
  const channels = bits.bits(4);
  const head = (objectType << 11) | (rateIndex << 7) | (channels << 3);
  if (objectType === AAC_LC) return aacFacts(Uint8Array.of(head >> 8, head & 0xff));
  // HE-AAC: the rate of the extension, then what kind the core is of.
  const extensionIndex = bits.bits(4);
  const coreType = bits.bits(5);
  if (extensionIndex === 15 || coreType !== AAC_LC) return undefined;
  const tail = (extensionIndex << 7) | (coreType << 2);
  return aacFacts(Uint8Array.of(head >> 8, (head & 0xff) | (tail >> 8), tail & 0xff, 0));
}

const MPEG1_RATES = [44_100, 48_000, 32_000];
const LAYER_3 = 1;
const MPEG_1 = 3;
const MPEG_2 = 2;

/** A frame of MPEG-1 or MPEG-2 sound (ISO 11172-3, 2.4.1.3; ISO 13818-3, 2.4.1.3). */
function readMpeg(frame: Uint8Array): SoundFacts | undefined {
  const [sync, flags = 0, second = 0] = frame;
  if (frame.length < 4 || sync !== 0xff || (flags & 0xe0) !== 0xe0) return undefined;
  const version = (flags >> 3) & 3;
  const layer = (flags >> 1) & 3;
  const rate = MPEG1_RATES[(second >> 2) & 3];
  if (rate === undefined || layer === 0 || version === 1 || second >> 4 === 0x0f) return undefined;
  const sampleRate = version === MPEG_1 ? rate : version === MPEG_2 ? rate / 2 : rate / 4;
  // The name that Apple's and all browsers' players know MP3 by in HLS; the other layers have none.
  return { codecString: layer === LAYER_3 ? "mp4a.40.34" : null, sampleRate };
}

const AC3_RATES = [48_000, 44_100, 32_000];

/** A frame of AC-3 or E-AC-3 (ETSI TS 102 366, 4.3 and E.1.2). */
function readAc3(frame: Uint8Array, kind: "ac-3" | "ec-3"): SoundFacts | undefined {
  if (frame.length < 5 || frame[0] !== 0x0b || frame[1] !== 0x77) return undefined;
  const byte = frame[4] ?? 0;
  const rate = AC3_RATES[byte >> 6];
  if (rate !== undefined) return { codecString: kind, sampleRate: rate };
  // E-AC-3 has halves of those rates, too.
  const half = kind === "ec-3" ? AC3_RATES[(byte >> 4) & 3] : undefined;
  return half === undefined ? undefined : { codecString: kind, sampleRate: half / 2 };
}
