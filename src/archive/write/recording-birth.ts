import { dirname, join } from "node:path";
import { StorageMissing } from "../../capture/recording-sink.ts";
import type { RecordingRow, RunRow } from "../../db/index/rows.ts";
import { roundedSeconds } from "../../media/m3u8.ts";
import { convertTicks } from "../../media/ticks.ts";
import { systemErrorCode } from "../../platform/errors.ts";
import type { ChannelWriter } from "./channel-writer.ts";
import { newId } from "../ids.ts";
import { JOURNAL_TARGET_SECONDS, type JournalGap, type JournalHead } from "../journal/journal.ts";
import type { NextSegment } from "./open-run.ts";
import { freeName } from "./recording-names.ts";
import { RecordingWriter } from "./recording-writer.ts";
import { fileLimits, nextChangeMs } from "./roll.ts";
import type { ArchiveChannel } from "../settings.ts";
import type { WriteContext } from "./write-context.ts";

export type Birth = {
  channel: ChannelWriter;
  settings: ArchiveChannel;
  run: RunRow;
  /** Whether the run has no row yet. */
  isFirst: boolean;
  /** Channel-wide media time of the run's zero, in ticks of its pictures. */
  runTicks: number;
  /** The recording's first segment and its wall time. */
  next: NextSegment;
  startMs: number;
  gaps: JournalGap[];
};

/** What stands in front of a run's segments in its files: MPEG-TS brings its own. */
const initOf = ({ format, init }: RunRow): Uint8Array => (format === "ts" ? new Uint8Array() : init);

function headOf(birth: Birth, root: string, file: string): JournalHead {
  const { channel, settings, run, runTicks, next, gaps } = birth;
  const {
    channel: _channel,
    endMs: _endMs,
    endReason: _endReason,
    endDetail: _endDetail,
    ...journalRun
  } = run;
  const videoTicks = runTicks + next.startTicks;
  return {
    recording: newId(),
    channel: channel.id,
    root,
    file,
    baseOffsetBytes: initOf(run).length,
    firstMediaSequence: channel.counter.nextMediaSequence,
    discontinuitySequence: channel.counter.discontinuitySequence,
    baseTicks:
      run.audioTimescale === null
        ? { video: videoTicks }
        : { video: videoTicks, audio: convertTicks(videoTicks, run.videoTimescale, run.audioTimescale) },
    zone: settings.zone,
    replaces: [],
    gaps,
    run: journalRun,
  };
}

/**
 * Brings a recording into the world, in this order: the row as an intent, committed; the folders; the files. When
 * it fails, nothing of it is left, neither row nor file. Throws `StorageMissing` or a system error.
 */
export async function bearRecording(context: WriteContext, birth: Birth): Promise<RecordingWriter> {
  const { files, index, roots } = context;
  const { channel, settings, run, runTicks, next, startMs } = birth;
  await roots.look();
  const root = roots.current();
  if ("missing" in root) throw new StorageMissing(root.missing);
  const { totalBytes } = await files.space(root.path);
  const channelCount = context.settings.channels().length;
  const limits = fileLimits(settings.keep, totalBytes, channelCount, context.settings.fileMax);
  const extension = run.format === "ts" ? ".ts" : ".mp4";
  const { zone } = settings;
  const path = await freeName(files, index, root, { channel: channel.id, startMs, zone, extension });
  const mediaPath = join(root.path, path);
  const head = headOf(birth, root.id, path.slice(path.lastIndexOf("/") + 1));
  const row: RecordingRow = {
    id: head.recording,
    channel: channel.id,
    root: root.id,
    path,
    run: run.id,
    baseOffsetBytes: head.baseOffsetBytes,
    startMs,
    endMs: startMs,
    firstMediaSequence: head.firstMediaSequence,
    discontinuitySequence: head.discontinuitySequence,
    baseTicks: head.baseTicks.video,
    zone: settings.zone,
    sizeBytes: 0,
    segmentCount: 0,
    state: "open",
    garbageMs: null,
    version: 0,
  };
  index.transaction(() => {
    if (birth.isFirst) index.insertRun(run);
    index.insertRecording(row);
    for (const gap of birth.gaps) index.insertGap({ ...gap, channel: channel.id, recording: row.id });
    index.setCounter(channel.counter);
  });
  try {
    const folder = dirname(mediaPath);
    const made = await files.makeFolder(folder);
    const runAudioTicks =
      run.audioTimescale === null ? 0 : convertTicks(runTicks, run.videoTimescale, run.audioTimescale);
    return await RecordingWriter.create(
      files,
      {
        row,
        head,
        init: initOf(run),
        mediaPath,
        folders: [folder, ...made.map((name) => dirname(name))],
        zeroTicks: next.startTicks,
        audioOffsetTicks: runAudioTicks - (head.baseTicks.audio ?? 0),
        changeMs: Math.min(
          nextChangeMs(startMs, channel.id, settings.zone),
          shortChangeMs(startMs, limits.maxMs),
        ),
        maxBytes: limits.maxBytes,
        targetSeconds: run.format === "nightjar" ? JOURNAL_TARGET_SECONDS : keptTargetSeconds(next),
      },
      context.figures,
    );
  } catch (error) {
    index.transaction(() => {
      index.deleteRecording(row.id);
      if (birth.isFirst) index.deleteRun(run.id);
    });
    if (systemErrorCode(error) === "ENOENT" && !(await files.stat(root.path)))
      throw new StorageMissing({ reason: "disk-missing", detail: `${root.path} is not there any more` });
    throw error;
  }
}

/**
 * Sources that are kept as they came say how long a segment is, not how long the longest will be. One that is longer than
 * this begins another file.
 */
const keptTargetSeconds = ({ durationTicks }: NextSegment): number =>
  Math.max(JOURNAL_TARGET_SECONDS, roundedSeconds(durationTicks) * 2);

const HOUR_MS = 3_600_000;

/** Files of less than an hour are cut by their length, whatever the hour. */
const shortChangeMs = (startMs: number, maxMs: number): number =>
  maxMs < HOUR_MS ? startMs + maxMs : Infinity;
