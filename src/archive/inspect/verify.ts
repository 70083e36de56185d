import { basename, dirname, join, resolve } from "node:path";
import type { IndexDatabase } from "../../db/index/index-database.ts";
import { hasOwnFiles, isAged, type Recording, type RunRow } from "../../db/index/rows.ts";
import { segmentBytes, wholeKib, type Segment } from "../../media/segment-list.ts";
import type { Clock } from "../../platform/clock.ts";
import { errorText } from "../../platform/errors.ts";
import type { Files } from "../../platform/files.ts";
import { sha512Of } from "../aged/checksum.ts";
import {
  CHECKSUM_EXTENSION,
  checksumText,
  parseFilmJournal,
  type FilmJournal,
} from "../aged/film-journal.ts";
import { isOfParts } from "../files/part-paths.ts";
import { journalSegments, parseJournal, type Journal } from "../journal/journal.ts";
import { journalPathOf } from "../write/recording-paths.ts";
import type { Roots } from "../roots/root.ts";
import { crcOfRange } from "../write/segment-check.ts";

export type DamageKind =
  | "storage-missing"
  | "file-missing"
  | "file-unreadable"
  | "journal-missing"
  | "journal-damaged"
  | "index-differs"
  | "init-damaged"
  | "checksum-differs"
  | "checksum-missing"
  | "segment-damaged"
  | "segment-cut-off";

/** Something that is not as it was written. Times in ms UTC: the span of footage that it concerns. */
export type Damage = {
  kind: DamageKind;
  recording: string;
  channel: string;
  /** Path of the media file below its root. */
  path: string;
  startMs: number;
  endMs: number;
  detail: string;
};

export type VerifyReport = { recordings: number; segments: number; sizeBytes: number; damage: number };

export type VerifyOptions = {
  /** One channel; all by default. */
  channel?: string;
  /** Recordings that overlap `[fromMs, toMs)`. */
  fromMs?: number;
  toMs?: number;
  /** Bytes read per second at most, so that recording goes on undisturbed. */
  bytesPerSecond?: number;
  onDamage: (damage: Damage) => void;
  onProgress?: (progress: VerifyReport) => void;
  signal?: AbortSignal;
};

type Deps = { files: Files; index: IndexDatabase; roots: Pick<Roots, "pathOf">; clock: Clock };

/** Channels are gone through in spans of this length, so that memory stays bounded. */
const SPAN_MS = 24 * 3_600_000;
/** Journals of films that are kept, about 10 MB each for a whole day. */
const MAX_FILMS = 4;

const sameSegment = (a: Segment, b: Segment): boolean =>
  a.ordinal === b.ordinal &&
  a.startMs === b.startMs &&
  a.mediaTicks === b.mediaTicks &&
  a.durationTicks === b.durationTicks &&
  a.offsetBytes === b.offsetBytes &&
  a.headerBytes === b.headerBytes &&
  a.videoBytes === b.videoBytes &&
  a.audioBytes === b.audioBytes &&
  wholeKib(a.activityBytes) === wholeKib(b.activityBytes) &&
  a.file?.name === b.file?.name &&
  a.file?.mtimeMs === b.file?.mtimeMs;

/** `isWhole`: its bytes are those that were proved. */
type ReadFilm = { journal: FilmJournal | undefined; isWhole: boolean };

type Found = (kind: DamageKind, detail: string, span?: { startMs: number; endMs: number }) => void;

class Verifier {
  readonly report: VerifyReport = { recordings: 0, segments: 0, sizeBytes: 0, damage: 0 };
  readonly #startedMs: number;
  #readBytes = 0;
  /** Films that were read last, by their paths: the recordings of one follow one another, or those of another of the day. */
  readonly #films = new Map<string, ReadFilm>();

  constructor(
    private readonly deps: Deps,
    private readonly options: VerifyOptions,
  ) {
    this.#startedMs = deps.clock.monotonicMs();
  }

  async recording(recording: Recording): Promise<void> {
    const { files, index, roots } = this.deps;
    const { startMs, endMs } = recording;
    const found = (kind: DamageKind, detail: string, span = { startMs, endMs }): void => {
      this.report.damage += 1;
      const { id, channel, path } = recording;
      this.options.onDamage({ kind, recording: id, channel, path, ...span, detail });
    };
    this.report.recordings += 1;
    const root = roots.pathOf(recording.root);
    if (root === undefined) return found("storage-missing", `storage ${recording.root} is not there`);
    const mediaPath = join(root, recording.path);
    if (isAged(recording)) return await this.#aged(mediaPath, recording, found);
    const journal = await this.#journal(journalPathOf(mediaPath), found);
    if (journal) this.#compare(recording, journal, found);
    try {
      if (hasOwnFiles(recording)) return await this.#segments(mediaPath, recording, journal, found);
      if ((await files.stat(mediaPath)) === undefined)
        return found("file-missing", "the media file is not there");
      const run = index.run(recording.run);
      if (run) await this.#init(mediaPath, recording, run, found);
      await this.#segments(mediaPath, recording, journal, found);
    } catch (error) {
      found("file-unreadable", errorText(error));
    }
  }

  /** A recording of a film. The whole film is read once; only where that differs, segment by segment. */
  async #aged(mediaPath: string, recording: Recording, found: Found): Promise<void> {
    const { files, index } = this.deps;
    try {
      const film = this.#films.get(mediaPath) ?? (await this.#readFilm(mediaPath, found));
      this.#films.delete(mediaPath);
      this.#films.set(mediaPath, film);
      for (const oldest of this.#films.keys()) {
        if (this.#films.size <= MAX_FILMS) break;
        this.#films.delete(oldest);
      }
      const journal = film.journal?.parts.find(({ head }) => head.recording === recording.id);
      if (film.journal && !journal)
        found("index-differs", `recording ${recording.id} is not in the film's journal`);
      for (const problem of journal?.problems ?? []) found("journal-damaged", problem);
      if (journal) this.#compare(recording, journal, found);
      const run = index.run(recording.run);
      if (run && recording.baseOffsetBytes === run.init.length)
        await this.#init(mediaPath, recording, run, found);
      if (!film.isWhole && (await files.stat(mediaPath))) {
        await this.#segments(mediaPath, recording, journal, found);
        return;
      }
      this.report.segments += recording.segments.length;
      this.report.sizeBytes += recording.sizeBytes;
    } catch (error) {
      found("file-unreadable", errorText(error));
    }
  }

  /** A film, its journal and its checksum file against one another. */
  async #readFilm(path: string, found: Found): Promise<ReadFilm> {
    const { files } = this.deps;
    if ((await files.stat(path)) === undefined) {
      found("file-missing", "the film is not there");
      return { journal: undefined, isWhole: false };
    }
    const journal = await files
      .read(journalPathOf(path))
      .then(parseFilmJournal)
      .catch((error: unknown) => found("journal-missing", errorText(error)));
    const sha512 = await sha512Of(files, path, { onRead: (bytes) => this.#pace(bytes) });
    const wanted = checksumText(sha512, basename(path));
    const said = await files.read(path + CHECKSUM_EXTENSION).catch(() => undefined);
    if (said === undefined) found("checksum-missing", `${basename(path)}${CHECKSUM_EXTENSION} is not there`);
    else if (new TextDecoder().decode(said) !== wanted)
      found("checksum-differs", `the film's SHA-512 is not what ${basename(path)}${CHECKSUM_EXTENSION} says`);
    if (journal && journal.film.sha512 !== sha512)
      found("checksum-differs", "the film's SHA-512 is not what its journal says");
    for (const problem of journal?.problems ?? []) found("journal-damaged", problem);
    return { journal: journal ?? undefined, isWhole: journal?.film.sha512 === sha512 };
  }

  async #journal(
    path: string,
    found: (kind: DamageKind, detail: string) => void,
  ): Promise<Journal | undefined> {
    try {
      const journal = parseJournal(await this.deps.files.read(path));
      for (const problem of journal.problems) found("journal-damaged", problem);
      return journal;
    } catch (error) {
      found("journal-missing", errorText(error));
      return undefined;
    }
  }

  #compare(recording: Recording, journal: Journal, found: (kind: DamageKind, detail: string) => void): void {
    if (journal.head.recording !== recording.id)
      return found("index-differs", `the journal is of recording ${journal.head.recording}`);
    const inJournal = new Map(journalSegments(journal).map((segment) => [segment.ordinal, segment]));
    const differing = recording.segments.filter((segment) => {
      const other = inJournal.get(segment.ordinal);
      return other === undefined || !sameSegment(segment, other);
    });
    if (differing.length > 0)
      found("index-differs", `${differing.length} segments are not in the journal as they are in the index`);
    const extra = inJournal.size - (recording.segments.length - differing.length);
    if (extra > 0 && differing.length === 0)
      found("index-differs", `${extra} segments are in the journal only`);
  }

  async #init(
    mediaPath: string,
    recording: Recording,
    run: RunRow,
    found: (kind: DamageKind, detail: string) => void,
  ): Promise<void> {
    if (recording.baseOffsetBytes === 0) return;
    const bytes = await this.deps.files.readRange(mediaPath, 0, recording.baseOffsetBytes);
    if (!Buffer.from(bytes).equals(Buffer.from(run.init)))
      found("init-damaged", "the file does not begin with its run's init");
  }

  async #segments(
    mediaPath: string,
    recording: Recording,
    journal: Journal | undefined,
    found: (kind: DamageKind, detail: string, span: { startMs: number; endMs: number }) => void,
  ): Promise<void> {
    const crcs = new Map(journal?.entries.map(({ ordinal, crc32 }) => [ordinal, crc32]));
    for (const [i, segment] of recording.segments.entries()) {
      if (this.options.signal?.aborted) return;
      const lengthBytes = segmentBytes(segment);
      const offsetBytes = recording.baseOffsetBytes + segment.offsetBytes;
      const span = {
        startMs: segment.startMs,
        endMs: recording.segments[i + 1]?.startMs ?? recording.endMs,
      };
      const path = segment.file ? resolve(dirname(mediaPath), segment.file.name) : mediaPath;
      if (segment.file) {
        const { name } = segment.file;
        const file = await this.deps.files.stat(path);
        if (!file) found("file-missing", `segment ${segment.ordinal}: ${name} is not there`, span);
        else if (file.sizeBytes > lengthBytes && !isOfParts(recording))
          found(
            "segment-damaged",
            `segment ${segment.ordinal}: ${name} has grown to ${file.sizeBytes} bytes`,
            span,
          );
        if (!file) continue;
      }
      const crc = await crcOfRange(this.deps.files, path, offsetBytes, lengthBytes);
      const wanted = crcs.get(segment.ordinal);
      if (crc === undefined)
        found(
          "segment-cut-off",
          `segment ${segment.ordinal}: the file ends before byte ${offsetBytes + lengthBytes}`,
          span,
        );
      else if (wanted !== undefined && crc !== wanted)
        found(
          "segment-damaged",
          `segment ${segment.ordinal}: its ${lengthBytes} bytes at ${offsetBytes} have changed`,
          span,
        );
      this.report.segments += 1;
      this.report.sizeBytes += lengthBytes;
      await this.#pace(lengthBytes);
    }
  }

  async #pace(readBytes: number): Promise<void> {
    this.#readBytes += readBytes;
    const { bytesPerSecond, signal } = this.options;
    if (bytesPerSecond === undefined) return;
    const dueMs = this.#startedMs + (this.#readBytes / bytesPerSecond) * 1000;
    const waitMs = dueMs - this.deps.clock.monotonicMs();
    if (waitMs > 0) await this.deps.clock.sleep(waitMs, signal);
  }
}

/**
 * Reads closed recordings and compares them: bytes with their checksums, journals with the index, files with both.
 * Changes nothing. Memory is bounded by a day's segment lists of one channel.
 */
export async function verifyFootage(deps: Deps, options: VerifyOptions): Promise<VerifyReport> {
  const verifier = new Verifier(deps, options);
  for (const { channel, startMs, endMs } of deps.index.totals()) {
    if (options.channel !== undefined && channel.toLowerCase() !== options.channel.toLowerCase()) continue;
    const toMs = Math.min(endMs, options.toMs ?? Infinity);
    let fromMs = Math.max(startMs, options.fromMs ?? -Infinity);
    let isFirst = true;
    for (; fromMs < toMs && !options.signal?.aborted; fromMs += SPAN_MS) {
      const untilMs = Math.min(fromMs + SPAN_MS, toMs);
      for (const row of deps.index.rowsBetween(channel, fromMs, untilMs)) {
        // One that began before this span was part of the one before it.
        if (!isFirst && row.startMs < fromMs) continue;
        if (options.signal?.aborted) break;
        const recording = deps.index.recording(row.id);
        if (recording?.state === "closed") await verifier.recording(recording);
        options.onProgress?.(verifier.report);
      }
      isFirst = false;
    }
  }
  return verifier.report;
}
