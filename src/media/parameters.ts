/**
 * Codec parameters of a run: all that its init is built from, and nothing else (no bit rates, dates or encoder
 * names), so that two connections to the same camera give equal inits.
 */
export type VideoCodec = "h264" | "h265";

export type VideoParameters = {
  kind: "video";
  codec: VideoCodec;
  /** Ticks a second of all video times. Always 90,000 in footage that we write. */
  timescale: number;
  /** Size of the decoded picture after cropping, in pixels. */
  width: number;
  height: number;
  /** Pictures a second by the parameter sets' timing information, where they carry any. */
  frameRate?: number;
  /** NAL units without start code or length: H.264 SPS then PPS; H.265 VPS, SPS, PPS. Each at least once. */
  parameterSets: Uint8Array[];
  /** RFC 6381 codec string, e.g. `avc1.64001f` or `hvc1.1.6.L93.B0`. */
  codecString: string;
};

export type AudioParameters = {
  kind: "audio";
  codec: "aac";
  /** Ticks a second of all audio times: the sampling rate. */
  timescale: number;
  channelCount: number;
  /** AudioSpecificConfig (ISO 14496-3, 1.6.2.1); never empty. */
  audioSpecificConfig: Uint8Array;
  /** Samples per AAC frame in ticks of `timescale`: 1024, or 2048 with SBR, or 960. */
  frameTicks: number;
  /** RFC 6381 codec string, e.g. `mp4a.40.2`. */
  codecString: string;
};

/** Codec parameters of all tracks of a run. Footage without pictures is not recorded. */
export type RunParameters = { video: VideoParameters; audio?: AudioParameters };

export const VIDEO_TIMESCALE = 90_000;

/** One coded picture or audio frame. */
export type Sample = {
  sizeBytes: number;
  /** Ticks until the next sample of the track is decoded. */
  durationTicks: number;
  /** Presentation time minus decode time, in ticks; signed (ISO 14496-12 8.8.8, `trun` version 1). */
  compositionOffsetTicks: number;
  /** Whether decoding can begin here: an IDR picture, or a random access point. Always true for sound. */
  isKey: boolean;
};

export type TrackKind = "video" | "audio";

/** What a source hands on: at most half a second of one track, whatever the GOP. */
export type Fragment = {
  track: TrackKind;
  /** Decode time of the first sample in ticks since the run's zero; one zero for all tracks. May be negative. */
  decodeTicks: number;
  samples: Sample[];
  /** The samples' bytes, one after the other: length-prefixed NAL units (4 bytes), or raw AAC frames. */
  payload: Uint8Array;
  /** Monotonic time at which the last sample arrived, in milliseconds. */
  arrivalMs: number;
  /** Wall time of the first sample by the sender's own clock (RTCP), in milliseconds, where it is known. */
  senderMs?: number;
};
