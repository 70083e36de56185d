import { NightjarError } from "../../platform/errors.ts";
import { type Box, boxesIn, childrenOf, FieldReader, findBox } from "./boxes.ts";
import type { TrackDefaults } from "./moof.ts";

export type InitTrackDefaults = TrackDefaults & { isAudio: boolean };

/**
 * Of each track in a `moov` the defaults of its `trex`, by track id.
 * @throws NightjarError `unprocessable`
 */
export function readTrackDefaults(moov: Uint8Array): Map<number, InitTrackDefaults> {
  const box = boxesIn(moov)[0];
  if (box === undefined) throw new NightjarError("unprocessable", "Found an empty moov");
  const tracks = new Map<number, InitTrackDefaults>();
  const children = childrenOf(moov, box);
  for (const trak of children.filter((child) => child.type === "trak")) {
    const trackId = trackIdOf(moov, trak);
    if (trackId === undefined) throw new NightjarError("unprocessable", "Found a trak without tkhd");
    const isAudio = handlerOf(moov, trak) === "soun";
    tracks.set(trackId, { durationTicks: 0, sizeBytes: 0, flags: 0, isAudio });
  }
  const mvex = children.find((child) => child.type === "mvex");
  for (const trex of mvex ? childrenOf(moov, mvex).filter((child) => child.type === "trex") : []) {
    const fields = new FieldReader(moov, trex);
    fields.versionAndFlags();
    const known = tracks.get(fields.u32());
    fields.skip(4);
    if (!known) continue;
    known.durationTicks = fields.u32();
    known.sizeBytes = fields.u32();
    known.flags = fields.u32();
  }
  return tracks;
}

/** `track_ID` of `tkhd` (ISO 14496-12, 8.3.2). */
export function trackIdOf(bytes: Uint8Array, trak: Box): number | undefined {
  const tkhd = findBox(bytes, trak, "tkhd");
  if (!tkhd) return undefined;
  const fields = new FieldReader(bytes, tkhd);
  fields.skip(fields.versionAndFlags().version === 1 ? 16 : 8);
  return fields.u32();
}

/** `handler_type` of `hdlr`: `vide`, `soun`, … (ISO 14496-12, 8.4.3). */
export function handlerOf(bytes: Uint8Array, trak: Box): string | undefined {
  const hdlr = findBox(bytes, trak, "mdia", "hdlr");
  if (!hdlr) return undefined;
  const fields = new FieldReader(bytes, hdlr);
  fields.skip(8);
  return String.fromCharCode(...fields.raw(4));
}
