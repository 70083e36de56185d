import { hasOwnFiles, isAged, type RecordingRow, type RunRow } from "../../db/index/rows.ts";
import { addDays } from "../../platform/zone.ts";
import { StorageMissing } from "../../capture/recording-sink.ts";
import type { WriteContext } from "../write/write-context.ts";
import { Arrivals } from "./arrivals.ts";
import { FileBirths } from "./file-births.ts";
import { FileDay } from "./file-day.ts";
import type { FoundFile } from "./file-footage.ts";
import { dateOfPath, isForeignFile } from "./file-paths.ts";
import type { FileRecording, FileSnapshot } from "./file-recording.ts";
import { fileSegment, plainSegment, type FileSegment } from "./file-segment.ts";
import { JoinedTimes } from "./joined-times.ts";
import { loadFiles } from "./load-files.ts";
import { isOfParts } from "./part-paths.ts";
import type { ReplacedFiles } from "./replaced-files.ts";

/** Days that are kept in memory though nothing of them changed, about 3 MB each. */
const MAX_IDLE_DAYS = 3;
/** How long they are kept, in ms. */
const IDLE_MS = 600_000;
/** Recordings before a day that are looked at for the end of the one before it. */
const MAX_LOOKED_AT = 100;

/** Files of one channel as segments: what is in memory of them, and how they change. */
export class FileChannel {
  readonly id: string;
  readonly arrivals: Arrivals;
  readonly #context: WriteContext;
  readonly #zone: () => string;
  readonly #days = new Map<string, FileDay>();
  readonly #births: FileBirths;
  readonly #times: JoinedTimes;
  readonly #replaced: ReplacedFiles;
  #dates: readonly string[] | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #changes = 0;

  constructor(
    context: WriteContext,
    id: string,
    settings: { zone: () => string; settleMs: () => number; replaced: ReplacedFiles },
  ) {
    this.id = id;
    this.#replaced = settings.replaced;
    this.#context = context;
    this.#zone = settings.zone;
    this.arrivals = new Arrivals(context.clock, settings.settleMs);
    this.#births = new FileBirths(context, id);
    this.#times = new JoinedTimes(
      (segment, step) => this.#beside(segment, step),
      ({ recording }) => this.#touch(recording),
    );
  }

  /** One change after the other: each waits for those that were asked for before it. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn
      .catch(() => {})
      .then(work)
      .finally(() => this.#forgetIdle());
    this.#turn = turn;
    return turn;
  }

  /** Rises with each change. */
  get changes(): number {
    return this.#changes;
  }

  /** Dates of which there are files, in order. */
  get dates(): readonly string[] {
    if (this.#dates) return this.#dates;
    const dates = new Set(this.#context.index.fileDates(this.id));
    for (const { date, segments } of this.#days.values()) {
      if (segments.length > 0) dates.add(date);
      else dates.delete(date);
    }
    this.#dates = [...dates].sort();
    return this.#dates;
  }

  /** The files of a date; read from their journals when they are not in memory. In turn. */
  async day(date: string): Promise<FileDay> {
    let day = this.#days.get(date);
    if (!day) {
      day = new FileDay(date);
      for (const row of this.#context.index.fileRows(this.id, date)) await this.#load(day, row);
      this.#days.set(date, day);
    }
    day.usedMs = this.#context.clock.monotonicMs();
    return day;
  }

  /** Reads a recording. A file is one segment: where two recordings name it, the one that knows it as it was last. */
  async #load(day: FileDay, row: RecordingRow): Promise<void> {
    if (isOfParts(row)) return;
    const loaded = await loadFiles(this.#context, row, day.date, this.#zone());
    if (!loaded) return;
    day.recordings.set(row.id, loaded.recording);
    for (const file of loaded.files) {
      const twin = day.named(file.file.name);
      const isTwin = twin && (isForeignFile(file.file.name) || twin.recording.facts.root === row.root);
      if (isTwin && twin.mtimeMs >= file.mtimeMs) loaded.recording.touch();
      else {
        if (isTwin) this.#take(day, twin);
        day.insert(file);
      }
    }
  }

  /** See `FileFootage.putFile`; in turn. */
  async put(file: FoundFile): Promise<void> {
    const root = this.#context.roots.current();
    if ("missing" in root) throw new StorageMissing(root.missing);
    const day = await this.day(file.date);
    const named = day.named(file.name);
    const isHere = named?.recording.facts.root === root.id || isForeignFile(file.name);
    const old = isHere ? named : undefined;
    if (old && isSame(old, file)) {
      if (old.mtimeMs === file.mtimeMs) return;
      old.mtimeMs = file.mtimeMs;
      old.file = { ...old.file, mtimeMs: file.mtimeMs };
      this.#touch(old.recording);
      return;
    }
    const recording = await this.#births.recording(day, file, { root, zone: this.#zone() });
    const isLate = old?.startMs === file.startMs ? old.file.isLate : this.arrivals.isLate(file.startMs);
    const segment = fileSegment(file, recording, { ordinal: recording.nextOrdinal, isLate });
    // What has to be read is read before anything changes.
    const [former, latter] = old ? [await this.#beside(old, -1), await this.#beside(old, 1)] : [];
    await this.#beside(segment, -1);
    await this.#beside(segment, 1);
    recording.nextOrdinal += 1;
    if (old) this.#replace(day, old);
    day.insert(segment);
    this.#touch(recording);
    if (!this.#dates?.includes(day.date)) this.#dates = undefined;
    if (old) {
      await this.#settleGap(old, latter);
      await this.#times.join(former, latter);
    } else if (!segment.recording.facts.isForeign) this.#context.figures.bytesWritten += file.sizeBytes;
    await this.#times.place(segment);
    await this.#settleGap(segment, await this.#beside(segment, 1));
    this.arrivals.arrived(file.startMs);
  }

  /** See `FileFootage.dropFile`; in turn. */
  async drop(date: string, name: string): Promise<void> {
    const day = await this.day(date);
    const old = day.named(name);
    if (!old) return;
    const [former, latter] = [await this.#beside(old, -1), await this.#beside(old, 1)];
    this.#replace(day, old);
    if (day.segments.length === 0) this.#dates = undefined;
    await this.#settleGap(old, latter);
    await this.#times.join(former, latter);
  }

  /** Whether journal and index lack anything that is here; costs less than `changed`. */
  get isChanged(): boolean {
    return [...this.#days.values()].some((day) => day.isChanged);
  }

  /** Recordings that are not in journal and index as they are here; those without a file are to go. */
  changed(): FileSnapshot[] {
    return [...this.#days.values()].flatMap((day) =>
      [...day.recordings.values()]
        .filter((recording) => recording.isChanged)
        .map((recording) => this.#snapshot(day, recording)),
    );
  }

  /** A recording that is not in journal and index as it is here. */
  changedById(id: string): FileSnapshot | undefined {
    for (const day of this.#days.values()) {
      const recording = day.recordings.get(id);
      if (recording?.isChanged) return this.#snapshot(day, recording);
    }
    return undefined;
  }

  /** The run of a changed recording. */
  run(id: string): RunRow | undefined {
    return this.#births.run(id);
  }

  /** Journal and index have a recording as it was then. One without a file is forgotten. */
  stored({ recording: { id }, version, files }: FileSnapshot): void {
    for (const day of this.#days.values()) {
      const recording = day.recordings.get(id);
      if (!recording) continue;
      recording.stored(version);
      if (files.length === 0 && !recording.isChanged) day.recordings.delete(id);
    }
  }

  /** Recordings that were deleted; in turn. */
  forget(ids: readonly string[]): void {
    for (const day of this.#days.values())
      for (const id of ids) {
        const recording = day.recordings.get(id);
        if (recording) day.forget(recording);
      }
    this.#dates = undefined;
    this.#changes += 1;
  }

  /** A storage came or went: what is not waiting to be written is read again; in turn. */
  async rootsChanged(): Promise<void> {
    const { index, roots } = this.#context;
    for (const day of this.#days.values()) {
      if (!day.isChanged) this.#days.delete(day.date);
      for (const recording of day.recordings.values()) {
        if (!recording.isAway || roots.pathOf(recording.facts.root) === undefined) continue;
        day.forget(recording);
        const row = index.recording(recording.facts.id);
        if (row?.state === "closed") await this.#load(day, row);
      }
    }
    this.#dates = undefined;
    this.#changes += 1;
  }

  #forgetIdle(): void {
    const nowMs = this.#context.clock.monotonicMs();
    const idle = [...this.#days.values()].filter((day) => !day.isChanged).sort((a, b) => b.usedMs - a.usedMs);
    for (const [place, day] of idle.entries())
      if (place >= MAX_IDLE_DAYS || nowMs - day.usedMs > IDLE_MS) this.#days.delete(day.date);
  }

  #touch(recording: FileRecording): void {
    recording.touch();
    this.#changes += 1;
  }

  #take(day: FileDay, old: FileSegment): void {
    day.remove(old);
    this.#touch(old.recording);
  }

  /** The same of a file that may have been put aside, and can be read there. */
  #replace(day: FileDay, old: FileSegment): void {
    if (!isForeignFile(old.file.name)) {
      const { recording } = this.#snapshot(day, old.recording);
      this.#replaced.note(recording, plainSegment(old, recording.baseTicks));
    }
    this.#take(day, old);
  }

  #snapshot(day: FileDay, recording: FileRecording): FileSnapshot {
    return recording.snapshot(() => ({
      files: day.segmentsOf(recording),
      gaps: day.gapsOf(recording, this.#endBefore(day), this.#filmsBeside(day)),
    }));
  }

  /** What films show between the files of a day, which came late then. */
  #filmsBeside({ segments: [first], endMs }: FileDay): { startMs: number; endMs: number }[] {
    if (!first || endMs === undefined) return [];
    return this.#context.index.rowsBetween(this.id, first.startMs, endMs).filter(isAged);
  }

  /** End of the footage before a day's first file, ms UTC, as far as there is any. */
  #endBefore(day: FileDay): number | undefined {
    const { index } = this.#context;
    const [first] = day.segments;
    if (!first) return undefined;
    const isLoaded = (row: RecordingRow) => hasOwnFiles(row) && this.#days.has(dateOfPath(row));
    let row = index.rowBefore(this.id, first.startMs);
    for (let n = 0; row && isLoaded(row) && n < MAX_LOOKED_AT; n++)
      row = index.rowBefore(this.id, row.startMs);
    const ends = [...this.#days.values()].filter(({ date }) => date < day.date).map((each) => each.endMs);
    const known = [row && !isLoaded(row) ? row.endMs : undefined, ...ends].filter((ms) => ms !== undefined);
    return known.length > 0 ? Math.max(...known) : undefined;
  }

  /** The file before or after another in time; that of a neighbouring date as well, which is read for it. */
  async #beside(segment: FileSegment, step: 1 | -1): Promise<FileSegment | undefined> {
    const { date } = segment.recording.facts;
    const day = await this.day(date);
    const at = day.indexOf(segment);
    const isIn = day.segments[at] === segment;
    const near = step < 0 ? day.segments[at - 1] : day.segments[isIn ? at + 1 : at];
    if (near) return near;
    const next = addDays(date, step);
    if (!this.dates.includes(next)) return undefined;
    return (await this.day(next)).segments.at(step < 0 ? -1 : 0);
  }

  /** The time without files before `after` is another one now. */
  async #settleGap(segment: FileSegment, after: FileSegment | undefined): Promise<void> {
    if (after) {
      if (after.recording !== segment.recording) this.#touch(after.recording);
      return;
    }
    const next = this.dates.find((date) => date > segment.recording.facts.date);
    const [first] = next === undefined ? [] : (await this.day(next)).segments;
    if (first) this.#touch(first.recording);
  }
}

const isSame = (old: FileSegment, { sizeBytes, crc32, startMs, facts }: FoundFile): boolean =>
  old.sizeBytes === sizeBytes &&
  old.crc32 === crc32 &&
  old.startMs === startMs &&
  old.durationTicks === facts.durationTicks &&
  old.recording.run.format === facts.parameters.format &&
  Buffer.compare(old.recording.run.init, facts.parameters.init) === 0;
