import { extname } from "node:path";
import type { AdoptedClipRow } from "../db/state/adopted-clip-table.ts";
import type { ClipRow } from "../db/state/clip-table.ts";
import { daySpanMs } from "../platform/zone.ts";
import type { Clip, ClipKind } from "./clip.ts";

/** A film of a row, shown as one of the channel that it belongs to now. */
export const clipOfRow = (row: ClipRow, channel: string): Clip => ({
  id: row.id,
  kind: row.kind as ClipKind,
  channel,
  startMs: row.startMs,
  endMs: row.endMs,
  localTime: row.localTime,
  isWholeDay: row.isWholeDay,
  ...(row.durationMs > 0 ? { durationMs: row.durationMs } : {}),
  sizeBytes: row.sizeBytes,
  createdMs: row.createdMs,
  hasGif: row.gifPath !== null,
  isAdopted: false,
});

/** Whether a file of another tool is the GIF of its film. */
export const isGif = ({ path }: AdoptedClipRow): boolean => extname(path).toLowerCase() === ".gif";

/** Films of another tool, an MP4 and the GIF of the same time as one. */
export function adoptedClips(rows: readonly AdoptedClipRow[], channel: string, zone: string): Clip[] {
  return [...Map.groupBy(rows, (row) => row.localTime).values()].map((files): Clip => {
    const film = files.find((row) => !isGif(row)) ?? files[0]!;
    const gif = files.find(isGif);
    const isWholeDay = film.kind === "timelapse";
    const used = gif && gif !== film ? [film, gif] : [film];
    return {
      kind: film.kind,
      channel,
      startMs: film.startMs,
      // How long a moment is, its name does not say.
      endMs: isWholeDay ? daySpanMs(film.localTime, zone).endMs : film.startMs,
      localTime: film.localTime,
      isWholeDay,
      sizeBytes: used.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      createdMs: film.modifiedMs,
      hasGif: gif !== undefined,
      isAdopted: true,
    };
  });
}
