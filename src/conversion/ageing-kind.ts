import { z } from "zod";
import type { AgedDays, AgeingSource } from "../archive/aged/aged-day.ts";
import type { Footage } from "../archive/footage.ts";
import type { Config } from "../config/config.ts";
import type { ConvertConfig } from "../config/convert.ts";
import { shareBytes } from "../config/size.ts";
import type { JobKind, JobRun } from "../jobs/job-kind.ts";
import { attempt } from "../media/bits.ts";
import type { Clock } from "../platform/clock.ts";
import { NightjarError } from "../platform/errors.ts";
import type { Files } from "../platform/files.ts";
import { dateWords, sizeWords } from "../status/words.ts";
import { ageDay, type AgeOptions } from "./age-day.ts";
import type { EncoderChoice } from "./encoders.ts";
import { outlookOf } from "./outlook.ts";
import { settingsText } from "./plan-pieces.ts";
import { lengthOf, type Trials, tryOut } from "./trial.ts";
import { removeWork, workBytes } from "./work-folder.ts";

/** Which day is to be converted, and whose settings hold. */
export const ageingPayload = z.object({
  of: z.string(),
  channel: z.string(),
  root: z.string(),
  date: z.iso.date(),
  /** By what it was asked for: what failed by other settings is tried again. */
  settings: z.string(),
});
export type AgeingPayload = z.output<typeof ageingPayload>;

export type AgeingResult =
  | { beforeBytes: number; afterBytes: number; pictureCount: number }
  /** Why the day is as it was. */
  | { kept: string };

export type AgeingDeps = {
  aged: AgedDays;
  footage: Footage;
  files: Files;
  clock: Clock;
  encoders: EncoderChoice;
  trials: Trials;
  /** The configuration as it is now. */
  current: () => Config;
  stallMs?: number | undefined;
};

const checkpointSchema = z.object({ folder: z.string() });

/** Names the work on a day. */
export const workKeyOf = ({
  channel,
  root,
  date,
}: Pick<AgeingPayload, "channel" | "root" | "date">): string => `ageing ${root} ${channel} ${date}`;

/** Days that are made smaller, one at a time. */
export const ageingKind = (deps: AgeingDeps): JobKind<AgeingPayload, AgeingResult> => ({
  name: "ageing",
  payload: ageingPayload,
  isHeavy: true,
  atOnce: 1,
  title: ({ date }) => `Conversion of ${dateWords(Date.parse(date), "UTC")}`,
  link: ({ of, date }) => `/${of}/${date}`,
  run: async (payload, job) => {
    const result = await runAgeing(deps, payload, job);
    // The page of jobs shows it with the job that is done.
    job.progress(1, resultWords(result));
    return result;
  },
});

function resultWords(result: AgeingResult): string {
  if ("kept" in result) return `Not converted: ${result.kept}`;
  return `${sizeWords(result.beforeBytes)} became ${sizeWords(result.afterBytes)}`;
}

async function runAgeing(deps: AgeingDeps, payload: AgeingPayload, job: JobRun): Promise<AgeingResult> {
  const { aged, current } = deps;
  const settings = current().channels.get(payload.of)?.convert;
  if (!settings) return await notAsked(deps, job);
  const by = settingsText(settings);
  const source = await aged.source(payload, by);
  if (!source) {
    if (aged.days(payload.of, by).some((day) => workKeyOf(day) === workKeyOf(payload)))
      throw new NightjarError(
        "unprocessable",
        "What is left of this day can't be converted: its files are missing or locked; nightjar verify names them",
      );
    // Its films took its place, and the end of this job was not written down any more.
    await clearUp(deps, job);
    return { kept: "there is nothing left to convert" };
  }
  job.save({ folder: source.folder });
  try {
    return await convert(deps, { payload, job, settings, source });
  } catch (error) {
    if (error instanceof NotAsked) return await notAsked(deps, { checkpoint: { folder: source.folder } });
    throw await storageError(aged, payload, job, error);
  }
}

/** An error of work on a day, or, where its storage has gone, that: files of a disk that was unmounted look deleted. */
async function storageError(
  aged: AgedDays,
  day: AgeingPayload,
  { signal }: Pick<JobRun, "signal">,
  error: unknown,
): Promise<unknown> {
  const mayPass = error instanceof NightjarError && error.kind === "unavailable";
  if (mayPass || signal.aborted || (await aged.isStorageThere(day))) return error;
  return new NightjarError(
    "unavailable",
    "The storage with this day went away; it goes on behind what is done once that is back",
    { cause: error },
  );
}

/** The channel does not ask for it any more. */
class NotAsked extends Error {}

async function clearUp({ files }: AgeingDeps, { checkpoint }: Pick<JobRun, "checkpoint">): Promise<void> {
  const { folder } = checkpointSchema.safeParse(checkpoint).data ?? {};
  if (folder !== undefined) await removeWork(files, folder);
}

async function notAsked(deps: AgeingDeps, job: Pick<JobRun, "checkpoint">): Promise<AgeingResult> {
  await clearUp(deps, job);
  return { kept: "the channel does not ask for it any more" };
}

type Conversion = {
  payload: AgeingPayload;
  job: JobRun;
  settings: ConvertConfig;
  source: AgeingSource;
};

async function convert(
  deps: AgeingDeps,
  { payload, job, settings, source }: Conversion,
): Promise<AgeingResult> {
  const { aged, files, current } = deps;
  /** The originals go for ever: what was asked for at the begin has to be asked for still. */
  const checkAsked = (): void => {
    const now = current().channels.get(payload.of)?.convert;
    if (!now) throw new NotAsked();
    if (now !== settings && settingsText(now) !== settingsText(settings))
      throw new NightjarError(
        "unavailable",
        "The settings were changed; the day is converted by the new ones",
      );
  };
  const options: AgeOptions = {
    footage: deps.footage,
    files,
    encoders: deps.encoders,
    settings,
    stallMs: deps.stallMs,
    signal: job.signal,
    pause: async () => {
      await job.mayGoOn();
      checkAsked();
    },
    progress: (share, note) => job.progress(share, note),
    saved: () => job.save({ folder: source.folder }),
  };
  await checkOutlook(deps, payload, source, options);
  const room = async (): Promise<void> => {
    // Told now, what was locked or came late costs one piece of work at most, and not all that would follow it.
    await orLater(aged.checkSame(source));
    await checkRoom(deps, payload, source);
  };
  await room();
  const result = await ageDay(source, { ...options, room });
  if ("keep" in result) {
    await result.work.close();
    await aged.keepAsIs(payload, result.keep);
    await result.work.remove();
    return { kept: result.keep.why };
  }
  await result.work.close();
  checkAsked();
  await orLater(aged.replace(source, result.files));
  await removeWork(files, source.folder);
  const { beforeBytes, afterBytes, pictureCount } = result;
  return { beforeBytes, afterBytes, pictureCount };
}

/** What has changed meanwhile is converted, or left out, by the next attempt, with all that did not change. */
async function orLater(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof NightjarError) || error.kind !== "conflict") throw error;
    const message = `${error.message}. What is locked is left out, the rest is converted with what is done of it`;
    throw new NightjarError("unavailable", message, { cause: error });
  }
}

/** Makes the channel's trial when there is none. Throws `unprocessable` with the sentence when it is too much work. */
async function checkOutlook(
  { trials, current, clock }: AgeingDeps,
  { of }: AgeingPayload,
  source: AgeingSource,
  options: AgeOptions,
): Promise<void> {
  const known = trials.of(of, settingsText(options.settings));
  const length = lengthOf(source);
  if (!known) {
    await options.pause();
    const trial = await tryOut(of, source, options, clock.nowMs());
    if (trial) await trials.keep(trial);
  } else if (length.dayMs > known.dayMs) await trials.keep({ ...known, ...length });
  const { refusal } = outlookOf(current(), trials);
  if (refusal !== undefined) throw new NightjarError("unprocessable", refusal);
}

/** Beside the original the result needs room, which must not be made by deleting other footage. */
async function checkRoom(
  { files, trials, current }: AgeingDeps,
  { of }: AgeingPayload,
  source: AgeingSource,
): Promise<void> {
  const { channels, storage } = current();
  const settings = channels.get(of)?.convert;
  const trial = settings && trials.of(of, settingsText(settings));
  const { dayBytes } = lengthOf(source);
  const share = trial ? Math.min(1, (1.2 * trial.afterBytes) / Math.max(1, trial.beforeBytes)) : 1;
  const { totalBytes, freeBytes } = await files.space(source.folder);
  // What an earlier attempt has made of it takes its room already.
  const neededBytes = Math.max(0, dayBytes * share - (await workBytes(files, source.folder)));
  const roomBytes = freeBytes - shareBytes(storage.minFree, totalBytes);
  if (roomBytes >= neededBytes) return;
  throw new NightjarError(
    "unavailable",
    `The disk is too full to convert a day: it takes about ${sizeWords(neededBytes)} beside the original, and ${sizeWords(Math.max(0, roomBytes))} are left beyond storage.min_free`,
  );
}

/** A payload out of a job's row; `undefined` for one of another form. */
export const payloadOf = (payload: unknown): AgeingPayload | undefined =>
  attempt(() => ageingPayload.parse(payload));
