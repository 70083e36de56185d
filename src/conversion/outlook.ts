import type { ChannelConfig, Config } from "../config/config.ts";
import { type DailySpan, dailySpanMinutes, dailySpanText } from "../platform/daily-span.ts";
import { durationWords, sizeWords } from "../status/words.ts";
import { settingsText } from "./plan-pieces.ts";
import type { Trial, Trials } from "./trial.ts";

const DAY_MS = 86_400_000;

/** What is known of a channel whose days are converted. */
export type ChannelOutlook = {
  channel: string;
  name: string;
  /** Why its days are never converted, whatever the trial says. */
  obstacle?: string;
  /** Absent until its first day's turn comes. */
  trial?: Trial;
  /** Pictures encoded and verified in a second. */
  fps?: number;
  /** How long 24 h of its footage take, and how long a day of it as it is recorded. */
  cameraDayMs?: number;
  dayWorkMs?: number;
  /** Bytes of the result of those of the original: 0.4 saves 60 %. */
  share?: number;
};

export type Outlook = {
  channels: ChannelOutlook[];
  /** Work that each day adds, of all channels whose trial was made. */
  dailyMs: number;
  /** Time for it in a day. */
  windowMs: number;
  /** The sentence that says why nothing is converted; absent where it fits. */
  refusal?: string;
};

/** What the trials say about all channels that ask to be converted. */
export function outlookOf(
  { channels, jobs }: Pick<Config, "channels" | "jobs">,
  trials: Pick<Trials, "of">,
): Outlook {
  const found = [...channels.values()].flatMap((channel): ChannelOutlook[] => {
    if (!channel.convert) return [];
    const { id, name } = channel;
    const trial = trials.of(id, settingsText(channel.convert));
    const obstacle = obstacleOf(channel);
    const known = { channel: id, name, ...(obstacle === undefined ? {} : { obstacle }) };
    return [trial ? { ...known, ...figuresOf(trial) } : known];
  });
  const dailyMs = found.reduce((sum, { dayWorkMs = 0 }) => sum + dayWorkMs, 0);
  const windowMs = jobs.window ? dailySpanMinutes(jobs.window) * 60_000 : DAY_MS;
  const tried = found.filter(({ trial }) => trial).length;
  const outlook = { channels: found, dailyMs, windowMs };
  return dailyMs <= windowMs ? outlook : { ...outlook, refusal: refusalText(dailyMs, jobs.window, tried) };
}

/** What in a channel's settings keeps all of its days from being converted. */
function obstacleOf({ convert, keep, source }: ChannelConfig): string | undefined {
  if (!convert) return undefined;
  if (source.kind === "folder" && !source.manage)
    return "Nothing is converted: the files of a watched folder are replaced only with manage: true";
  // `keep.days` are counted from the end of a day, as `convert.after` is; a rolling age takes its first hours before that.
  const { days = Number.POSITIVE_INFINITY, maxAgeMs = Number.POSITIVE_INFINITY } = keep;
  const wholeMs = Math.max(0, Math.min(days * DAY_MS, maxAgeMs - DAY_MS));
  if (wholeMs > convert.afterMs) return undefined;
  const [whole, after] = [durationWords(wholeMs), durationWords(convert.afterMs)];
  return `No whole day is converted: it is whole until ${whole} after its end (keep), and would be converted ${after} after it (convert.after)`;
}

function figuresOf(trial: Trial) {
  const perMs = trial.tookMs / Math.max(1, trial.footageMs);
  return {
    trial,
    fps: (trial.pictureCount * 1000) / trial.tookMs,
    cameraDayMs: DAY_MS * perMs,
    dayWorkMs: trial.dayMs * perMs,
    share: trial.afterBytes / Math.max(1, trial.beforeBytes),
  };
}

function refusalText(dailyMs: number, window: DailySpan | undefined, channelCount: number): string {
  const whose =
    channelCount === 1 ? "A day's footage takes" : `A day's footage of ${channelCount} channels takes`;
  const room = window
    ? `the ${durationWords(dailySpanMinutes(window) * 60_000)} of jobs.window (${dailySpanText(window)})`
    : "a day";
  return `${whose} ${durationWords(dailyMs)} to convert, longer than ${room}: lower height, fps, preset or codec below convert`;
}

/** What keeps a channel's days from being converted, else its figures in words, such as `41 pictures a second: …`. */
export function figuresText({ obstacle, trial, fps, cameraDayMs, share }: ChannelOutlook): string {
  if (obstacle !== undefined) return obstacle;
  if (!trial || fps === undefined || cameraDayMs === undefined || share === undefined)
    return "A minute is encoded before its first day, to see how long that takes";
  const saved = Math.round((1 - share) * 100);
  const size = saved >= 0 ? `${saved} % smaller` : `${-saved} % larger`;
  const day = share < 1 ? `, which saves ${sizeWords(trial.dayBytes * (1 - share))} a day` : "";
  return `${fps >= 10 ? Math.round(fps) : fps.toFixed(1)} pictures a second with ${trial.encoder}: 24 h of footage take ${durationWords(cameraDayMs)} and become ${size}${day}`;
}
