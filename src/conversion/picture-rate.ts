import type { VideoParameters } from "../media/parameters.ts";
import type { PictureRate } from "./encoders.ts";
import type { Piece } from "./plan-pieces.ts";

const MOST_FPS = 240;
/** Taken where the stream says none: it only steers how bits are spread and how often a key frame must come. */
const USUAL_FPS = 25;

/** Size and rate of a piece's pictures. The rate is what the stream says of itself, so that all pieces of a run agree. */
export function rateOf({ width, height, frameRate }: VideoParameters, { segments }: Piece): PictureRate {
  const said = frameRate ?? segments[0]?.run.frameRate ?? undefined;
  const isLikely = said !== undefined && said >= 0.5 && said <= MOST_FPS;
  return { width, height, fps: isLikely ? Math.max(1, Math.round(said)) : USUAL_FPS };
}
