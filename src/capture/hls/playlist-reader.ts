import type { HlsVariant } from "../../config/config.ts";
import { parseForeignPlaylist } from "../../media/m3u8-parse.ts";
import { isMultivariant, parseMultivariant, type ParsedVariant } from "../../media/m3u8-variants.ts";
import type { Clock } from "../../platform/clock.ts";
import { NightjarError } from "../../platform/errors.ts";
import { FetchFailure, UnsupportedSource } from "./fetch-failure.ts";
import type { Got, HlsClient } from "./http-client.ts";
import { chooseVariant, hasSeparateSound } from "./variants.ts";
import { listingOf, type Listing } from "./window.ts";

/** What an address leads to: a list of segments, or a variant whose sound is in another list. */
export type Read =
  | { kind: "listing"; listing: Listing }
  | { kind: "separate-sound"; variant: ParsedVariant; text: string; base: URL };

export type ReaderOptions = {
  client: Pick<HlsClient, "get">;
  address: string;
  variant: HlsVariant;
  clock: Clock;
};

/** A day of segments of two seconds with long tokens has 20 MB. */
export const LIST_LIMITS = { maxBytes: 24 * 1024 * 1024, headMs: 10_000, idleMs: 10_000, totalMs: 30_000 };

/** Parses; what is found stays out of the message, as addresses may hold tokens. */
function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof NightjarError)) throw error;
    const where = error.message.replace(/found ".*"; wanted/s, "wanted").replace(/^playlist /, "");
    throw new FetchFailure("broken", `what it sent is no HLS playlist (${where})`);
  }
}

/**
 * Reads a source's list, over a multivariant playlist and redirects. Where these led is remembered, as many hand out a
 * session with it; when that fails, the configured address is asked anew.
 */
export class PlaylistReader {
  #media: URL | undefined;

  constructor(private readonly options: ReaderOptions) {}

  /**
   * @throws FetchFailure
   */
  async read(signal: AbortSignal): Promise<Read> {
    const known = this.#media;
    if (known !== undefined) {
      try {
        return this.#listing(await this.#get(known, signal));
      } catch (error) {
        if (known.href === new URL(this.options.address).href || signal.aborted) throw error;
        this.#media = undefined;
      }
    }
    return await this.#readAnew(signal);
  }

  async #readAnew(signal: AbortSignal): Promise<Read> {
    const got = await this.#get(this.options.address, signal);
    const text = textOf(got);
    if (!isMultivariant(text)) return this.#listing(got);
    const list = parsed(() => parseMultivariant(text));
    const variant = chooseVariant(list, this.options.variant);
    if (variant === undefined) {
      const codecs = [...new Set(list.variants.flatMap((other) => other.codecs))].join(", ");
      throw new UnsupportedSource(`none of its variants has H.264 or H.265 pictures (found ${codecs})`);
    }
    if (hasSeparateSound(list, variant)) return { kind: "separate-sound", variant, text, base: got.url };
    if (!URL.canParse(variant.uri, got.url)) throw new FetchFailure("broken", "its variant has no address");
    return this.#listing(await this.#get(new URL(variant.uri, got.url), signal));
  }

  async #get(address: string | URL, signal: AbortSignal): Promise<Got> {
    return await this.options.client.get(address, { limits: LIST_LIMITS, signal });
  }

  #listing(got: Got): Read {
    const text = textOf(got);
    if (isMultivariant(text))
      throw new FetchFailure("broken", "its variant leads to another list of variants");
    const list = parsed(() => parseForeignPlaylist(text));
    this.#media = got.url;
    return { kind: "listing", listing: listingOf(list, got.url, this.options.clock.nowMs()) };
  }
}

const textOf = ({ bytes }: Got): string => new TextDecoder().decode(bytes);
