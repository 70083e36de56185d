import type { PesSink } from "./pes.ts";
import { soundFactsIn, type SoundFacts } from "./sound-headers.ts";
import type { SoundKind } from "./stream-kinds.ts";

/** What is looked at of a packet to find a frame in it. */
const MAX_BYTES = 2048;
/** How many packets are looked at before it is given up. */
const MAX_TRIES = 32;

/** The sound of a transport stream: of what kind it is, and when it was heard last. */
export class SoundStream implements PesSink {
  readonly kind: SoundKind;
  readonly #bytes = new Uint8Array(MAX_BYTES);
  #length = 0;
  #tries = 0;
  #facts: SoundFacts | undefined;
  #lastTicks: number | undefined;

  constructor(kind: SoundKind) {
    this.kind = kind;
  }

  /** What its first frame says; `undefined` when none was found. */
  get facts(): SoundFacts | undefined {
    return this.#facts;
  }

  /** When its newest packet begins to be heard, modulo 2^33, in 90,000ths of a second. */
  get lastTicks(): number | undefined {
    return this.#lastTicks;
  }

  begin(presentTicks: number | undefined): void {
    this.#lastTicks = presentTicks ?? this.#lastTicks;
    this.#length = 0;
  }

  /** Nothing more of it has to be known. */
  get isCounting(): boolean {
    return this.#facts !== undefined || this.#tries >= MAX_TRIES;
  }

  data(bytes: Uint8Array, start: number, end: number): void {
    if (this.isCounting) return;
    const taken = Math.min(end - start, MAX_BYTES - this.#length);
    this.#bytes.set(bytes.subarray(start, start + taken), this.#length);
    this.#length += taken;
  }

  end(): void {
    if (this.isCounting) return;
    this.#tries++;
    this.#facts = soundFactsIn(this.kind, this.#bytes.subarray(0, this.#length));
  }
}
