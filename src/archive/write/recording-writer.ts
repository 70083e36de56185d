import { journalPathOf } from "./recording-paths.ts";
import { crc32 } from "node:zlib";
import type { KeptSegment } from "../../capture/recording-sink.ts";
import type { Recording, RecordingRow } from "../../db/index/rows.ts";
import { buildSegmentHeader } from "../../media/fmp4/segment.ts";
import type { RunEnd } from "../../media/reasons.ts";
import { segmentBytes, wholeKib, type Segment } from "../../media/segment-list.ts";
import { ticksToMs } from "../../media/ticks.ts";
import type { Files, OpenFile } from "../../platform/files.ts";
import { isDiskFull } from "./disk-end.ts";
import {
  journalEnd,
  journalEntry,
  journalHead,
  journalSynced,
  type JournalHead,
} from "../journal/journal.ts";
import { JournalFile, type WriteFigures } from "../journal/journal-file.ts";
import type { RunSegment } from "./segment-types.ts";

export type NewRecording = {
  /** The intent: already committed as `open`. */
  row: RecordingRow;
  head: JournalHead;
  init: Uint8Array;
  /** Absolute path of the media file; its folder is there. */
  mediaPath: string;
  /** Folders whose names have to be made durable with this recording's first sync. */
  folders: readonly string[];
  /** Media time of the file's zero in ticks since the run's first picture. */
  zeroTicks: number;
  /** What makes of sound ticks since the run's first picture those since the file's sound base. */
  audioOffsetTicks: number;
  /** When the next segment has to begin a new file: ms UTC, and bytes of the file. */
  changeMs: number;
  maxBytes: number;
  /** What the journal says of the length of its longest entry. */
  targetSeconds: number;
};

/** A segment that is kept byte for byte; its time since the run's zero in ticks of the pictures. */
export type KeptRunSegment = Omit<KeptSegment, "startMs"> & { startTicks: number };

/** How often the last lines of a journal are tried again on a full disk before the recording closes without. */
const MAX_FULL_ROUNDS = 12;

/**
 * One recording while it is written: the media file and its journal. Appends follow each other; syncs run beside
 * them. After a failed write both files are cut back to the last whole segment; after a failed sync nothing but
 * what was synced before counts.
 */
export class RecordingWriter {
  readonly row: RecordingRow;
  readonly head: JournalHead;
  readonly mediaPath: string;
  readonly changeMs: number;
  readonly maxBytes: number;
  readonly targetSeconds: number;
  readonly #new: NewRecording;
  readonly #media: OpenFile;
  readonly #journal: JournalFile;
  readonly #figures: WriteFigures;
  readonly #segments: Segment[] = [];
  /** CRC-32 of the bytes of each segment. */
  readonly #crcs: number[] = [];
  readonly #entryEndsBytes: number[] = [];
  #mediaBytes = 0;
  #unsyncedFolders: readonly string[];
  #syncedCount = 0;
  #fullRounds = 0;
  #end: RunEnd | undefined;
  #isEndWritten = false;
  #state: "writing" | "finished" | "closable" | "abandoned" = "writing";
  #snapshot: Recording | undefined;

  private constructor(recording: NewRecording, media: OpenFile, journal: OpenFile, figures: WriteFigures) {
    this.#new = recording;
    this.row = recording.row;
    this.head = recording.head;
    this.mediaPath = recording.mediaPath;
    this.changeMs = recording.changeMs;
    this.maxBytes = recording.maxBytes;
    this.targetSeconds = recording.targetSeconds;
    this.#unsyncedFolders = recording.folders;
    this.#media = media;
    this.#journal = new JournalFile(journal, figures);
    this.#figures = figures;
  }

  /** Makes both files and writes the init and the journal's head. Rejects with `EEXIST` when a name is taken. */
  static async create(
    files: Files,
    recording: NewRecording,
    figures: WriteFigures,
  ): Promise<RecordingWriter> {
    const media = await files.create(recording.mediaPath);
    let journal: OpenFile | undefined;
    try {
      journal = await files.create(journalPathOf(recording.mediaPath));
      const writer = new RecordingWriter(recording, media, journal, figures);
      await writer.#writeMedia([recording.init]);
      await writer.#journal.append(journalHead(recording.head, recording.targetSeconds));
      return writer;
    } catch (error) {
      for (const file of [media, journal]) {
        if (!file) continue;
        await file.close().catch(() => {});
        await files.unlink(file.path).catch(() => {});
      }
      throw error;
    }
  }

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  /** How the run ended, when it ended with this recording. */
  get end(): RunEnd | undefined {
    return this.#end;
  }

  /** Whether the journal says how the run ended, or need not. */
  get isEndWritten(): boolean {
    return this.#isEndWritten || this.#end === undefined;
  }

  /** Whether no segment follows any more. */
  get isFinished(): boolean {
    return this.#state !== "writing";
  }

  /** Whether all that counts is durable, so that the row may say so. */
  get isClosable(): boolean {
    return this.#state === "closable";
  }

  get sizeBytes(): number {
    return this.#mediaBytes;
  }

  /** Wall time of the end of the last picture. */
  get endMs(): number {
    const last = this.#segments.at(-1);
    if (!last) return this.row.startMs;
    return last.startMs + ticksToMs(last.durationTicks, this.head.run.videoTimescale);
  }

  /** The recording as readers see it: what is whole. */
  recording(): Recording {
    if (this.#snapshot?.segmentCount === this.#segments.length) return this.#snapshot;
    const segmentCount = this.#segments.length;
    this.#snapshot = {
      ...this.row,
      endMs: this.endMs,
      sizeBytes: this.#mediaBytes,
      segmentCount,
      version: segmentCount,
      segments: this.#segments.slice(),
    };
    return this.#snapshot;
  }

  /** CRC-32 of the bytes of a segment. */
  crcOf({ ordinal }: Segment): number | undefined {
    return this.#crcs[ordinal];
  }

  /** Appends one segment, media first, then its entry; it is part of `segments` when this resolves. */
  async append(segment: RunSegment, startMs: number): Promise<Segment> {
    const mediaTicks = segment.video.startTicks - this.#new.zeroTicks;
    const header = buildSegmentHeader({
      sequenceNumber: this.#segments.length + 1,
      video: { decodeTicks: mediaTicks, samples: segment.video.samples },
      ...(segment.audio && {
        audio: {
          decodeTicks: segment.audio.startTicks + this.#new.audioOffsetTicks,
          samples: segment.audio.samples,
        },
      }),
    });
    return this.#store([header, ...segment.video.payload, ...(segment.audio?.payload ?? [])], {
      startMs,
      mediaTicks,
      durationTicks: segment.durationTicks,
      headerBytes: header.length,
      videoBytes: segment.video.sizeBytes,
      audioBytes: segment.audio?.sizeBytes ?? 0,
      activityBytes: wholeKib(segment.activityBytes),
    });
  }

  /** Appends one segment as it came; all of its bytes count as those of pictures. */
  appendKept(segment: KeptRunSegment, startMs: number): Promise<Segment> {
    return this.#store([segment.bytes], {
      startMs,
      mediaTicks: segment.startTicks - this.#new.zeroTicks,
      durationTicks: segment.durationTicks,
      headerBytes: 0,
      videoBytes: segment.bytes.length,
      audioBytes: 0,
      activityBytes: wholeKib(segment.activityBytes),
    });
  }

  async #store(
    parts: readonly Uint8Array[],
    facts: Omit<Segment, "ordinal" | "offsetBytes">,
  ): Promise<Segment> {
    const stored: Segment = {
      ordinal: this.#segments.length,
      offsetBytes: this.#mediaBytes - this.head.baseOffsetBytes,
      ...facts,
    };
    const crc = parts.reduce((crc, part) => crc32(part, crc), 0);
    const mediaBytes = this.#mediaBytes;
    try {
      await this.#writeMedia(parts);
      await this.#journal.append(journalEntry(this.head, { ...stored, crc32: crc }));
      if (this.#state !== "writing") throw new Error(`${this.mediaPath} was given up`);
    } catch (error) {
      await this.#cutTo(mediaBytes);
      throw error;
    }
    this.#segments.push(stored);
    this.#crcs.push(crc);
    this.#entryEndsBytes.push(this.#journal.sizeBytes);
    return stored;
  }

  /** No segment follows; `end` when the run ended with this one. The next sync makes it closable. */
  finish(end: RunEnd | undefined): void {
    this.#end ??= end;
    if (this.#state === "writing") this.#state = "finished";
  }

  /**
   * Makes everything durable that is whole now, and then says so in the journal. `syncFolder` syncs each folder
   * once for all recordings of a round. After a rejection the recording has to be abandoned.
   */
  async sync(syncFolder: (path: string) => Promise<void>): Promise<void> {
    if (this.#state !== "writing" && this.#state !== "finished") return;
    const isLast = this.#state === "finished";
    const count = this.#segments.length;
    if (!isLast && count === this.#syncedCount && this.#unsyncedFolders.length === 0) return;
    await Promise.all([
      ...this.#unsyncedFolders.map(syncFolder),
      this.#datasyncMedia(),
      this.#journal.datasync(),
    ]);
    this.#unsyncedFolders = [];
    if (this.#isGivenUp()) return;
    const end = this.#end;
    const lines = `${count > this.#syncedCount ? journalSynced(count) : ""}${isLast ? journalEnd(end) : ""}`;
    try {
      await this.#journal.append(lines);
      this.#isEndWritten = isLast && end !== undefined;
    } catch (error) {
      // Everything else is durable; the row can wait until there is room for the last lines, but not for ever.
      if (!isDiskFull(error)) throw error;
      if (isLast) this.#fullRounds += 1;
      if (this.#fullRounds < MAX_FULL_ROUNDS) return;
    }
    this.#syncedCount = count;
    if (!isLast) return;
    await this.#journal.datasync();
    await this.#release();
    this.#state = "closable";
  }

  /**
   * A sync failed: what it should have made durable is not trusted, whatever a second try would say. Leaves the
   * segments that were synced before.
   */
  async abandon(end: RunEnd): Promise<void> {
    if (this.#isGivenUp()) return;
    this.#state = "abandoned";
    this.#end = end;
    this.#segments.length = this.#syncedCount;
    this.#snapshot = undefined;
    const last = this.#segments.at(-1);
    this.#mediaBytes = this.head.baseOffsetBytes + (last ? last.offsetBytes + segmentBytes(last) : 0);
    // The disk may refuse it; the row tells the truth without it.
    await this.#cutJournalToSynced(end).catch(() => {});
    await this.#release();
    this.#state = "closable";
  }

  /** Closes both files and leaves everything as it is, for recovery: the storage went away. */
  async leave(): Promise<void> {
    this.#state = "abandoned";
    await this.#release();
  }

  /** Others may give it up while a sync is under way. */
  #isGivenUp(): boolean {
    return this.#state === "abandoned" || this.#state === "closable";
  }

  async #cutJournalToSynced(end: RunEnd): Promise<void> {
    const keepBytes = this.#entryEndsBytes[this.#syncedCount - 1];
    if (keepBytes === undefined) return;
    await this.#journal.cutTo(keepBytes);
    await this.#journal.append(`${journalSynced(this.#syncedCount)}${journalEnd(end)}`);
    this.#isEndWritten = true;
  }

  async #release(): Promise<void> {
    await Promise.all([this.#media.close().catch(() => {}), this.#journal.close().catch(() => {})]);
  }

  async #datasyncMedia(): Promise<void> {
    this.#figures.syncs += 1;
    await this.#media.datasync();
  }

  async #writeMedia(parts: readonly Uint8Array[]): Promise<void> {
    const sizeBytes = parts.reduce((sum, part) => sum + part.length, 0);
    await this.#media.write(parts, this.#mediaBytes);
    this.#mediaBytes += sizeBytes;
    this.#figures.bytesWritten += sizeBytes;
  }

  /** After a failed write: both files end with the last whole segment again, as far as the disk lets them. */
  async #cutTo(mediaBytes: number): Promise<void> {
    if (this.#state !== "writing") return;
    this.#mediaBytes = mediaBytes;
    await this.#media.truncate(mediaBytes).catch(() => {});
    await this.#journal.cutTo(this.#journal.sizeBytes).catch(() => {});
  }
}
