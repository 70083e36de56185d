import { crc32 } from "node:zlib";
import { z } from "zod";
import { footageFormats } from "../../media/footage-format.ts";
import { endReasons } from "../../media/reasons.ts";
import type { SegmentFile } from "../../media/segment-list.ts";
import { errorText, NightjarError } from "../../platform/errors.ts";
import type { Journal, JournalGap, JournalHead, JournalRun, ParsedEntry } from "./journal-types.ts";

/** Far above any line of ours (the longest carries the init); what is longer is damage. */
const MAX_LINE_BYTES = 1_000_000;
const MAX_PROBLEMS = 100;
const LINE_FEED = 10;

const count = z.int().min(0);
const ms = z.int().min(-8.64e15).max(8.64e15);
const reason = z.enum(endReasons);
const recordingSchema = z.object({
  recording: z.string(),
  channel: z.string(),
  root: z.string(),
  file: z.string().refine((name) => !/[/\0]/.test(name) && name !== ".." && name !== "", "a plain file name"),
  baseOffsetBytes: count,
  firstMediaSequence: count,
  discontinuitySequence: count,
  baseTicks: z.object({ video: count, audio: count.optional() }),
  zone: z.string(),
  replaces: z.array(z.string()),
});
const runSchema = z.object({
  id: z.string(),
  // Those of films lie below 0.
  timeline: z.int(),
  init: z.base64(),
  format: z.enum(footageFormats).default("nightjar"),
  videoCodec: z.string(),
  audioCodec: z.string().nullable(),
  width: count,
  height: count,
  frameRate: z.number().nullable(),
  videoTimescale: count.min(1),
  audioTimescale: count.nullable(),
  startMs: ms,
  bootId: z.string(),
  realtimeMs: ms,
  boottimeMs: ms,
  unsure: z.boolean(),
});
const gapSchema = z.object({ startMs: ms, endMs: ms, reason, detail: z.string() });
const endSchema = z.object({ reason, detail: z.string() });
const entryPattern = /^#NJ:ENTRY ((?:-?\d{1,16} ){9})([0-9a-f]{8})$/;
/** With the time of the file's last change, whether it came late, and its time on the source's clock. */
const fileEntryPattern =
  /^#NJ:FILE-ENTRY ((?:-?\d{1,16} ){9})(-?\d{1,16}) ([01]) (-?\d{1,16}) ([0-9a-f]{8})$/;

/** The text before the CRC at the end of `bytes`, if the CRC is right. */
function unsealed(bytes: Uint8Array): string | undefined {
  const end = bytes.length - 9;
  if (end < 0 || bytes[end] !== 0x20) return undefined;
  const stated = Buffer.from(bytes.buffer, bytes.byteOffset + end + 1, 8).toString("latin1");
  const text = bytes.subarray(0, end);
  if (!/^[0-9a-f]{8}$/.test(stated) || crc32(text) !== Number.parseInt(stated, 16)) return undefined;
  return new TextDecoder().decode(text);
}

/** The file of an entry that has one: its name stands on the line before ours. */
function fileOf(
  text: string,
  match: RegExpExecArray,
): { file: SegmentFile; sourceTicks: number } | undefined {
  const name = text.split("\n").at(-2);
  const [mtimeMs, sourceTicks] = [Number(match[2]), Number(match[4])];
  if (name === undefined || name === "" || ![mtimeMs, sourceTicks].every(Number.isSafeInteger))
    return undefined;
  return { file: { name: decodeURIComponent(name), mtimeMs, isLate: match[3] === "1" }, sourceTicks };
}

function parseEntry(text: string, endsAtBytes: number): ParsedEntry | undefined {
  const line = text.slice(text.lastIndexOf("\n") + 1);
  const fileMatch = fileEntryPattern.exec(line);
  const match = fileMatch ?? entryPattern.exec(line);
  if (!match) return undefined;
  const file = fileMatch ? fileOf(text, fileMatch) : undefined;
  if (fileMatch && !file) return undefined;
  const numbers = match[1]!.trim().split(" ").map(Number);
  if (!numbers.every(Number.isSafeInteger)) return undefined;
  const [
    ordinal,
    startMs,
    mediaTicks,
    durationTicks,
    offsetBytes,
    headerBytes,
    videoBytes,
    audioBytes,
    activityBytes,
  ] = numbers as [number, number, number, number, number, number, number, number, number];
  const lengths = [
    ordinal,
    mediaTicks,
    durationTicks,
    offsetBytes,
    headerBytes,
    videoBytes,
    audioBytes,
    activityBytes,
  ];
  if (lengths.some((n) => n < 0)) return undefined;
  return {
    ordinal,
    startMs,
    mediaTicks,
    durationTicks,
    offsetBytes,
    headerBytes,
    videoBytes,
    audioBytes,
    activityBytes,
    crc32: Number.parseInt(match.at(-1)!, 16),
    ...file,
    endsAtBytes,
  };
}

class Parser {
  version: number | undefined;
  recording: z.infer<typeof recordingSchema> | undefined;
  run: JournalRun | undefined;
  readonly gaps: JournalGap[] = [];
  readonly entries: ParsedEntry[] = [];
  /** For each intact entry, its place among all entry lines, damaged ones included. */
  readonly places: number[] = [];
  #entryLines = 0;
  #synced = 0;
  redatedMs: number | undefined;
  gapsRedatedMs = 0;
  end: Journal["end"];
  isComplete = false;
  files: Journal["files"];
  readonly unknown: string[] = [];
  readonly problems: string[] = [];

  problem(text: string): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push(text);
  }

  /** A whole entry: the lines since the last line of ours, and the entry line. */
  entry(block: Uint8Array, atByte: number, endsAtBytes: number): void {
    const text = unsealed(block);
    const entry = text === undefined ? undefined : parseEntry(text, endsAtBytes);
    if (entry) {
      this.entries.push(entry);
      this.places.push(this.#entryLines);
    } else this.problem(`the entry at byte ${atByte} is damaged`);
    this.#entryLines += 1;
  }

  /** A line of ours outside an entry. */
  line(bytes: Uint8Array, atByte: number): void {
    const raw = new TextDecoder().decode(bytes);
    const version = /^#NJ:(\d{1,9})$/.exec(raw);
    if (version) {
      this.version = Number(version[1]);
      return;
    }
    const kind = /^#NJ:([A-Z-]{1,40}) /.exec(raw)?.[1];
    if (
      kind === undefined ||
      !["RECORDING", "RUN", "GAP", "SYNCED", "REDATE", "END", "FILES"].includes(kind)
    ) {
      this.unknown.push(raw);
      return;
    }
    const text = unsealed(bytes);
    if (text === undefined) return this.problem(`the ${kind} line at byte ${atByte} is damaged`);
    try {
      this.#known(kind, text.slice(kind.length + 5));
    } catch (error) {
      this.problem(`the ${kind} line at byte ${atByte} can't be used: ${errorText(error)}`);
    }
  }

  #known(kind: string, body: string): void {
    if (kind === "RECORDING") this.recording = recordingSchema.parse(JSON.parse(body));
    else if (kind === "RUN") {
      const run = runSchema.parse(JSON.parse(body));
      this.run = { ...run, init: new Uint8Array(Buffer.from(run.init, "base64")) };
    } else if (kind === "GAP") this.gaps.push(gapSchema.parse(JSON.parse(body)));
    else if (kind === "END") this.end = endSchema.parse(JSON.parse(body));
    else if (kind === "FILES") {
      const [nextOrdinal, version] = body.split(" ").map(Number);
      this.files = { nextOrdinal: count.parse(nextOrdinal), version: count.parse(version) };
    } else if (kind === "SYNCED") this.#synced = Math.max(this.#synced, count.parse(Number(body)));
    else {
      const [shift, gapShift] = body.split(" ").map(Number);
      this.redatedMs = ms.parse(shift);
      this.gapsRedatedMs = ms.parse(gapShift);
    }
  }

  journal(): Journal {
    if (this.version !== undefined && this.version !== 1)
      throw new NightjarError(
        "unprocessable",
        `a journal of format ${this.version}; this version of Nightjar reads format 1`,
      );
    if (this.version === undefined || !this.recording || !this.run)
      throw new NightjarError("unprocessable", "not a Nightjar journal, or its head is damaged", {
        details: this.problems,
      });
    const { baseTicks, ...recording } = this.recording;
    const head: JournalHead = {
      ...recording,
      baseTicks:
        baseTicks.audio === undefined
          ? { video: baseTicks.video }
          : { video: baseTicks.video, audio: baseTicks.audio },
      gaps: this.gaps,
      run: this.run,
    };
    return {
      head,
      entries: this.entries,
      synced: this.places.filter((place) => place < this.#synced).length,
      redatedMs: this.redatedMs,
      gapsRedatedMs: this.gapsRedatedMs,
      end: this.end,
      isComplete: this.isComplete,
      files: this.files,
      unknown: this.unknown,
      problems: this.problems,
    };
  }
}

const startsWith = (bytes: Uint8Array, prefix: Uint8Array): boolean =>
  bytes.length >= prefix.length && prefix.every((byte, i) => bytes[i] === byte);
const OURS = new TextEncoder().encode("#NJ:");
const ENTRY = new TextEncoder().encode("#NJ:ENTRY ");
const FILE_ENTRY = new TextEncoder().encode("#NJ:FILE-ENTRY ");
/** The first line of an entry. */
const ENTRY_START = new TextEncoder().encode("#EXT-X-PROGRAM-DATE-TIME:");
const ENDLIST = "#EXT-X-ENDLIST";

/**
 * Reads a journal, whole or torn anywhere. Lines without an end, damaged and unknown ones never stop it; only
 * a head that is not there does: throws `unprocessable`.
 */
export function parseJournal(input: string | Uint8Array): Journal {
  const bytes = typeof input === "string" ? new TextEncoder().encode(input) : input;
  const parser = new Parser();
  let blockAt: number | undefined;
  let at = 0;
  while (at < bytes.length) {
    const end = bytes.indexOf(LINE_FEED, at);
    if (end < 0) {
      parser.problem(`the last line, at byte ${at}, was not written to its end`);
      break;
    }
    const line = bytes.subarray(at, end);
    if (line.length > MAX_LINE_BYTES) parser.problem(`the line at byte ${at} has ${line.length} bytes`);
    else if (startsWith(line, ENTRY) || startsWith(line, FILE_ENTRY))
      parser.entry(bytes.subarray(blockAt ?? at, end), blockAt ?? at, end + 1);
    else if (startsWith(line, OURS)) parser.line(line, at);
    else if (startsWith(line, ENTRY_START)) blockAt = at;
    else if (line.length === ENDLIST.length && new TextDecoder().decode(line) === ENDLIST)
      parser.isComplete = true;
    if (startsWith(line, OURS)) blockAt = undefined;
    at = end + 1;
  }
  return parser.journal();
}
