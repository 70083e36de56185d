import type { FootageChannel } from "../archive/footage.ts";
import { MPD_TYPE, type MpdGrowth } from "../media/mpd.ts";
import { channelPrefix } from "./addresses.ts";
import { notFound } from "../platform/errors.ts";
import type { PlaybackDeps } from "./deps.ts";
import type { List } from "./lists.ts";
import {
  dashManifest,
  longestTicksOf,
  periodsOf,
  placesFromZero,
  type PeriodPlace,
  type PeriodStretches,
} from "./manifest.ts";
import { PeriodAnchors } from "./period-anchors.ts";
import { downloadAnswer, textAnswer, wantsDownload } from "./playlist-answers.ts";
import { allowanceMs, PresentationClock } from "./presentation-clock.ts";
import { segmentEndMs } from "./stretch.ts";

/** Address of the server's time. */
export const TIME_PATH = "/-/time";

/** Manifests of whole days are long: players ask for them again this seldom, in seconds. */
const LONG_UPDATE_SECONDS = 30;
/** How many segments players stay behind the newest one's end. */
const DELAY_SEGMENTS = 4;
/** For so long back gaps are added up, in ms. */
const GAPS_MS = 7 * 24 * 3_600_000;

/** The way from the folder of a requested path to the server's root. */
const rootPrefix = (pathname: string): string => "../".repeat(Math.max(0, pathname.split("/").length - 2));

/** DASH players take MP4 alone. Throws `not-found` with the address of the same footage that they can play. */
function refuseTs({ stretches }: List, channel: FootageChannel, { pathname, search }: URL): void {
  if (stretches.every(({ run }) => run.format !== "ts")) return;
  const address = pathname.replace(/\.mpd\/?$/, ".m3u8") + search;
  throw notFound(`${channel.id} is recorded as MPEG-TS, which DASH does not carry`, [`HLS: ${address}`]);
}

/** Turns lists into DASH answers. Holds what lists have in common from one request to the next. */
export class DashAnswers {
  readonly #deps: PlaybackDeps;
  readonly #anchors = new PeriodAnchors();
  readonly #clock = new PresentationClock();

  constructor(deps: PlaybackDeps) {
    this.#deps = deps;
  }

  /**
   * The manifest of a list, or with `?download=1` a file with its address; `list` is made only if needed. `name`
   * tells it from the channel's other lists.
   */
  dash(request: Request, channel: FootageChannel, name: string, list: () => List): Response {
    const url = new URL(request.url);
    if (wantsDownload(url.searchParams)) return downloadAnswer(request, channel.id, this.#deps.publicUrl);
    const shown = list();
    refuseTs(shown, channel, url);
    const periods = periodsOf(shown.stretches);
    const prefix = channelPrefix(url.pathname, channel.id);
    if (shown.isEnded) {
      const text = dashManifest(periods, placesFromZero(periods), prefix);
      return textAnswer(request, text, MPD_TYPE, false);
    }
    const places =
      shown.kind === "sliding"
        ? this.#anchors.places(`${channel.id} ${name}`, periods, shown.numbers?.discontinuitySequence)
        : placesFromZero(periods);
    const growth = this.#growth(channel, shown, periods, places);
    const timeUri = rootPrefix(url.pathname) + TIME_PATH.slice(1);
    return textAnswer(request, dashManifest(periods, places, prefix, { ...growth, timeUri }), MPD_TYPE, true);
  }

  #growth(
    channel: FootageChannel,
    list: List,
    periods: readonly PeriodStretches[],
    places: readonly PeriodPlace[],
  ): Omit<MpdGrowth, "timeUri"> {
    const { clock, segmentTargetMs } = this.#deps;
    const nowMs = clock.nowMs();
    const first = list.stretches[0];
    const newest = list.stretches.at(-1);
    const place = places.at(-1);
    const period = periods.at(-1);
    if (!first || !newest || !place || !period) throw new RangeError("a manifest needs at least one segment");
    const longestTicks = longestTicksOf(periods);
    const zeroMs = this.#clock.zeroMs(channel.id, newest, longestTicks, nowMs);
    const axisTicks = place.offsetTicks - place.startTicks;
    const endMs = segmentEndMs(newest.last, newest.run);
    const isOut = nowMs - endMs > allowanceMs(longestTicks);
    const isShort = list.isLive === true;
    const delaySeconds = (DELAY_SEGMENTS * longestTicks) / 90_000;
    const growth = {
      availabilityStartMs: zeroMs + axisTicks / 90,
      publishMs: isOut ? nowMs : Math.min(nowMs, endMs),
      updateSeconds: isShort ? Math.max(1, segmentTargetMs / 1000) : LONG_UPDATE_SECONDS,
      delaySeconds: isShort ? delaySeconds : LONG_UPDATE_SECONDS + delaySeconds,
    };
    if (list.kind !== "sliding") return growth;
    // A player that has been playing since before a gap believes that its timeline has gone on through it, and gives
    // up segments that are older than the depth by that reckoning.
    const lostMs = this.#gapsMs(channel.id, nowMs) + (isOut ? nowMs - endMs : 0);
    const listedSeconds = (newest.endTicks - first.startTicks) / 90_000;
    // The start of a day stays in reach until the manifest is asked for again.
    const untilNextSeconds = isShort ? 0 : LONG_UPDATE_SECONDS + allowanceMs(longestTicks) / 1000;
    const depthSeconds = Math.floor(listedSeconds + untilNextSeconds + lostMs / 1000);
    return { ...growth, depthSeconds };
  }

  /** How much of the last week was not recorded, in ms. */
  #gapsMs(channel: string, nowMs: number): number {
    const fromMs = nowMs - GAPS_MS;
    return this.#deps.footage
      .gaps(channel, fromMs, nowMs)
      .reduce((sum, gap) => sum + Math.max(0, Math.min(gap.endMs, nowMs) - Math.max(gap.startMs, fromMs)), 0);
  }
}
