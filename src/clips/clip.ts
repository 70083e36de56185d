export const clipKinds = ["timelapse", "moment", "clip"] as const;
export type ClipKind = (typeof clipKinds)[number];

/** A short film, made here or adopted from an earlier tool. Times in ms UTC. */
export type Clip = {
  /** Its number; adopted ones have none. */
  id?: number;
  kind: ClipKind;
  channel: string;
  /** What it shows. */
  startMs: number;
  endMs: number;
  /** The local date or time that names it: `2026-06-18` or `2026-06-18T17:45:24`, in the channel's zone. */
  localTime: string;
  isWholeDay: boolean;
  /** Length of the film itself; absent where it is not known. */
  durationMs?: number;
  sizeBytes: number;
  createdMs: number;
  hasGif: boolean;
  /** Another tool made it: it is never changed or deleted. */
  isAdopted: boolean;
};

/** A film that was made and is to be kept. */
export type NewClip = Pick<
  Clip,
  "kind" | "channel" | "startMs" | "endMs" | "localTime" | "isWholeDay" | "durationMs"
>;

/** Where a film is made: names that nobody else has, on the disk that it stays on. */
export type ClipPlace = {
  /** Absolute paths for the MP4 and, where one is wanted, the GIF; they lie in a folder that is there. */
  mp4: string;
  gif: string;
  /** Syncs what was made, gives it its names and its row. Throws `internal` when there is no MP4. */
  keep(clip: NewClip): Promise<Clip>;
  /** Removes what was made; to be called also when making failed. Nothing happens after `keep`. */
  drop(): Promise<void>;
};

export interface Clips {
  /** A place on the current storage for a film of a channel. Throws `unavailable` while the storage is missing or full. */
  place(channel: string, kind: ClipKind): Promise<ClipPlace>;
  /** Films of a kind, the newest first; of one channel or of all; adopted ones among them. */
  list(kind: ClipKind, channel?: string): Clip[];
  get(id: number): Clip | undefined;
  /** Absolute path of a film's file; `undefined` where it has none or its storage is not there. */
  path(clip: Clip, file: "mp4" | "gif"): string | undefined;
  /** Deletes one that was made here. Throws `not-found`; `conflict` while its storage is not there. */
  delete(id: number): Promise<void>;
}
