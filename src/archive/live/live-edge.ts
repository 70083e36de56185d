/** A piece of a segment that players can have before the segment is whole: whole pictures and the sound of their time. */
export type LivePart = {
  /** Length of its pictures in 90,000ths of a second. */
  durationTicks: number;
  /** It begins with a key frame. */
  isIndependent: boolean;
};

/** The parts of one segment, oldest first. A part that was told once never changes. */
export type LiveSegment = {
  run: string;
  /** The number that the segment has, or will have when it is stored. */
  mediaSequence: number;
  parts: readonly LivePart[];
  /** No part is added any more. */
  isClosed: boolean;
};

/** The newest of a channel's footage, in parts. */
export type LiveEdge = {
  /** What parts are made to last at most, in 90,000ths of a second; only a single picture may last longer. */
  partTargetTicks: number;
  /** The newest stored segments, oldest first. */
  stored: readonly LiveSegment[];
  /** The segment behind the last stored one; `undefined` while nothing is written. */
  next: LiveSegment | undefined;
  /** The part that comes next; `undefined` where it can't be told whether the segment goes on. */
  coming: LivePartName | undefined;
};

/** Names a part: its run, the media sequence number of its segment, and its number within it, from 0. */
export type LivePartName = { run: string; mediaSequence: number; part: number };

/** What a part consists of: a header, and payload in memory or in a stored segment. */
export type LivePartContent = {
  /** `moof` and the header of `mdat`, with media times counted through the whole channel. */
  header: Uint8Array;
  payload:
    | { pieces: readonly Uint8Array[] }
    /** Byte ranges of a stored segment, counted from the end of its header. */
    | { recording: string; ordinal: number; ranges: readonly { offsetBytes: number; sizeBytes: number }[] };
};

/** The live side of the archive. Nothing is made before somebody asks. */
export interface LiveFootage {
  /** `undefined` before anything was stored since the start of this program. */
  liveEdge(channel: string): LiveEdge | undefined;
  /** `undefined` when there is no such part, or not yet, or not any more. */
  livePart(channel: string, name: LivePartName): LivePartContent | undefined;
  /** Calls the listener when samples came, a segment was stored, or a run ended; the answer ends that. */
  onLiveChange(channel: string, listener: () => void): () => void;
}
