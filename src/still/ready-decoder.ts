import { prepareTool, type PreparedTool } from "../platform/process.ts";
import { decodeBy, decoderCommand, movieOf, type CodedPicture, type DecodeOptions } from "./decode.ts";

/** Pages ask for their pictures every ten seconds. */
const IDLE_MS = 15_000;

type Spare = { key: string; decoder: PreparedTool; timer: ReturnType<typeof setTimeout> };

/**
 * Decodes as `decodeStill`, and from the second picture of a size on keeps a decoder started for the next one: two
 * thirds of the time for a picture are ffmpeg's start-up. The spare ends when none is asked for.
 */
export class ReadyDecoder {
  #spare: Spare | undefined;
  #lastKey = "";

  /** `idleMs`: how long a spare waits for its picture. */
  constructor(private readonly idleMs: number = IDLE_MS) {}

  async decode(
    picture: CodedPicture,
    { widthPixels, signal }: DecodeOptions,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const command = decoderCommand(widthPixels);
    const key = command.join(" ");
    const movie = movieOf(picture);
    const isUsual = this.#lastKey === key;
    this.#lastKey = key;
    const decoder = this.#take(key) ?? prepareTool(command);
    const jpeg = await decodeBy(decoder, movie, signal);
    if (isUsual) this.#prepare(key, command);
    return jpeg;
  }

  #take(key: string): PreparedTool | undefined {
    const spare = this.#spare;
    if (spare?.key !== key) return undefined;
    this.#spare = undefined;
    clearTimeout(spare.timer);
    return spare.decoder.hasEnded() ? undefined : spare.decoder;
  }

  #prepare(key: string, command: readonly string[]): void {
    const former = this.#spare;
    if (former) {
      clearTimeout(former.timer);
      former.decoder.discard();
    }
    const decoder = prepareTool(command);
    const timer = setTimeout(() => {
      decoder.discard();
      if (this.#spare?.decoder === decoder) this.#spare = undefined;
    }, this.idleMs);
    this.#spare = { key, decoder, timer };
  }
}
