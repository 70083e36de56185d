import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { boxesIn } from "../../../src/media/fmp4/boxes.ts";
import { parseSegmentHeader } from "../../../src/media/fmp4/segment.ts";
import { intervalBytes } from "../../../src/playback/interval-bytes.ts";
import { IntervalLayout } from "../../../src/playback/interval-layout.ts";
import { sequenceOf } from "../../../src/playback/sequence.ts";
import type { Stretch } from "../../../src/playback/stretch.ts";
import { MemoryFootage } from "../../support/memory-footage.ts";
import { encodeClip, recordClip } from "../../support/recorded-clip.ts";
import { tempFolder, type TempFolder } from "../../support/temp.ts";

const T = Date.UTC(2026, 10, 20, 11);
const BASE_TICKS = 86_400 * 90_000 + 7;
const VIDEO_SCALE = 90_000;
const AUDIO_SCALE = 48_000;

const footage = new MemoryFootage("front-door", "UTC", BASE_TICKS);
let folder: TempFolder;
let stretches: readonly Stretch[];

async function bytesOf(layout: IntervalLayout, start: number, end: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of intervalBytes(footage, layout, { start, end })) chunks.push(chunk.slice());
  return Buffer.concat(chunks);
}

beforeAll(async () => {
  folder = await tempFolder();
  // Segments of about a megabyte: more than is read at once.
  const clip = encodeClip({ seconds: 8, size: "960x540" });
  await recordClip(footage, folder.path, clip, T, "a");
  const [lost] = footage.record({ startMs: T + 8000, durations: [180_001], init: "a" });
  await recordClip(footage, folder.path, clip, T + 30_000, "a");
  // Deleted since: media time has a hole here, and not a multiple of a frame long.
  footage.recordingList = footage.recordingList.filter((recording) => recording !== lost);
  const recordings = footage.recordings("front-door", T, T + 60_000);
  stretches = sequenceOf(recordings, footage.run, T + 2500, T + 60_000);
});

afterAll(() => folder[Symbol.asyncDispose]());

describe("the layout of an interval", () => {
  test("any span of it is that span of the whole", async () => {
    const layout = new IntervalLayout(stretches, "Front door");
    const whole = await bytesOf(layout, 0, layout.sizeBytes);
    expect(whole.length).toBe(layout.sizeBytes);
    const interesting = [0];
    let at = layout.front.length;
    for (const part of layout.parts(at, layout.sizeBytes)) {
      if (part.kind === "bytes") continue;
      interesting.push(at, at + part.stored.segment.headerBytes);
      at += part.end;
    }
    const place = fc.oneof(
      fc.integer({ min: 0, max: layout.sizeBytes }),
      fc
        .tuple(fc.constantFrom(...interesting), fc.integer({ min: -3, max: 3 }))
        .map(([from, step]) => Math.min(layout.sizeBytes, Math.max(0, from + step))),
    );
    await fc.assert(
      fc.asyncProperty(place, place, async (a, b) => {
        const [start, end] = a < b ? [a, b] : [b, a];
        const part = await bytesOf(layout, start, end);
        expect(Buffer.compare(part, whole.subarray(start, end))).toBe(0);
      }),
      { seed: 4, numRuns: 200 },
    );
  });

  test("pictures follow one another from 0 without a hole, and the sound keeps to them", async () => {
    const layout = new IntervalLayout(stretches, "Front door");
    const whole = await bytesOf(layout, 0, layout.sizeBytes);
    const moofs = boxesIn(whole).filter(({ type }) => type === "moof");
    expect(moofs.length).toBe(7);
    let videoTicks = 0;
    let audioEndTicks = 0;
    for (const moof of moofs) {
      const { video, audio } = parseSegmentHeader(whole.subarray(moof.start));
      expect(video.decodeTicks).toBe(videoTicks);
      videoTicks += video.samples.reduce((sum, sample) => sum + sample.durationTicks, 0);
      const audioTicks = audio?.decodeTicks ?? -1;
      const aheadMs = (audioTicks / AUDIO_SCALE - video.decodeTicks / VIDEO_SCALE) * 1000;
      expect(aheadMs).toBeGreaterThanOrEqual(0);
      expect(aheadMs).toBeLessThan(22);
      // At a join a frame of sound may stand over the pictures' end, by less than its length.
      expect(Math.abs(audioTicks - audioEndTicks)).toBeLessThan(1024 + 1);
      audioEndTicks = audioTicks + (audio?.samples ?? []).reduce((sum, each) => sum + each.durationTicks, 0);
    }
    expect(videoTicks).toBe(14 * VIDEO_SCALE);
    expect(layout.durationMs).toBe(14_000);
  });

  test("the front says the length, the time and the place of everything", () => {
    const layout = new IntervalLayout(stretches, "Front door, früh");
    const front = Buffer.from(layout.front);
    expect(boxesIn(front).map(({ type }) => type)).toEqual(["ftyp", "moov", "sidx", "sidx"]);
    const field = (type: string, at: number) => front.readBigUInt64BE(front.indexOf(type) + 4 + at);
    expect(field("mehd", 4)).toBe(14_000n);
    expect(field("mvhd", 24)).toBe(14_000n);
    const seconds1904 = BigInt(Date.UTC(2026, 10, 20, 11) - Date.UTC(1904, 0, 1)) / 1000n;
    expect(field("mvhd", 4)).toBe(seconds1904 + 2n);
    expect(front.toString("utf8")).toContain("Front door, früh");
  });

  test("the index of each track leads to its segments", () => {
    const layout = new IntervalLayout(stretches, "Front door");
    const { front } = layout;
    const view = new DataView(front.buffer, front.byteOffset, front.byteLength);
    const starts = [...layout.parts(front.length, layout.sizeBytes)].reduce(
      (all, part) => [...all, all.at(-1)! + (part.kind === "segment" ? part.end - part.start : 0)],
      [front.length],
    );
    for (const box of boxesIn(front).filter(({ type }) => type === "sidx")) {
      const timescale = view.getUint32(box.start + 16);
      const count = view.getUint16(box.start + 38);
      let at = box.end + Number(view.getBigUint64(box.start + 28));
      let ticks = 0;
      for (let index = 0; index < count; index++) {
        expect(at).toBe(starts[index]!);
        expect(ticks / timescale).toBeCloseTo(index * 2, 3);
        at += view.getUint32(box.start + 40 + 12 * index);
        ticks += view.getUint32(box.start + 44 + 12 * index);
      }
      expect(at).toBe(layout.sizeBytes);
    }
  });

  test("more segments than an index can count share its entries", () => {
    const long = new MemoryFootage("yard");
    long.record({ startMs: T, durations: Array<number>(140_000).fill(180_000), perRecording: 140_000 });
    for (const run of long.runs.values()) run.init = stretches[0]!.run.init;
    const layout = new IntervalLayout(
      sequenceOf(long.recordings("yard", T, T * 2), long.run),
      "a week of segments",
    );
    const { front } = layout;
    const view = new DataView(front.buffer, front.byteOffset, front.byteLength);
    const sidx = boxesIn(front).find(({ type }) => type === "sidx")!;
    const count = view.getUint16(sidx.start + 38);
    expect(count).toBe(Math.ceil(140_000 / 3));
    let bytes = 0;
    for (let index = 0; index < count; index++) bytes += view.getUint32(sidx.start + 40 + 12 * index);
    expect(bytes).toBe(layout.sizeBytes - front.length);
  });
});
