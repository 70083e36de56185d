import { TS_CLOCK_TICKS, followsOnClock, type MediaFacts } from "../../media/media-facts.ts";

/** Up to this, times of a chain of chunks that follow one another are those of one clock, in ms. */
const SAME_CLOCK_MS = 2000;
const TICKS_PER_MS = 90;

/** When a chunk began, by its name or by its file. */
export type ChunkTime = {
  /** ms UTC; by the name a time up to a second too early, by the file one that may be too late. */
  startMs: number;
  isByName: boolean;
};

/** The start that a chunk of HLS PVR has in its name, `YYYYMMDD_HHMMSS.ts`, which is UTC; ms UTC. */
export function timeInName(name: string): number | undefined {
  const [, date, time] = /^(\d{8})_(\d{6})\.ts$/i.exec(name) ?? [];
  if (date === undefined || time === undefined) return undefined;
  try {
    const plain = Temporal.PlainDateTime.from(`${date}T${time}`, { overflow: "reject" });
    return time.endsWith("60") ? undefined : plain.toZonedDateTime("UTC").epochMilliseconds;
  } catch {
    return undefined;
  }
}

type TimedChunk = ChunkTime & { facts: Pick<MediaFacts, "sourceTicks" | "durationTicks"> };

/** From one source time to the next on the clock of MPEG-TS, which turns over; ticks. */
const onClock = (fromTicks: number, toTicks: number): number =>
  (((toTicks - fromTicks) % TS_CLOCK_TICKS) + TS_CLOCK_TICKS) % TS_CLOCK_TICKS;

/**
 * Starts of chunks in order, as exact as all of them together say: where one follows another on the source's clock,
 * that clock tells how far they are apart. Answers whole ms UTC, one for each.
 */
export function chunkStarts(chunks: readonly TimedChunk[]): number[] {
  const starts: number[] = [];
  let chain: { elapsedMs: number; startMs: number }[] = [];
  let isByName = true;
  const close = (): void => {
    const zeros = chain.map(({ elapsedMs, startMs }) => startMs - elapsedMs);
    const zero = isByName ? Math.max(...zeros) : Math.min(...zeros);
    for (const { elapsedMs } of chain) starts.push(Math.round(zero + elapsedMs));
    chain = [];
  };
  for (const [index, chunk] of chunks.entries()) {
    const before = chunks[index - 1];
    const last = chain.at(-1);
    let elapsedMs = 0;
    if (before !== undefined && last !== undefined) {
      const endTicks = before.facts.sourceTicks + before.facts.durationTicks;
      elapsedMs = last.elapsedMs + onClock(before.facts.sourceTicks, chunk.facts.sourceTicks) / TICKS_PER_MS;
      const zeroMs = (chain[0]?.startMs ?? 0) - (chain[0]?.elapsedMs ?? 0);
      const isSame =
        chunk.isByName === isByName &&
        followsOnClock("ts", endTicks, chunk.facts.sourceTicks) &&
        Math.abs(chunk.startMs - elapsedMs - zeroMs) <= SAME_CLOCK_MS;
      if (!isSame) {
        close();
        elapsedMs = 0;
      }
    }
    isByName = chunk.isByName;
    chain.push({ elapsedMs, startMs: chunk.startMs });
  }
  if (chain.length > 0) close();
  return starts;
}
