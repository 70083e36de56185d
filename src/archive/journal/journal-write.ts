import { crc32 } from "node:zlib";
import type { RunEnd } from "../../media/reasons.ts";
import { segmentBytes } from "../../media/segment-list.ts";
import { isoOf } from "../../platform/zone.ts";
import {
  JOURNAL_TARGET_SECONDS,
  type JournalEntry,
  type JournalGap,
  type JournalHead,
} from "./journal-types.ts";

/** Eight hex digits of a CRC-32: at the end of each line of ours, over its own text. */
export const crcText = (crc: number): string => crc.toString(16).padStart(8, "0");

const sealed = (text: string): string => `${text} ${crcText(crc32(text))}\n`;

/** JSON on one line. U+2028 and U+2029, which some readers take for line ends, are escaped. */
const oneLine = (value: unknown): string =>
  JSON.stringify(value).replace(/[\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16)}`);

/**
 * The beginning of a journal: an HLS byte-range playlist (RFC 8216) of the media file beside it, with what only
 * Nightjar reads in `#NJ:` comments. It has no end: entries are appended to it, none of them longer than `targetSeconds`.
 */
export function journalHead(head: JournalHead, targetSeconds = JOURNAL_TARGET_SECONDS): string {
  return [
    "#EXTM3U\n",
    "#EXT-X-VERSION:7\n",
    `#EXT-X-TARGETDURATION:${targetSeconds}\n`,
    "#EXT-X-MEDIA-SEQUENCE:0\n",
    "#EXT-X-PLAYLIST-TYPE:EVENT\n",
    "#NJ:1\n",
    journalRecording(head),
    journalRun(head),
    ...head.gaps.map(journalGap),
    head.baseOffsetBytes > 0 ? journalMap(head.file, head.baseOffsetBytes) : "",
  ].join("");
}

/** The recording that the entries which follow are of. */
function journalRecording({ gaps: _gaps, run: _run, ...recording }: JournalHead): string {
  return sealed(`#NJ:RECORDING ${oneLine(recording)}`);
}

const journalRun = ({ run }: JournalHead): string =>
  sealed(`#NJ:RUN ${oneLine({ ...run, init: Buffer.from(run.init).toString("base64") })}`);

const journalMap = (file: string, initBytes: number): string =>
  `#EXT-X-MAP:URI="${encodeURI(file)}",BYTERANGE="${initBytes}@0"\n`;

/** A recording of a film, with its entries. */
export type FilmRecording = { head: JournalHead; entries: readonly JournalEntry[] };

/**
 * The whole journal of a film, whose recordings follow one another in one file and have one run. `film` is what is known
 * of the file, for `#NJ:FILM`.
 */
export function filmJournal(
  film: object,
  recordings: readonly FilmRecording[],
  end: RunEnd | undefined,
  targetSeconds: number,
): string {
  const [first] = recordings;
  if (!first) throw new RangeError("a film has at least one recording");
  const count = recordings.reduce((sum, { entries }) => sum + entries.length, 0);
  return [
    "#EXTM3U\n",
    "#EXT-X-VERSION:7\n",
    `#EXT-X-TARGETDURATION:${targetSeconds}\n`,
    "#EXT-X-MEDIA-SEQUENCE:0\n",
    "#EXT-X-PLAYLIST-TYPE:VOD\n",
    "#NJ:1\n",
    sealed(`#NJ:FILM ${oneLine(film)}`),
    journalRun(first.head),
    journalMap(first.head.file, first.head.run.init.length),
    ...recordings.flatMap(({ head, entries }) => [
      journalRecording(head),
      ...head.gaps.map(journalGap),
      ...entries.map((entry) => journalEntry(head, entry)),
    ]),
    // Once more: a whole day rests on these two.
    sealed(`#NJ:FILM ${oneLine(film)}`),
    journalRun(first.head),
    journalSynced(count),
    journalEnd(end),
  ].join("");
}

/** A gap that turned out, at recovery, to lie before this recording. */
export const journalGap = (gap: JournalGap): string => sealed(`#NJ:GAP ${oneLine(gap)}`);

/**
 * One segment: the lines that players read, then ours. The CRC at its end covers all of its lines, so an entry
 * that lost a part of any of them is no entry.
 */
export function journalEntry(head: JournalHead, entry: JournalEntry): string {
  const { file } = entry;
  const seconds = (entry.durationTicks / head.run.videoTimescale).toFixed(6);
  return sealed(
    [
      `#EXT-X-PROGRAM-DATE-TIME:${isoOf(entry.startMs)}`,
      `#EXTINF:${seconds},`,
      ...(file
        ? [file.name.split("/").map(encodeURIComponent).join("/")]
        : [
            `#EXT-X-BYTERANGE:${segmentBytes(entry)}@${head.baseOffsetBytes + entry.offsetBytes}`,
            encodeURI(head.file),
          ]),
      [
        file ? "#NJ:FILE-ENTRY" : "#NJ:ENTRY",
        entry.ordinal,
        entry.startMs,
        entry.mediaTicks,
        entry.durationTicks,
        entry.offsetBytes,
        entry.headerBytes,
        entry.videoBytes,
        entry.audioBytes,
        entry.activityBytes,
        ...(file ? [file.mtimeMs, file.isLate ? 1 : 0, entry.sourceTicks ?? 0] : []),
        crcText(entry.crc32),
      ].join(" "),
    ].join("\n"),
  );
}

/** The first `count` entries of the journal are durable, and so are their bytes. */
export const journalSynced = (count: number): string => sealed(`#NJ:SYNCED ${count}`);

/** Of a recording whose segments are files: numbers of segments that are gone, and its versions, are not used again. */
export const journalFiles = (nextOrdinal: number, version: number): string =>
  sealed(`#NJ:FILES ${nextOrdinal} ${version}`);

/**
 * All wall times of this journal are `ms` later than written, but its first gap begins `gapStartMs` later: by as
 * much as the footage before it. Of several lines the last one counts; they don't add up, so writing one twice
 * does no harm.
 */
export const journalRedate = (ms: number, gapStartMs: number): string =>
  sealed(`#NJ:REDATE ${ms} ${gapStartMs}`);

/** The end of a recording; with `end` when its run ended with it. */
export const journalEnd = (end: RunEnd | undefined): string =>
  `${end ? sealed(`#NJ:END ${oneLine({ reason: end.reason, detail: end.detail })}`) : ""}#EXT-X-ENDLIST\n`;
