import type { SourceConfig } from "../../config/config.ts";
import type { Clock } from "../../platform/clock.ts";
import { logOf } from "../../platform/log.ts";
import { publicUrl } from "../ffmpeg/redact.ts";
import { endOfAbort } from "../ffmpeg/session.ts";
import { FfmpegSource } from "../ffmpeg/source.ts";
import type { KeptSink, KeptSource, RunSink, SourceEnd } from "../source.ts";
import { endOfError } from "./ends.ts";
import { HlsClient, type Network } from "./http-client.ts";
import { SegmentLoader } from "./loader.ts";
import { readMedia, type ReadMedia } from "./media-reader.ts";
import { LIST_LIMITS, PlaylistReader, type Read } from "./playlist-reader.ts";
import { HlsRelay } from "./relay.ts";
import { listsOf, separateSound } from "./separate-sound.ts";
import { PullSession } from "./session.ts";
import type { Listing } from "./window.ts";

const log = logOf("capture");

export type HlsSourceOptions = {
  config: Extract<SourceConfig, { kind: "hls" }>;
  withSound: boolean;
  clock: Clock;
  /** Others stand in for the world where it is tried. */
  network?: Network;
  media?: ReadMedia;
};

/** Names a list that has come to its end. */
const endedText = ({ entries, isEnded }: Listing): string | undefined =>
  isEnded ? `${entries.length} ${entries[0]?.url ?? ""} ${entries.at(-1)?.url ?? ""}` : undefined;

/** An HLS live stream, pulled and kept as it comes. */
export class HlsSource implements KeptSource {
  readonly description: string;
  readonly #client: HlsClient;
  readonly #reader: PlaylistReader;
  /** The list that has been recorded to its end. */
  #ended: string | undefined;

  constructor(private readonly options: HlsSourceOptions) {
    const { config, clock, network } = options;
    const address = config.url.reveal();
    this.description = publicUrl(address);
    this.#client = new HlsClient({
      address,
      headers: new Map([...config.headers].map(([name, value]) => [name, value.reveal()])),
      allowPrivate: config.allowPrivate,
      nowMs: () => clock.nowMs(),
      network,
    });
    this.#reader = new PlaylistReader({ client: this.#client, address, variant: config.variant, clock });
  }

  async run(sink: RunSink & KeptSink, signal: AbortSignal): Promise<SourceEnd> {
    let end: SourceEnd;
    try {
      end = await this.#run(sink, signal);
    } catch (error) {
      end = endOfError(error);
    } finally {
      this.#client.close();
    }
    return signal.aborted ? endOfAbort(signal) : end;
  }

  async #run(sink: RunSink & KeptSink, signal: AbortSignal): Promise<SourceEnd> {
    const { clock, media = readMedia } = this.options;
    const read = await this.#reader.read(signal);
    if (read.kind === "separate-sound") {
      return await this.#runByFfmpeg(read, sink, signal);
    }
    const { listing } = read;
    const ended = endedText(listing);
    if (ended !== undefined && ended === this.#ended) {
      const detail = "its playlist has come to its end (EXT-X-ENDLIST)";
      return { reason: "source-stalled", detail, retry: "rarely" };
    }
    const loader = new SegmentLoader(this.#client);
    const session = new PullSession({ reader: this.#reader, loader, media, sink, clock, signal }, listing);
    const end = await session.run();
    this.#ended = session.isFinished ? endedText(session.listing) : undefined;
    return end;
  }

  async #runByFfmpeg(
    read: Extract<Read, { kind: "separate-sound" }>,
    sink: RunSink,
    signal: AbortSignal,
  ): Promise<SourceEnd> {
    const { clock, config, withSound } = this.options;
    const { description } = this;
    const lists = listsOf(read);
    // What ffmpeg is sent to has to be there, and may be asked.
    for (const list of lists) await this.#client.get(list, { limits: LIST_LIMITS, signal });
    log.info("{name}: its sound comes in segments of its own: recorded by ffmpeg", { name: description });
    const relay = new HlsRelay(this.#client);
    try {
      const { url, redact } = separateSound(lists, read.variant, {
        source: config.url.reveal(),
        addressOf: (list) => relay.addressOf(list),
      });
      const input = { kind: "url" as const, url };
      const source = new FfmpegSource({ input, withSound, clock, shown: { description, redact } });
      const end = await source.run(sink, signal);
      return relay.failure === undefined ? end : endOfError(relay.failure);
    } finally {
      await relay.close();
    }
  }
}
