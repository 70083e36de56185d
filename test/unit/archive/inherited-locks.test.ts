import { expect, test } from "bun:test";
import { exists } from "node:fs/promises";
import { join } from "node:path";
import { Locks } from "../../../src/archive/keep/locks.ts";
import { AFTERNOON_MS, send } from "./files-rig.ts";
import { Rig } from "./rig.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const SPAN = { who: "me", why: "theft", sinceMs: 1 };

const locksOf = ({ files, index, roots, archive }: Rig): Locks =>
  new Locks({
    files,
    index,
    roots,
    bound: () => Promise.resolve(1e9),
    isIndexed: () => archive.fileFootage.flush(),
  });

const locked = (rig: Rig): Set<string> => new Set(rig.index.locks().map(({ recording }) => recording));

test("a late file that makes a new recording in a locked span is locked, until that part is released", async () => {
  await using rig = await Rig.make();
  await send(rig, { startMs: AFTERNOON_MS });
  await send(rig, { startMs: AFTERNOON_MS + 3 * HOUR_MS });
  await rig.archive.flushNow();
  const span = { ...SPAN, startMs: AFTERNOON_MS - MINUTE_MS, endMs: AFTERNOON_MS + 4 * HOUR_MS };
  const locks = locksOf(rig);
  expect(await locks.lock("front", span)).toHaveLength(2);

  // Another hour, an hour that is there with another init, behind all that was there, and outside.
  await send(rig, { startMs: AFTERNOON_MS + HOUR_MS });
  await send(rig, { startMs: AFTERNOON_MS + MINUTE_MS, init: "another" });
  await send(rig, { startMs: AFTERNOON_MS + 3 * HOUR_MS + 59 * MINUTE_MS, init: "another" });
  await send(rig, { startMs: AFTERNOON_MS + 4 * HOUR_MS + MINUTE_MS });
  await rig.archive.flushNow();
  const all = rig.all();
  expect(all).toHaveLength(6);
  for (const { id, path, startMs } of all) {
    const isIn = startMs < span.endMs;
    expect([id, locked(rig).has(id)]).toEqual([id, isIn]);
    expect(await exists(join(rig.roots.path, path.replace(".files", ".lock")))).toBe(isIn);
  }
  expect(new Set(locks.list("front").map(({ why }) => why))).toEqual(new Set(["theft"]));

  // What comes into a part without footage that was released is not locked, and what was released stays so.
  await locks.release("front", AFTERNOON_MS + HOUR_MS, AFTERNOON_MS + 3 * HOUR_MS);
  expect(locked(rig).size).toBe(4);
  await send(rig, { startMs: AFTERNOON_MS + 2 * HOUR_MS });
  await send(rig, { startMs: AFTERNOON_MS + HOUR_MS + MINUTE_MS });
  await rig.archive.flushNow();
  expect(locked(rig).size).toBe(4);
});

test("what goes on being recorded in a locked span is locked from one recording to the next, also over a kill", async () => {
  await using rig = await Rig.make();
  const locks = locksOf(rig);
  const first = rig.camera();
  first.send(10);
  await rig.stored(4);
  await rig.archive.flushNow();
  const startMs = rig.clock.nowMs();
  expect(await locks.lock("front", { ...SPAN, startMs, endMs: startMs + HOUR_MS })).toHaveLength(1);
  await first.recorder.close({ reason: "stopped", detail: "" });

  const second = rig.camera();
  second.send(10);
  await second.recorder.close({ reason: "stopped", detail: "" });
  await rig.archive.flushNow();
  const third = rig.camera();
  third.send(10);
  await rig.stored(14);
  await rig.archive.flushNow();
  await rig.killAndStart();

  const all = rig.all();
  expect(all).toHaveLength(3);
  expect(locked(rig)).toEqual(new Set(all.map(({ id }) => id)));
  for (const { path } of all)
    expect(await exists(join(rig.roots.path, path.replace(".mp4", ".lock")))).toBe(true);
});
