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
  const { gaps, run, ...recording } = head;
  return [
    "#EXTM3U\n",
    "#EXT-X-VERSION:7\n",
    `#EXT-X-TARGETDURATION:${targetSeconds}\n`,
    "#EXT-X-MEDIA-SEQUENCE:0\n",
    "#EXT-X-PLAYLIST-TYPE:EVENT\n",
    "#NJ:1\n",
    sealed(`#NJ:RECORDING ${oneLine(recording)}`),
    sealed(`#NJ:RUN ${oneLine({ ...run, init: Buffer.from(run.init).toString("base64") })}`),
    ...gaps.map(journalGap),
    head.baseOffsetBytes > 0
      ? `#EXT-X-MAP:URI="${encodeURI(head.file)}",BYTERANGE="${head.baseOffsetBytes}@0"\n`
      : "",
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
