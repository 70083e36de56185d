import { NightjarError } from "../platform/errors.ts";
import { attempt, BitReader } from "./bits.ts";
import type { AudioParameters } from "./parameters.ts";

/** What an AudioSpecificConfig says (ISO 14496-3, 1.6.2.1). */
export type AudioSpecificConfig = {
  /** 2 AAC-LC, 5 HE-AAC, 29 HE-AAC v2, as it is announced. */
  objectType: number;
  /** Samples a second of the decoded sound: with SBR that of its extension. */
  sampleRate: number;
  /** Channels of the decoded sound. */
  channelCount: number;
  /** Samples of a frame of the decoded sound, at `sampleRate`. */
  frameTicks: number;
  /** Channels of the coded frames: 1 where HE-AAC v2 makes two of it. */
  codedChannelCount: number;
};

const LC = 2;
const SBR = 5;
const PS = 29;
const SYNC_EXTENSION = 0x2b7;

const SAMPLE_RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350,
];
const CHANNELS_BY_CONFIGURATION = [0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 0, 8];

/**
 * Reads an AudioSpecificConfig of the AAC kinds that browsers play: LC, and HE-AAC in all its signallings.
 * @throws NightjarError `unprocessable` when it is empty, cut off, or of another kind
 */
export function parseAudioSpecificConfig(asc: Uint8Array): AudioSpecificConfig {
  if (asc.length === 0) throw unsupported("an empty AudioSpecificConfig");
  const bits = new BitReader(asc, "The AudioSpecificConfig");
  const objectType = readObjectType(bits);
  const coreRate = readSampleRate(bits);
  const codedChannelCount = readChannelCount(bits);
  let sampleRate = coreRate;
  let coreType = objectType;
  if (objectType === SBR || objectType === PS) {
    sampleRate = readSampleRate(bits);
    coreType = readObjectType(bits);
  }
  if (coreType !== LC) throw unsupported(`AAC of object type ${coreType}; wanted: ${LC} (AAC-LC)`);
  // Some writers cut the flags off that are all zero.
  const coreFrame = bits.remainingBits > 0 && bits.flag() ? 960 : 1024;
  let hasPs = objectType === PS;
  if (objectType === LC) {
    const extension = attempt(() => readSyncExtension(bits));
    sampleRate = extension?.sampleRate ?? coreRate;
    hasPs = extension?.hasPs ?? false;
  }
  return {
    objectType,
    sampleRate,
    channelCount: hasPs && codedChannelCount === 1 ? 2 : codedChannelCount,
    frameTicks: Math.round((coreFrame * sampleRate) / coreRate),
    codedChannelCount,
  };
}

/** SBR announced behind what older decoders read (ISO 14496-3, 1.6.6.1). */
function readSyncExtension(bits: BitReader): { sampleRate: number; hasPs: boolean } | undefined {
  const dependsOnCoreCoder = bits.flag();
  bits.skip(dependsOnCoreCoder ? 15 : 1);
  if (bits.remainingBits < 16 || bits.bits(11) !== SYNC_EXTENSION) return undefined;
  if (readObjectType(bits) !== SBR || !bits.flag()) return undefined;
  const sampleRate = readSampleRate(bits);
  const hasPs = bits.remainingBits >= 12 && bits.bits(11) === 0x548 && bits.flag();
  return { sampleRate, hasPs };
}

function readObjectType(bits: BitReader): number {
  const type = bits.bits(5);
  return type === 31 ? 32 + bits.bits(6) : type;
}

function readSampleRate(bits: BitReader): number {
  const index = bits.bits(4);
  const rate = index === 15 ? bits.bits(24) : SAMPLE_RATES[index];
  if (rate !== undefined && rate >= 1000 && rate <= 192_000) return rate;
  throw unsupported(`a sampling rate of ${rate ?? `index ${index}`}; wanted: 1000 to 192000`);
}

function readChannelCount(bits: BitReader): number {
  const configuration = bits.bits(4);
  const count = CHANNELS_BY_CONFIGURATION[configuration] ?? 0;
  if (count > 0) return count;
  throw unsupported(`channel configuration ${configuration}; wanted: 1 to 7, 11, 12 or 14`);
}

const unsupported = (found: string): NightjarError =>
  new NightjarError("unprocessable", `The sound has ${found}`);

/**
 * A run's parameters of AAC sound.
 * @throws NightjarError `unprocessable` as `parseAudioSpecificConfig`
 */
export function audioParameters(asc: Uint8Array): AudioParameters {
  const config = parseAudioSpecificConfig(asc);
  return {
    kind: "audio",
    codec: "aac",
    timescale: config.sampleRate,
    channelCount: config.channelCount,
    audioSpecificConfig: asc.slice(),
    frameTicks: config.frameTicks,
    codecString: `mp4a.40.${config.objectType}`,
  };
}

const SILENT_MONO = Uint8Array.of(0x01, 0x18, 0x20, 0x07);
const SILENT_STEREO = Uint8Array.of(0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c);

/**
 * A raw AAC frame that decodes to silence, whatever the sampling rate and frame length: a channel pair for sound
 * that is coded in two channels, else one channel, with which every other configuration begins (ISO 14496-3,
 * Table 1.19). Decoders give the channels that are left out as silence.
 * @throws NightjarError `unprocessable` when the AudioSpecificConfig can't be read
 */
export function silentFrame(parameters: AudioParameters): Uint8Array {
  const { codedChannelCount } = parseAudioSpecificConfig(parameters.audioSpecificConfig);
  return (codedChannelCount === 2 ? SILENT_STEREO : SILENT_MONO).slice();
}
