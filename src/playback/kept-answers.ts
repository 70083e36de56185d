import type { LiveEdge } from "../archive/live/live-edge.ts";
import type { FootageChannel } from "../archive/footage.ts";
import { SizedCache } from "../platform/sized-cache.ts";
import type { PlaybackDeps } from "./deps.ts";
import { plainText, type AnswerText } from "./list-text.ts";

/** Whose list is asked for, what is told of it in parts, and all else that it depends on. */
type Asked = { channel: FootageChannel; edge: LiveEdge | undefined; key: string };

/** A list's text, and whether it will change. */
export type ListAnswer = { body: AnswerText; isGrowing: boolean };

/** All kept texts together: some long lists, or hundreds of short ones. */
const MAX_BYTES = 8_000_000;

/** Up to here a text is compressed as a whole: what it was made of need not be kept for that. */
const SHORT_BYTES = 100_000;

/** A text that is put together once, however often it is answered. */
function once(body: AnswerText): AnswerText {
  let source: AnswerText | undefined = body;
  let text: string | undefined;
  let gzip: Uint8Array<ArrayBuffer> | undefined;
  const { tag, isLong, sizeBytes } = body;
  const made = (): AnswerText => source ?? plainText(text ?? "");
  return {
    tag,
    isLong,
    sizeBytes,
    text() {
      text ??= made().text();
      if (sizeBytes <= SHORT_BYTES) source = undefined;
      return text;
    },
    gzip: () => (gzip ??= made().gzip()),
  };
}

/**
 * Answers of a moment ago, for players that ask for the same list. A list depends on its address, on the footage,
 * and on the time to the second: days and intervals begin and end at full ones.
 */
export class KeptAnswers {
  readonly #deps: Pick<PlaybackDeps, "clock" | "footageStamp">;
  readonly #answers = new SizedCache<ListAnswer>(MAX_BYTES);

  constructor(deps: Pick<PlaybackDeps, "clock" | "footageStamp">) {
    this.#deps = deps;
  }

  /** The answer under a key, made anew when anything of it may have changed. */
  of({ channel, edge, key }: Asked, make: () => ListAnswer): ListAnswer {
    const { clock, footageStamp } = this.#deps;
    if (!footageStamp) return make();
    const second = Math.floor(clock.nowMs() / 1000);
    const next = edge?.next;
    const parts = `${next?.run} ${next?.mediaSequence} ${next?.parts.length} ${next?.isClosed} ${edge?.stored.length}`;
    const version = `${second} ${channel.zone} ${channel.isRetired} ${parts} ${footageStamp(channel.id)}`;
    const known = this.#answers.get(key, version);
    if (known) return known;
    const { body, isGrowing } = make();
    return this.#answers.set(key, version, { body: once(body), isGrowing }, body.sizeBytes);
  }
}
