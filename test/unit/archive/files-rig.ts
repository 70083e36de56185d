import { mkdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { crc32 } from "node:zlib";
import type { FoundFile } from "../../../src/archive/files/file-footage.ts";
import type { Footage } from "../../../src/archive/footage.ts";
import type { MediaFacts } from "../../../src/media/media-facts.ts";
import { fileTimeOf, localDateOf } from "../../../src/platform/zone.ts";
import { sequenceOf } from "../../../src/playback/sequence.ts";
import type { Rig } from "./rig.ts";

export const ZONE = "Europe/Berlin";
/** 14:00 local time on a day of summer. */
export const AFTERNOON_MS = Date.UTC(2025, 5, 1, 12);
const LENGTH_MS = 10_000;

export type Sent = {
  startMs: number;
  /** On the source's clock, in ms; that of the wall by default. */
  sourceMs?: number;
  durationMs?: number;
  init?: string;
  content?: string;
  format?: MediaFacts["parameters"]["format"];
  folder?: string;
  /** When it was written, in ms; now by default. */
  mtimeMs?: number;
};

export const dateOf = (ms: number): string => localDateOf(ms, ZONE);
export const nameOf = (ms: number): string =>
  `video_${fileTimeOf(ms, ZONE).slice(0, 8).replaceAll("-", "")}.ts`;

export const factsOf = (sent: Sent): MediaFacts => ({
  parameters: {
    format: sent.format ?? "ts",
    init: new TextEncoder().encode(sent.init ?? "one init"),
    videoCodec: "avc1.64001f",
    audioCodec: null,
    width: 640,
    height: 360,
    frameRate: 25,
    audioTimescale: null,
  },
  sourceTicks: ((sent.sourceMs ?? sent.startMs) * 90) % 2 ** 33,
  durationTicks: (sent.durationMs ?? LENGTH_MS) * 90,
  isIndependent: true,
  activityBytes: 4096,
});

/** A file as it lies in the channel's own folder, or in a watched one. */
export async function writtenFile(
  rig: Pick<Rig, "roots" | "clock">,
  channel: string,
  sent: Sent,
): Promise<FoundFile> {
  const date = dateOf(sent.startMs);
  const name = nameOf(sent.startMs);
  const path =
    sent.folder === undefined ? join(rig.roots.path, channel, date, name) : join(sent.folder, date, name);
  const bytes = Buffer.from(`${sent.content ?? "footage"} of ${sent.startMs}`);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return {
    date,
    name: sent.folder === undefined ? name : path,
    sizeBytes: bytes.length,
    mtimeMs: sent.mtimeMs ?? rig.clock.nowMs(),
    crc32: crc32(bytes),
    startMs: sent.startMs,
    facts: factsOf(sent),
  };
}

/** A file comes, and is told of. */
export async function send(rig: Rig, sent: Sent, channel = "front"): Promise<FoundFile> {
  const file = await writtenFile(rig, channel, sent);
  await rig.archive.fileFootage.putFile(channel, file);
  return file;
}

/** A file goes. */
export async function drop(rig: Rig, file: FoundFile, channel = "front"): Promise<void> {
  const path = isAbsolute(file.name) ? file.name : join(rig.roots.path, channel, file.date, file.name);
  await rm(path, { force: true });
  await rig.archive.fileFootage.dropFile(channel, file.date, file.name);
}

export const isThere = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined)) !== undefined;

export type Line = { name: string; startMs: number; durationTicks: number; isDiscontinuity: boolean };

/** What a day's list says, whatever the numbers of its segments are. */
export function listed(
  footage: Footage,
  channel = "front",
  fromMs = 0,
  toMs = Number.MAX_SAFE_INTEGER,
): Line[] {
  const stretches = sequenceOf(
    footage.recordings(channel, fromMs, toMs),
    (id) => footage.run(id),
    fromMs,
    toMs,
  );
  return stretches.flatMap(({ segments, isDiscontinuity }) =>
    segments.map(({ file, startMs, durationTicks }, index) => ({
      name: file?.name ?? "",
      startMs,
      durationTicks,
      isDiscontinuity: isDiscontinuity && index === 0,
    })),
  );
}

/** Gaps without the recordings that ended them. */
export const holes = (
  footage: Footage,
  channel = "front",
): { startMs: number; endMs: number; reason: string }[] =>
  footage
    .gaps(channel, 0, Number.MAX_SAFE_INTEGER)
    .map(({ startMs, endMs, reason }) => ({ startMs, endMs, reason }));
