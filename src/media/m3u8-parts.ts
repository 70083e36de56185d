/** Lines of low-latency HLS (draft-pantos-hls-rfc8216bis 4.4.3.7, 4.4.4.9, 4.4.5.3). */

const TICKS_PER_SECOND = 90_000;
const MILLISECONDS = 1000;

/** A part target in seconds: rounded up to milliseconds, so that no part is longer. */
export const partTargetSeconds = (ticks: number): number =>
  Math.ceil((ticks * MILLISECONDS) / TICKS_PER_SECOND) / MILLISECONDS;

export const partInfLine = (targetSeconds: number): string =>
  `#EXT-X-PART-INF:PART-TARGET=${targetSeconds.toFixed(3)}\n`;

/** A part of the segment whose address follows, or that is not whole yet; its length in 90,000ths of a second. */
export const partLine = (uri: string, ticks: number, isIndependent: boolean): string =>
  `#EXT-X-PART:DURATION=${(ticks / TICKS_PER_SECOND).toFixed(6)},URI="${uri}"${isIndependent ? ",INDEPENDENT=YES" : ""}\n`;

/** The part that comes next and may be asked for before it is there. */
export const preloadHintLine = (uri: string): string => `#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${uri}"\n`;
