import { describe, expect, test } from "bun:test";
import { readFile, truncate, writeFile, unlink } from "node:fs/promises";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { parseJournal } from "../../../src/archive/journal/journal.ts";
import { examine } from "../../../src/archive/write/recover-recording.ts";
import { journalPathOf } from "../../../src/archive/write/recording-paths.ts";
import type { Recording } from "../../../src/db/index/rows.ts";
import { segmentBytes } from "../../../src/media/segment-list.ts";
import { diskFiles, type Files } from "../../../src/platform/files.ts";
import { PowerCutFiles } from "./power-cut-files.ts";
import { Rig } from "./rig.ts";

const STOPPED = { reason: "stopped" as const, detail: "" };

/** Two recordings of one channel, the second being written: 4 + 3 segments, nothing flushed but the first. */
async function interrupted(rig: Rig): Promise<Recording[]> {
  const first = rig.camera();
  first.send(8);
  await first.recorder.close({ reason: "source-offline", detail: "gone" });
  await rig.archive.flushNow();
  rig.clock.pass(5000);
  const second = rig.camera();
  second.send(7);
  await rig.stored(7);
  return rig.all();
}

describe("after a kill", () => {
  test("everything that was listed is listed again, and the next gap says interrupted", async () => {
    await using rig = await Rig.make();
    const before = await interrupted(rig);
    rig.clock.pass(10_000);
    await rig.killAndStart();
    const after = rig.all();
    expect(after.map((r) => r.segments)).toEqual(before.map((r) => r.segments));
    expect(after.map((r) => r.state)).toEqual(["closed", "closed"]);
    expect(rig.archive.run(after[1]!.run)).toMatchObject({
      endReason: "interrupted",
      endMs: after[1]!.endMs,
    });
    expect(rig.archive.outage("front")).toEqual({
      reason: "interrupted",
      detail: "",
      sinceMs: after[1]!.endMs,
    });
    const camera = rig.camera();
    camera.send(3);
    await rig.stored(8);
    const [, b, c] = rig.all() as [Recording, Recording, Recording];
    expect(c.baseTicks).toBe(b.baseTicks + 3 * 180_000);
    expect(c.firstMediaSequence).toBe(7);
    expect(c.discontinuitySequence).toBe(b.discontinuitySequence);
    expect(rig.archive.gaps("front", 0, 9e15).map((g) => [g.reason, g.startMs, g.endMs])).toEqual([
      ["source-offline", before[0]!.endMs, before[1]!.startMs],
      ["interrupted", b.endMs, c.startMs],
    ]);
  });

  test("recovering twice changes nothing", async () => {
    await using rig = await Rig.make();
    await interrupted(rig);
    await rig.killAndStart();
    const once = rig.all();
    await rig.killAndStart();
    expect(rig.all()).toEqual(once);
    const journal = parseJournal(await readFile(journalPathOf(rig.archive.mediaPath(once[1]!)!)));
    expect(journal).toMatchObject({
      synced: 3,
      isComplete: true,
      end: { reason: "interrupted", detail: "" },
      problems: [],
    });
  });

  test("a journal torn at any byte of its last entry loses that entry and no other", async () => {
    await using rig = await Rig.make();
    const [, open] = await interrupted(rig);
    const path = rig.archive.mediaPath(open!)!;
    const journal = await readFile(journalPathOf(path));
    const ends = parseJournal(journal).entries.map((e) => e.endsAtBytes);
    const row = rig.index.recording(open!.id)!;
    for (let cut = ends[1]!; cut <= ends[2]!; cut += 1) {
      await writeFile(journalPathOf(path), journal.subarray(0, cut));
      const found = await examine(diskFiles(), row, path);
      expect(typeof found === "object" && found.journal.entries.length).toBe(cut === ends[2] ? 3 : 2);
    }
  });

  test("a media file torn anywhere in its last segment, or with a wrong byte in it, is cut before it", async () => {
    await using rig = await Rig.make();
    const [, open] = await interrupted(rig);
    const path = rig.archive.mediaPath(open!)!;
    const media = await readFile(path);
    const last = open!.segments[2]!;
    const from = open!.baseOffsetBytes + last.offsetBytes;
    const row = rig.index.recording(open!.id)!;
    for (let cut = from; cut < media.length; cut += 997) {
      await writeFile(path, media.subarray(0, cut));
      const found = await examine(diskFiles(), row, path);
      expect(found).toMatchObject({ sizeBytes: from, wasTorn: true });
    }
    const flipped = Buffer.from(media);
    flipped[from + 3000]! ^= 4;
    await writeFile(path, flipped);
    await rig.killAndStart();
    expect(rig.all().map((r) => r.segments.length)).toEqual([4, 2]);
    expect((await readFile(path)).length).toBe(from);
    const journal = parseJournal(await readFile(journalPathOf(path)));
    expect(journal).toMatchObject({ synced: 2, isComplete: true, problems: [] });
  });

  test("an open recording without file, with an empty one, or with nothing whole in it is dropped", async () => {
    const spoil: ((path: string) => Promise<void>)[] = [
      (path) => unlink(path),
      (path) => truncate(path, 0),
      (path) => truncate(path, 1000),
      (path) => unlink(journalPathOf(path)),
      (path) => truncate(journalPathOf(path), 100),
    ];
    for (const one of spoil) {
      await using rig = await Rig.make();
      const before = await interrupted(rig);
      await one(rig.archive.mediaPath(before[1]!)!);
      await rig.killAndStart();
      expect(rig.all().map((r) => r.id)).toEqual([before[0]!.id]);
      expect(rig.index.rowsInState("open")).toEqual([]);
      expect(rig.index.run(before[1]!.run)).toBeUndefined();
      expect(rig.archive.gaps("front", 0, 9e15)).toEqual([]);
      const day = rig.archive.mediaPath(before[1]!)!.replace(/\/[^/]*$/, "");
      expect((await diskFiles().list(day))!.length).toBe(2);
    }
  });

  test("footage of another recording at that place is not touched", async () => {
    await using rig = await Rig.make();
    const [first, open] = await interrupted(rig);
    const [from, to] = [rig.archive.mediaPath(first!)!, rig.archive.mediaPath(open!)!];
    for (const path of [from, journalPathOf(from)])
      await writeFile(path === from ? to : journalPathOf(to), await readFile(path));
    await rig.killAndStart();
    expect(rig.all().map((r) => r.id)).toEqual([first!.id]);
    expect(await readFile(to)).toEqual(await readFile(from));
  });

  test("a journal with a damaged head but synced entries is left for a person", async () => {
    await using rig = await Rig.make();
    const [, open] = await interrupted(rig);
    await rig.archive.flushNow();
    const path = journalPathOf(rig.archive.mediaPath(open!)!);
    const bytes = await readFile(path);
    bytes[200]! ^= 1;
    await writeFile(path, bytes);
    await rig.killAndStart();
    expect(await readFile(path)).toEqual(bytes);
    expect(rig.index.rowsInState("open").map((row) => row.id)).toEqual([open!.id]);
  });
});

describe("after a power cut", () => {
  const bytesOf = async (files: Files, path: string, r: Recording, i: number): Promise<Uint8Array> => {
    const segment = r.segments[i]!;
    return files.readRange(path, r.baseOffsetBytes + segment.offsetBytes, segmentBytes(segment));
  };

  /** All listed segments by address, with the CRC of their bytes. */
  async function listed(rig: Rig): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    for (const channel of ["front", "yard"])
      for (const recording of rig.all(channel))
        for (const [i, segment] of recording.segments.entries()) {
          const bytes = await bytesOf(rig.files, rig.archive.mediaPath(recording)!, recording, i);
          found.set(`${recording.id}-${segment.ordinal}`, crc32(bytes));
        }
    return found;
  }

  test("what was flushed survives every legal state of the disk, and nothing that is listed is damaged", async () => {
    const plan = fc.record({
      sends: fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.boolean(), fc.boolean()), {
        minLength: 1,
        maxLength: 6,
      }),
      cutAfter: fc.integer({ min: 1, max: 120 }),
      noise: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ sends, cutAfter, noise }) => {
        const files = new PowerCutFiles();
        await files.makeFolder("/mem/storage");
        await files.syncFolder("/");
        await files.syncFolder("/mem");
        await using rig = await Rig.make({
          files,
          storage: "/mem/storage",
          channels: [{}, { id: "yard", keep: { maxBytes: 24 * 60_000 } }],
        });
        const all = new Map<string, number>();
        let durable = new Map<string, number>();
        let state = noise;
        const random = () => {
          state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
          return state / 2 ** 32;
        };
        const gone = files.cutAfter(cutAfter, random);
        let isOff = false;
        const off = new Promise<never>(() => {});
        const recording = (async () => {
          for (const [seconds, isEnd, isFlush] of sends) {
            const cameras = [rig.camera("front"), rig.camera("yard")];
            for (const camera of cameras) camera.send(seconds);
            if (isEnd)
              for (const camera of cameras)
                await camera.recorder.close({ reason: "source-offline", detail: "" });
            for (let i = 0; i < 40; i += 1) await Promise.resolve();
            if (isOff) return off;
            const before = await listed(rig);
            if (isOff) return off;
            for (const [id, crc] of before) all.set(id, crc);
            if (!isFlush) continue;
            await rig.archive.flushNow();
            if (isOff) return off;
            durable = before;
          }
          return files.die(random);
        })();
        const left = await Promise.race([gone.finally(() => (isOff = true)), recording]);
        // What had been answered before the cut is worked off: commits of the index that rest on it.
        await Bun.sleep(0);
        await rig.killAndStart(left);
        const after = await listed(rig);
        for (const [id, crc] of durable) expect([id, after.get(id)]).toEqual([id, crc]);
        for (const [id, crc] of after) if (all.has(id)) expect([id, all.get(id)]).toEqual([id, crc]);
        for (const channel of ["front", "yard"]) {
          const recordings = rig.all(channel);
          for (const r of recordings) {
            const path = rig.archive.mediaPath(r)!;
            const journal = parseJournal(await left.read(journalPathOf(path)));
            expect(journal.entries.map((e) => e.ordinal)).toEqual(r.segments.map((s) => s.ordinal));
            for (const [i, entry] of journal.entries.entries())
              expect(crc32(await bytesOf(left, path, r, i))).toBe(entry.crc32);
          }
          const camera = rig.camera(channel);
          camera.send(3);
          await camera.recorder.close(STOPPED);
          const [newest] = rig.all(channel).slice(-1);
          expect(
            recordings.every((r) => r.firstMediaSequence + r.segments.length <= newest!.firstMediaSequence),
          ).toBe(true);
          const ends = recordings.map(
            (r) => r.baseTicks + r.segments.reduce((sum, s) => sum + s.durationTicks, 0),
          );
          if (ends.length > 0) expect(newest!.baseTicks).toBe(Math.max(...ends));
        }
      }),
      { seed: 5, numRuns: 60, endOnFailure: true },
    );
  }, 60_000);
});
