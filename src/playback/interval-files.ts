import { wantsHeadOnly } from "../access/head-requests.ts";
import type { FootageChannel } from "../archive/footage.ts";
import { hasOwnFiles } from "../db/index/rows.ts";
import { notFound } from "../platform/errors.ts";
import { LongBody, streamed } from "../platform/long-body.ts";
import { isoOf } from "../platform/zone.ts";
import { channelPrefix } from "./addresses.ts";
import type { ByteSpan } from "./byte-range.ts";
import type { PlaybackDeps } from "./deps.ts";
import { mediaHeaders, mp4Headers } from "./file-headers.ts";
import { intervalBytes } from "./interval-bytes.ts";
import { IntervalLayout } from "./interval-layout.ts";
import { differentInits, haveOneInit, type FileEnding } from "./interval-parts.ts";
import { KeptInterval, segmentsInOrder } from "./kept-interval.ts";
import { leadTicksOf } from "./kept-lead.ts";
import type { Lists } from "./lists.ts";
import { rangeAnswer } from "./range-answer.ts";
import { remuxAnswer } from "./remux.ts";
import { segmentEndMs, type Stretch } from "./stretch.ts";
import { addressInterval, type Interval } from "./time-parameters.ts";

/** Within so long of now, segments may still come: the longest one, its sound, and a clock that is slewed. */
const SETTLED_MS = 60_000;
/** By so much a segment may begin before the end of the one before it, by its wall time. */
const SLACK_MS = 10;
/** Up to here an answer is made before it is sent. */
const SHORT_BYTES = 512 * 1024;
/** Segments of all layouts that are kept, two days of them: a player asks for many parts of the same file. */
const MOST_KEPT_SEGMENTS = 100_000;

const wholeSecondMs = (ms: number): number => Math.floor(ms / 1000) * 1000;

/** Which of a recording's segments a stretch has: of files, any may have been replaced by another with its own ordinal. */
const ordinalsOf = ({ recording, segments, first, last }: Stretch): string =>
  hasOwnFiles(recording)
    ? segments.map(({ ordinal }) => ordinal).join(" ")
    : `${first.ordinal}-${last.ordinal}`;

/** What an MP4 of these stretches holds, in short: the same text is the same file. */
const contentOf = (stretches: readonly Stretch[], title: string): string =>
  [
    title,
    ...stretches.map(
      (stretch) => `${stretch.recording.id} ${stretch.first.startMs} ${ordinalsOf(stretch)} ${stretch.count}`,
    ),
  ].join("\n");

/** Intervals of footage as files, without encoding anything again: MP4, and MPEG-TS of what came as that. */
export class IntervalFiles {
  readonly #deps: PlaybackDeps;
  readonly #lists: Lists;
  readonly #layouts = new Map<string, IntervalLayout>();

  constructor(deps: PlaybackDeps, lists: Lists) {
    this.#deps = deps;
    this.#lists = lists;
  }

  /**
   * The file of `<from>-<duration|now>`, with Range. What may still grow is sent on to the interval that is whole now,
   * so that all parts of a download are parts of one file. Throws `bad-request`, `not-found`, `unavailable`, and
   * `conflict` where the init changes, with the parts that can be had.
   */
  async answer(
    request: Request,
    channel: FootageChannel,
    times: string,
    ending: FileEnding = "mp4",
  ): Promise<Response> {
    const nowMs = this.#deps.clock.nowMs();
    const asked = addressInterval(times, nowMs);
    const isPast = asked.fromMs < nowMs;
    const interval = { fromMs: asked.fromMs, toMs: isPast ? Math.min(asked.toMs, nowMs) : asked.toMs };
    const stretches = this.#stretches(channel, interval);
    if (ending === "ts" && stretches.every(({ run }) => run.format !== "ts"))
      throw notFound(`The footage of ${channel.id} in this interval is MP4, not MPEG-TS`, [
        `MP4: /${channel.id}/archive-${times}.mp4`,
      ]);
    const settledMs = wholeSecondMs(Math.min(settledEndMs(stretches), asked.toMs));
    const isUnsettled = asked.toMs > nowMs - SETTLED_MS && settledMs < asked.toMs;
    if (isUnsettled || times.endsWith("-now"))
      return redirect(request, channel, { fromMs: asked.fromMs, toMs: settledMs }, ending);
    if (!haveOneInit(stretches))
      throw differentInits(channel, stretches, interval, ending, (each) =>
        haveOneInit(this.#stretches(channel, each)),
      );
    const run = stretches[0]?.run;
    if (ending === "ts") return this.#kept(request, channel, stretches, ending, 0);
    if (run?.format === "ts") return this.#remuxed(request, channel, stretches);
    if (run?.format === "mp4") return this.#made(request, channel, stretches);
    if (run?.format === "fmp4") {
      const leadTicks = await leadTicksOf(this.#deps.footage, stretches);
      return this.#kept(request, channel, stretches, ending, leadTicks);
    }
    return this.#file(request, channel, stretches, await leadTicksOf(this.#deps.footage, stretches));
  }

  /** Segments as they came, one after the other; the index tells their length. */
  #kept(
    request: Request,
    channel: FootageChannel,
    stretches: readonly Stretch[],
    ending: FileEnding,
    leadTicks: number,
  ): Promise<Response> {
    const { footage } = this.#deps;
    const interval = new KeptInterval(stretches, leadTicks);
    return rangeAnswer(request, {
      tag: Bun.hash(contentOf(stretches, `${ending} ${leadTicks}`)).toString(36),
      sizeBytes: interval.sizeBytes,
      headers: mediaHeaders(request, channel, stretches[0]?.first.startMs ?? 0, ending),
      body: (span) => bodyOf(span, interval.bytes(footage, span)),
    });
  }

  /** An MP4 of MPEG-TS, sent as it is made; nobody knows its length before. */
  #remuxed(request: Request, channel: FootageChannel, stretches: readonly Stretch[]): Promise<Response> {
    const { footage } = this.#deps;
    const { run, first } = stretches[0] ?? {};
    const interval = new KeptInterval(stretches, 0);
    const whole = { start: 0, end: interval.sizeBytes };
    const chunks = () => interval.bytes(footage, whole);
    const codecs = { videoCodec: run?.videoCodec ?? "", audioCodec: run?.audioCodec ?? null };
    return remuxAnswer(request, { chunks, ...codecs }, mp4Headers(request, channel, first?.startMs ?? 0));
  }

  /** Segments made out of whole MP4 files, sent as they are made. */
  async #made(request: Request, channel: FootageChannel, stretches: readonly Stretch[]): Promise<Response> {
    const headers = mp4Headers(request, channel, stretches[0]?.first.startMs ?? 0);
    headers.set("accept-ranges", "none");
    if (wantsHeadOnly(request)) return new Response(null, { headers });
    const { footage } = this.#deps;
    const leadTicks = await leadTicksOf(footage, stretches);
    return new Response(await streamed(segmentsInOrder(footage, stretches, leadTicks)), { headers });
  }

  #stretches(channel: FootageChannel, interval: Interval): readonly Stretch[] {
    return this.#lists.interval(channel, { ...interval, isOpen: false }).stretches;
  }

  #file(
    request: Request,
    channel: FootageChannel,
    stretches: readonly Stretch[],
    leadTicks: number,
  ): Promise<Response> {
    const startMs = stretches[0]?.first.startMs ?? 0;
    const title = `${channel.name}, ${isoOf(startMs, channel.zone).slice(0, 19).replace("T", " ")}`;
    const content = contentOf(stretches, title);
    const layout = this.#layouts.get(content) ?? new IntervalLayout(stretches, title, leadTicks);
    this.#keep(content, layout);
    const { footage } = this.#deps;
    return rangeAnswer(request, {
      tag: Bun.hash(`${content} ${Bun.hash(layout.front)}`).toString(36),
      sizeBytes: layout.sizeBytes,
      headers: mp4Headers(request, channel, startMs),
      body: (span) => bodyOf(span, intervalBytes(footage, layout, span)),
    });
  }

  #keep(content: string, layout: IntervalLayout): void {
    this.#layouts.delete(content);
    this.#layouts.set(content, layout);
    let segments = 0;
    for (const [each, { segmentCount }] of [...this.#layouts].toReversed()) {
      segments += segmentCount;
      if (segments > MOST_KEPT_SEGMENTS) this.#layouts.delete(each);
    }
  }
}

/** Short spans in one piece, which leaves the connection open for the next one. */
async function bodyOf(
  { start, end }: ByteSpan,
  chunks: AsyncGenerator<Uint8Array, void>,
): Promise<LongBody | Uint8Array<ArrayBuffer>> {
  const sizeBytes = end - start;
  if (sizeBytes > SHORT_BYTES) return LongBody.start(sizeBytes, chunks);
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  for await (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** Up to here nothing will be added any more, in ms UTC. */
const settledEndMs = (stretches: readonly Stretch[]): number =>
  Math.max(...stretches.map(({ last, run }) => segmentEndMs(last, run))) - SLACK_MS;

/** Sends on to the interval that ends at `toMs`. Throws `not-found` when no second of it is whole yet. */
function redirect(
  request: Request,
  channel: FootageChannel,
  { fromMs, toMs }: Interval,
  ending: FileEnding,
): Response {
  if (toMs <= fromMs) throw notFound("The footage of this interval is being recorded; ask in a few seconds");
  const { pathname, search } = new URL(request.url);
  const name = `archive-${fromMs / 1000}-${(toMs - fromMs) / 1000}.${ending}`;
  const location = `${channelPrefix(pathname, channel.id)}${name}${search}`;
  return new Response(null, { status: 302, headers: { location, "cache-control": "no-store" } });
}
