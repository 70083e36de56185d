import { describe, expect, test } from "bun:test";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { parseJournal } from "../../../src/archive/journal/journal.ts";
import { journalPathOf } from "../../../src/archive/write/recording-paths.ts";
import type { Recording } from "../../../src/db/index/rows.ts";
import { parseSegmentHeader } from "../../../src/media/fmp4/segment.ts";
import { segmentBytes } from "../../../src/media/segment-list.ts";
import { localDateOf } from "../../../src/platform/zone.ts";
import { Rig, rigParameters } from "./rig.ts";

const STOPPED = { reason: "stopped" as const, detail: "" };

/** Each listed segment is whole: its header parses, and its bytes agree with the journal's CRC. */
async function expectWhole(rig: Rig, recordings: readonly Recording[]): Promise<void> {
  for (const recording of recordings) {
    const path = rig.archive.mediaPath(recording)!;
    const file = await readFile(path);
    const journal = parseJournal(await readFile(journalPathOf(path)));
    expect(journal.head.recording).toBe(recording.id);
    for (const segment of recording.segments) {
      const from = recording.baseOffsetBytes + segment.offsetBytes;
      const bytes = file.subarray(from, from + segmentBytes(segment));
      const entry = journal.entries.find((e) => e.ordinal === segment.ordinal);
      expect(entry?.crc32).toBe(crc32(bytes));
      const parsed = parseSegmentHeader(bytes);
      expect(parsed.headerBytes).toBe(segment.headerBytes);
      expect(parsed.payloadBytes).toBe(segment.videoBytes + segment.audioBytes);
      expect(parsed.video.decodeTicks).toBe(segment.mediaTicks);
    }
  }
}

/** Media time and media sequence go on from each recording to the next. */
function expectContinuous(recordings: readonly Recording[]): void {
  for (const [i, recording] of recordings.entries()) {
    const next = recordings[i + 1];
    const last = recording.segments.at(-1)!;
    if (!next) continue;
    expect(next.baseTicks).toBe(recording.baseTicks + last.mediaTicks + last.durationTicks);
    expect(next.firstMediaSequence).toBe(recording.firstMediaSequence + recording.segments.length);
  }
}

describe("a recorded run", () => {
  test("its segments are listed as soon as they are whole, and the closed recording says the same", async () => {
    await using rig = await Rig.make();
    const camera = rig.camera();
    camera.send(7);
    await rig.stored(3);
    const [open] = rig.all();
    expect(open!.segments.map((s) => s.durationTicks)).toEqual([180_000, 180_000, 180_000]);
    const startMs = rig.clock.wallMs - 7000;
    expect(open!.segments.map((s) => s.startMs)).toEqual([startMs, startMs + 2000, startMs + 4000]);
    expect(rig.index.recording(open!.id)?.state).toBe("open");
    expect(rig.archive.outage("front")).toBeUndefined();
    await camera.recorder.close(STOPPED);
    await rig.archive.flushNow();
    const [closed] = rig.all();
    expect(closed!.state).toBe("closed");
    expect(closed!.segments.slice(0, 3)).toEqual(open!.segments.slice());
    expect(closed!.segments).toHaveLength(4);
    expect(closed!.sizeBytes).toBe((await stat(rig.archive.mediaPath(closed!)!)).size);
    await expectWhole(rig, [closed!]);
    expect(rig.archive.run(closed!.run)).toMatchObject({
      endReason: "stopped",
      endMs: closed!.endMs,
      unsure: false,
    });
    expect(rig.archive.outage("front")).toMatchObject({ reason: "stopped", sinceMs: closed!.endMs });
    const journal = parseJournal(await readFile(journalPathOf(rig.archive.mediaPath(closed!)!)));
    expect(journal).toMatchObject({ synced: 4, isComplete: true, end: STOPPED, problems: [] });
  });

  test("it is dated by the server's clock, and named by local time with its offset", async () => {
    await using rig = await Rig.make({ wallMs: Date.UTC(2025, 5, 1, 22, 5, 7) });
    const camera = rig.camera();
    camera.send(3);
    await rig.stored(1);
    const [recording] = rig.all();
    expect(recording!.startMs).toBe(Date.UTC(2025, 5, 1, 22, 5, 7));
    expect(recording!.path).toBe("front/2025-06-02/00-05-07+0200.mp4");
    expect(recording!.zone).toBe("Europe/Berlin");
  });

  test("a run with the same init goes on with the timeline and the media time; the gap has its reason", async () => {
    await using rig = await Rig.make();
    const first = rig.camera();
    first.send(5);
    await first.recorder.close({ reason: "source-offline", detail: "no answer" });
    rig.clock.pass(20_000);
    const second = rig.camera();
    second.send(5);
    await rig.stored(5);
    const [a, b] = rig.all() as [Recording, Recording];
    expectContinuous([a, b]);
    expect(b.discontinuitySequence).toBe(a.discontinuitySequence);
    expect(rig.archive.run(b.run)!.timeline).toBe(rig.archive.run(a.run)!.timeline);
    const gaps = rig.archive.gaps("front", 0, Number.MAX_SAFE_INTEGER);
    expect(gaps).toEqual([
      expect.objectContaining({
        startMs: a.endMs,
        endMs: b.startMs,
        reason: "source-offline",
        detail: "no answer",
        recording: b.id,
      }),
    ]);
    expect(b.startMs - a.endMs).toBe(20_000);
    const journal = parseJournal(await readFile(journalPathOf(rig.archive.mediaPath(b)!)));
    expect(journal.head.gaps).toEqual([
      { startMs: a.endMs, endMs: b.startMs, reason: "source-offline", detail: "no answer" },
    ]);
  });

  test("another init begins a new timeline at the same media time, with a discontinuity", async () => {
    await using rig = await Rig.make();
    const first = rig.camera();
    first.send(3);
    await first.recorder.close({ reason: "init-changed", detail: "" });
    const second = rig.camera("front", rigParameters(true, true));
    second.send(3);
    await rig.stored(3);
    const [a, b] = rig.all() as [Recording, Recording];
    expectContinuous([a, b]);
    expect(b.discontinuitySequence).toBe(a.discontinuitySequence + 1);
    expect(rig.archive.run(b.run)!.timeline).toBe(rig.archive.run(a.run)!.timeline + 1);
  });

  test("sound that is not there any more keeps the former init, unless no sound is wanted", async () => {
    await using rig = await Rig.make({ channels: [{}, { id: "quiet", hasSound: false }] });
    for (const channel of ["front", "quiet"]) {
      const first = rig.camera(channel);
      first.send(3);
      await first.recorder.close({ reason: "source-offline", detail: "" });
      const second = rig.camera(channel, rigParameters(false));
      second.send(3);
      await second.recorder.close(STOPPED);
      await rig.stored(4, channel);
    }
    const timelines = (channel: string) => rig.all(channel).map((r) => rig.archive.run(r.run)!.timeline);
    expect(timelines("front")).toEqual([1, 1]);
    expect(timelines("quiet")).toEqual([1, 2]);
    const silent = rig.all("front")[1]!;
    expect(silent.segments.every((s) => s.audioBytes > 0)).toBe(true);
    await rig.archive.flushNow();
    await expectWhole(rig, rig.all("front"));
  });

  test("the same name twice gets a number", async () => {
    await using rig = await Rig.make();
    for (let i = 0; i < 3; i += 1) {
      const camera = rig.camera();
      camera.send(2.5);
      await camera.recorder.close({ reason: "source-broken", detail: "" });
      rig.clock.wallMs -= 2500;
    }
    await rig.archive.flushNow();
    expect(rig.all().map((r) => r.path.slice(17))).toEqual([
      "12-20-00+0200.mp4",
      "12-20-00+0200-2.mp4",
      "12-20-00+0200-3.mp4",
    ]);
  });

  test("a run without a whole GOP is kept as far as it came", async () => {
    await using rig = await Rig.make();
    const camera = rig.camera();
    camera.send(0.5);
    await camera.recorder.close(STOPPED);
    await rig.archive.flushNow();
    expect(rig.all()[0]!.segments.map((s) => s.durationTicks)).toEqual([12 * 3600]);
  });

  test("a run that ended before its first picture leaves nothing", async () => {
    await using rig = await Rig.make();
    const camera = rig.camera();
    await camera.recorder.close({ reason: "source-offline", detail: "x" });
    await rig.archive.flushNow();
    expect(rig.all()).toEqual([]);
    expect(rig.index.rowsInState("open")).toEqual([]);
    expect(rig.archive.outage("front")).toMatchObject({ reason: "source-offline" });
  });
});

describe("change of files", () => {
  const days: [string, string, number, number][] = [
    ["Europe/Berlin", "2025-03-30", 23, 0],
    ["Europe/Berlin", "2025-10-26", 25, 0],
    ["Asia/Kolkata", "2025-06-01", 24, 0],
    ["America/Sao_Paulo", "2018-11-04", 23, 1],
  ];
  test.each(days)(
    "%s %s: a file an hour, all of the day in its folder",
    async (zone, date, files, firstHour) => {
      const startMs = Temporal.PlainDate.from(date).toZonedDateTime(zone).epochMilliseconds;
      const hours = Temporal.PlainDate.from(date).toZonedDateTime(zone).hoursInDay;
      await using rig = await Rig.make({
        wallMs: startMs - 60_000,
        channels: [{ zone }],
        settings: { segmentTargetMs: 60_000, segmentMaxMs: 100_000 },
      });
      const camera = rig.camera("front", rigParameters(false));
      camera.sendMinutes(hours * 60 + 3);
      await camera.recorder.close(STOPPED);
      await rig.archive.flushNow();
      const all = rig.all();
      expectContinuous(all);
      const ofDay = all.filter((r) => localDateOf(r.startMs, zone) === date);
      expect(ofDay).toHaveLength(files);
      expect(ofDay.every((r) => r.path.startsWith(`front/${date}/`))).toBe(true);
      const hour = new Date(ofDay[0]!.startMs).toLocaleTimeString("en-GB", {
        timeZone: zone,
        hour: "2-digit",
        minute: "2-digit",
      });
      expect(hour).toBe(`0${firstHour}:00`);
      expect(ofDay[0]!.startMs - startMs).toBe(0);
    },
    30_000,
  );

  test("what a channel keeps bounds its files", async () => {
    await using rig = await Rig.make({
      channels: [{ keep: { maxAgeMs: 24 * 60_000 } }, { id: "small", keep: { maxBytes: 24 * 100_000 } }],
    });
    const camera = rig.camera();
    camera.send(200);
    await rig.stored(99);
    expect(rig.all().map((r) => r.segments.length)).toEqual([30, 30, 30, 9]);
    const small = rig.camera("small", rigParameters(true), 400);
    small.send(20);
    await rig.stored(9, "small");
    expect(rig.all("small").every((r) => r.sizeBytes <= 100_000)).toBe(true);
    expectContinuous(rig.all("small"));
  });
});

describe("storage that fails", () => {
  test("without a storage no run begins, and the gap says since when", async () => {
    await using rig = await Rig.make();
    const camera = rig.camera();
    camera.send(4);
    await camera.recorder.close({ reason: "source-offline", detail: "" });
    rig.clock.pass(10_000);
    const missing = { reason: "disk-missing" as const, detail: "not mounted" };
    rig.roots.missing = missing;
    expect(() => rig.camera()).toThrow("not mounted");
    expect(rig.archive.outage("front")).toMatchObject(missing);
    rig.clock.pass(10_000);
    rig.roots.missing = undefined;
    const again = rig.camera();
    again.send(3);
    await rig.stored(3);
    expect(rig.archive.gaps("front", 0, 9e15).map((g) => [g.reason, g.endMs - g.startMs])).toEqual([
      ["source-offline", 10_000],
      ["disk-missing", 10_000],
    ]);
  });

  test("a storage that goes away ends the runs on it; when it is back, all of it is there", async () => {
    await using rig = await Rig.make();
    const camera = rig.camera();
    camera.send(7);
    await rig.stored(3);
    rig.roots.change({ reason: "disk-missing", detail: "unplugged" });
    for (let i = 0; i < 100 && rig.archive.openRecordings.length > 0; i += 1) await Bun.sleep(2);
    await Bun.sleep(0);
    expect(camera.failure).toEqual({ reason: "disk-missing", detail: "unplugged" });
    await camera.recorder.close(camera.failure!);
    expect(rig.all()).toEqual([]);
    rig.roots.change(undefined);
    for (let i = 0; i < 100 && rig.all().length === 0; i += 1) await Bun.sleep(2);
    await rig.stored(3);
    const again = rig.camera();
    again.send(3);
    await rig.stored(4);
    const all = rig.all();
    expectContinuous(all);
    expect(rig.archive.run(all[0]!.run)).toMatchObject({ endReason: "disk-missing" });
    expect(rig.archive.gaps("front", 0, 9e15).map((g) => g.reason)).toEqual(["disk-missing"]);
    await expectWhole(rig, all);
  });
});

test("close loses nothing and takes everything to the disk", async () => {
  const rig = await Rig.make({ channels: [{}, { id: "b" }, { id: "c" }] });
  const cameras = ["front", "b", "c"].map((id) => rig.camera(id));
  for (const camera of cameras) camera.send(5);
  await rig.archive.close();
  const rows = ["front", "b", "c"].map((id) => rig.index.recordingsBetween(id, 0, 9e15));
  expect(rows.map(([row]) => row!.segments.reduce((sum, s) => sum + s.durationTicks, 0))).toEqual([
    450_000, 450_000, 450_000,
  ]);
  expect(rig.archive.figures).toMatchObject({ rounds: 1 });
  expect((await readFile(join(rig.roots.path, rows[0]![0]!.path))).length).toBe(rows[0]![0]!.sizeBytes);
  await rig[Symbol.asyncDispose]();
});
