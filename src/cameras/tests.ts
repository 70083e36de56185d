import { randomBytes } from "node:crypto";
import { createSource } from "../capture/create-source.ts";
import { parseSource } from "../config/source-address.ts";
import type { SourceConfig } from "../config/config.ts";
import { isByFfmpeg } from "../config/source-kinds.ts";
import type { Clock } from "../platform/clock.ts";
import { NightjarError } from "../platform/errors.ts";
import { findTool } from "../platform/process.ts";
import { hasNoPath, splitAddress, withPath } from "./address.ts";
import { failureOf, type Failure } from "./failure.ts";
import { streamFailureOf } from "./stream-failure.ts";
import type { StreamFacts } from "./figures.ts";
import { lookIntoFolder, type FolderFacts } from "./folder-test.ts";
import type { GivenSource } from "./given-source.ts";
import type { KeptFacts } from "./kept-figures.ts";
import { commonPaths } from "./makers.ts";
import { probe, type ProbeResult } from "./probe.ts";

/** A test that was made, kept for a while so that its form can be sent on without the password in it. */
export type CameraTest = {
  /** Not to be guessed. */
  id: string;
  /** What was tested: with the path that was found. */
  given: GivenSource;
  /** The path that was found where the address had none. */
  foundPath?: string;
  withSound: boolean;
  outcome:
    | { facts: StreamFacts; jpeg?: Uint8Array<ArrayBuffer> }
    | { kept: KeptFacts; jpeg?: Uint8Array<ArrayBuffer> }
    | { folder: FolderFacts }
    | { failure: Failure };
};

const KEPT_MS = 30 * 60_000;
const MAX_KEPT = 12;
/** Each is a connection and, for a moment, an ffmpeg or two. */
const MAX_AT_ONCE = 3;

/** Ends after which another path may still be right. */
const isAboutPath = (result: ProbeResult): boolean =>
  !result.isGood && result.end.reason === "source-refused";

const ENDS_WITHOUT_FFMPEG = {
  reason: "source-unsupported",
  detail: 'The program "ffmpeg" was not found',
} as const;

/** Tests cameras, and keeps what came of it in memory for half an hour. */
export class CameraTests {
  readonly #clock: Clock;
  readonly #kept = new Map<string, { test: CameraTest; untilMs: number }>();
  #running = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A test by its id, while it is kept. */
  get(id: string): CameraTest | undefined {
    const found = this.#kept.get(id);
    return found && found.untilMs > this.#clock.monotonicMs() ? found.test : undefined;
  }

  /** Forgets a test: what it was for is done. */
  forget(id: string): void {
    this.#kept.delete(id);
  }

  /**
   * Connects to a source and tells what it is.
   * @throws NightjarError `unavailable` when too many are being tested
   */
  async run(given: GivenSource, withSound: boolean, signal: AbortSignal): Promise<CameraTest> {
    if (this.#running >= MAX_AT_ONCE) {
      throw new NightjarError(
        "unavailable",
        `${MAX_AT_ONCE} cameras are being tested already; try again in a moment`,
      );
    }
    this.#running += 1;
    try {
      const { source } = given;
      if (source.kind === "folder") {
        return this.#keep({ given, withSound, outcome: await lookIntoFolder(source) });
      }
      const { tried, result, foundPath } = await this.#try(given, withSound, signal);
      const outcome = outcomeOf(result, tried);
      return this.#keep({
        given: tried,
        withSound,
        outcome,
        ...(foundPath === undefined ? {} : { foundPath }),
      });
    } finally {
      this.#running -= 1;
    }
  }

  async #try(
    given: GivenSource,
    withSound: boolean,
    signal: AbortSignal,
  ): Promise<{ tried: GivenSource; result: ProbeResult; foundPath?: string }> {
    if (findTool("ffmpeg") === undefined && isByFfmpeg(given.source.kind)) {
      return { tried: given, result: { isGood: false, end: { ...ENDS_WITHOUT_FFMPEG, retry: "later" } } };
    }
    const test = ({ source }: { source: SourceConfig }): Promise<ProbeResult> =>
      probe(createSource({ source, audio: withSound }, this.#clock), this.#clock, signal);
    const first = await test(given);
    if (given.source.kind !== "rtsp" || !hasNoPath(given.text) || !isAboutPath(first)) {
      return { tried: given, result: first };
    }
    for (const path of commonPaths.slice(1)) {
      if (signal.aborted) break;
      const text = withPath(given.text, path);
      const parsed = parseSource(text, { transport: given.source.transport });
      if (!("source" in parsed)) continue;
      const result = await test(parsed);
      if (result.isGood) return { tried: { text, source: parsed.source }, result, foundPath: path };
      // Wrong passwords lock cameras; and a camera that stopped answering has nothing to say of paths.
      if (!isAboutPath(result)) return { tried: given, result };
    }
    return { tried: given, result: first };
  }

  #keep(test: Omit<CameraTest, "id">): CameraTest {
    const nowMs = this.#clock.monotonicMs();
    for (const [id, { untilMs }] of this.#kept) {
      if (untilMs <= nowMs || this.#kept.size >= MAX_KEPT) this.#kept.delete(id);
    }
    const kept = { id: randomBytes(16).toString("hex"), ...test };
    this.#kept.set(kept.id, { test: kept, untilMs: nowMs + KEPT_MS });
    return kept;
  }
}

function outcomeOf(result: ProbeResult, tried: GivenSource): CameraTest["outcome"] {
  if (!result.isGood) {
    const isStream = tried.source.kind === "hls";
    return { failure: (isStream ? streamFailureOf : failureOf)(result.end, hostOf(tried)) };
  }
  const jpeg = result.jpeg ? { jpeg: result.jpeg } : {};
  return "kept" in result ? { kept: result.kept, ...jpeg } : { facts: result.facts, ...jpeg };
}

/** Host and port, for people; the kind of a source that has none. */
function hostOf({ text, source }: GivenSource): string {
  if (!("url" in source)) return source.kind;
  return splitAddress(text).rest.replace(/[/?#].*$/s, "");
}
