import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import {
  journalEnd,
  journalEntry,
  type JournalEntry,
  type JournalHead,
  journalHead,
  journalSynced,
} from "../../src/archive/journal/journal.ts";
import { newId } from "../../src/archive/ids.ts";
import { buildInit } from "../../src/media/fmp4/init.ts";
import { buildSegmentHeader } from "../../src/media/fmp4/segment.ts";
import { fileTimeOf, localDateOf } from "../../src/platform/zone.ts";
import type { Clip } from "./recorded-clip.ts";

const SEGMENT_TICKS = 180_000;
const MS_A_SEGMENT = 2000;

/** A stretch of footage without a hole: a clip again and again. Times in ms UTC; the length is a multiple of 2 s. */
export type RecordedStretch = { clip: Clip; startMs: number; endMs: number };

export type RecordedDay = {
  archive: string;
  root: string;
  channel: string;
  /** Its folders and names are of the local time there; UTC by default. */
  zone?: string;
  stretches: readonly RecordedStretch[];
};

type Counted = { ticks: number; sequence: number; discontinuity: number };

/**
 * Writes footage as capture leaves it on the disk: recordings of an hour each at most with their journals, from which
 * `nightjar reindex` makes an index. Media time is counted on through all of it.
 */
export async function writeDay({
  archive,
  root,
  channel,
  zone = "UTC",
  stretches,
}: RecordedDay): Promise<void> {
  const counted: Counted = { ticks: 0, sequence: 0, discontinuity: 0 };
  let timeline = 0;
  let before: RecordedStretch | undefined;
  for (const stretch of stretches) {
    if (before?.clip !== stretch.clip) timeline++;
    if (before && before.clip !== stretch.clip) counted.discontinuity++;
    const run = newId();
    const gaps =
      before && before.endMs < stretch.startMs
        ? [{ startMs: before.endMs, endMs: stretch.startMs, reason: "source-offline" as const, detail: "" }]
        : [];
    let fromMs = stretch.startMs;
    while (fromMs < stretch.endMs) {
      const toMs = Math.min(stretch.endMs, (Math.floor(fromMs / 3_600_000) + 1) * 3_600_000);
      const isLast = toMs === stretch.endMs;
      const place = { archive, root, channel, zone, timeline, run, isLast };
      await writeRecording(stretch, { fromMs, toMs }, counted, place, fromMs === stretch.startMs ? gaps : []);
      fromMs = toMs;
    }
    before = stretch;
  }
}

async function writeRecording(
  { clip, startMs }: RecordedStretch,
  { fromMs, toMs }: { fromMs: number; toMs: number },
  counted: Counted,
  place: Required<Omit<RecordedDay, "stretches">> & { timeline: number; run: string; isLast: boolean },
  gaps: JournalHead["gaps"],
): Promise<void> {
  const { parameters } = clip;
  const init = buildInit(parameters);
  const audioScale = parameters.audio?.timescale ?? 0;
  const stem = fileTimeOf(fromMs, place.zone);
  const path = join(place.archive, place.channel, localDateOf(fromMs, place.zone), stem);
  const head: JournalHead = {
    recording: newId(),
    channel: place.channel,
    root: place.root,
    file: `${stem}.mp4`,
    baseOffsetBytes: init.length,
    firstMediaSequence: counted.sequence,
    discontinuitySequence: counted.discontinuity,
    baseTicks: {
      video: counted.ticks,
      ...(parameters.audio ? { audio: Math.floor((counted.ticks * audioScale) / 90_000) } : {}),
    },
    zone: place.zone,
    replaces: [],
    gaps,
    run: {
      id: place.run,
      timeline: place.timeline,
      init,
      format: "nightjar",
      videoCodec: parameters.video.codecString,
      audioCodec: parameters.audio?.codecString ?? null,
      width: parameters.video.width,
      height: parameters.video.height,
      frameRate: parameters.video.frameRate ?? null,
      videoTimescale: 90_000,
      audioTimescale: parameters.audio?.timescale ?? null,
      startMs,
      bootId: "boot",
      realtimeMs: startMs,
      boottimeMs: 0,
      unsure: false,
    },
  };
  const cut = segmentsOf(clip);
  const parts: Uint8Array[] = [init];
  const lines = [journalHead(head)];
  const count = (toMs - fromMs) / MS_A_SEGMENT;
  let offsetBytes = 0;
  for (let ordinal = 0; ordinal < count; ordinal++) {
    const { pictures, sound } = cut[ordinal % cut.length]!;
    const mediaTicks = ordinal * SEGMENT_TICKS;
    // Frames of sound are laid end to end, as they are by capture.
    const header = buildSegmentHeader({
      sequenceNumber: ordinal + 1,
      video: { decodeTicks: mediaTicks, samples: pictures.map(({ sample }) => sample) },
      ...(sound.length > 0
        ? {
            audio: {
              decodeTicks: Math.ceil((mediaTicks * audioScale) / 90_000),
              samples: sound.map(({ sample }) => sample),
            },
          }
        : {}),
    });
    const bytes = Buffer.concat([header, ...[...pictures, ...sound].map(({ payload }) => payload)]);
    const sizeOf = (samples: typeof pictures) =>
      samples.reduce((sum, { sample }) => sum + sample.sizeBytes, 0);
    const entry: JournalEntry = {
      ordinal,
      startMs: fromMs + ordinal * MS_A_SEGMENT,
      mediaTicks,
      durationTicks: SEGMENT_TICKS,
      offsetBytes,
      headerBytes: header.length,
      videoBytes: sizeOf(pictures),
      audioBytes: sizeOf(sound),
      activityBytes: 0,
      crc32: crc32(bytes),
    };
    lines.push(journalEntry(head, entry));
    parts.push(bytes);
    offsetBytes += bytes.length;
  }
  lines.push(
    journalSynced(count),
    journalEnd(place.isLast ? { reason: "source-offline", detail: "" } : undefined),
  );
  counted.ticks += count * SEGMENT_TICKS;
  counted.sequence += count;
  await mkdir(dirname(path), { recursive: true });
  await Bun.write(`${path}.mp4`, Buffer.concat(parts));
  await Bun.write(`${path}.m3u8`, lines.join(""));
}

type Cut = { pictures: Clip["video"]; sound: Clip["audio"] };

const cuts = new WeakMap<Clip, Cut[]>();

/** A clip in pieces of two seconds. */
function segmentsOf(clip: Clip): Cut[] {
  const known = cuts.get(clip);
  if (known) return known;
  const { video, audio, parameters } = clip;
  const last = video.at(-1);
  const count = Math.round(((last?.ticks ?? 0) + (last?.sample.durationTicks ?? 0)) / SEGMENT_TICKS);
  const scale = (parameters.audio?.timescale ?? 90_000) / 90_000;
  const made = Array.from({ length: count }, (_, index) => {
    const from = index * SEGMENT_TICKS;
    const isIn = (ticks: number) => ticks >= from && ticks < from + SEGMENT_TICKS;
    return {
      pictures: video.filter(({ ticks }) => isIn(ticks)),
      sound: audio.filter(({ ticks }) => isIn(ticks / scale)),
    };
  });
  cuts.set(clip, made);
  return made;
}
