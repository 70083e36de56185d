import { fmp4Facts } from "../../media/kept/fmp4-facts.ts";
import type { KeptParameters, MediaFacts } from "../../media/media-facts.ts";
import { tsFacts } from "../../media/ts/ts-facts.ts";
import type { Loaded } from "./loader.ts";

/** Reads what a segment says of itself; `known` are the parameters of the one before it. */
export type ReadMedia = (loaded: Loaded, known: KeptParameters | undefined) => MediaFacts;

/** Throws NightjarError `unprocessable` with words for what is no segment that can be kept. */
export const readMedia: ReadMedia = ({ bytes, init }, known) =>
  init === undefined ? tsFacts(bytes, known) : fmp4Facts(init, bytes);
