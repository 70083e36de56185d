import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { appendFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { RecordingArchive } from "../../src/archive/archive.ts";
import { defaultSettings } from "../support/archive-settings.ts";
import { startupChecks } from "../../src/archive/startup.ts";
import { IndexDatabase } from "../../src/db/index/index-database.ts";
import { StateDatabase } from "../../src/db/state/state-database.ts";
import { diskFiles } from "../../src/platform/files.ts";
import { openArchive } from "../../src/archive/open-archive.ts";
import type { CommandContext } from "../../src/archive/commands/context.ts";
import { runLs } from "../../src/archive/commands/ls.ts";
import { runReindex } from "../../src/archive/commands/reindex.ts";
import { runRemove } from "../../src/archive/commands/remove.ts";
import { runStorageConfirm } from "../../src/archive/commands/storage.ts";
import { runVerify } from "../../src/archive/commands/verify.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/config.ts";
import type { Archive, RunRecorder } from "../../src/capture/recording-sink.ts";
import type { RunEnd } from "../../src/media/reasons.ts";
import { encodeClip, type Clip } from "../support/recorded-clip.ts";
import { tempFolder } from "../support/temp.ts";
import { writeRootId } from "../../src/archive/roots/root-file.ts";
import { FootageMaker, testArchive, WaitingClock } from "../unit/archive/kept-archive.ts";

const clip = encodeClip({ seconds: 14 });
const offline: RunEnd = { reason: "source-offline", detail: "no route to host" };
/** Seven seconds before midnight in Berlin. */
const EVENING_MS = Date.UTC(2026, 10, 21, 22, 59, 53);

/** Records the clip as one run, in time. */
async function record(archive: Archive, clock: WaitingClock, channel: string): Promise<RunRecorder> {
  const run = archive.openRun(channel, clip.parameters, (end) => {
    throw new Error(end.detail);
  });
  const all: (Clip["video"][number] & { track: "video" | "audio"; atMs: number })[] = [
    ...clip.video.map((one) => ({ ...one, track: "video" as const, atMs: one.ticks / 90 })),
    ...clip.audio.map((one) => ({ ...one, track: "audio" as const, atMs: one.ticks / 48 })),
  ].sort((a, b) => a.atMs - b.atMs);
  let lastMs = 0;
  for (const { sample, payload, ticks, track, atMs } of all) {
    if (atMs > lastMs) clock.pass(atMs - lastMs);
    lastMs = Math.max(lastMs, atMs);
    run.fragment({
      track,
      decodeTicks: Math.round(ticks),
      samples: [sample],
      payload,
      arrivalMs: clock.monotonicMs(),
    });
    await Bun.sleep(0);
  }
  return run;
}

function tables(dataFolder: string): Record<string, unknown[]> {
  const db = new Database(join(dataFolder, "index.db"), { readonly: true });
  const rows = (sql: string) => db.query(sql).all();
  const all = {
    run: rows("select * from run order by id"),
    recording: rows("select * from recording order by id"),
    gap: rows(
      "select channel, start_ms, end_ms, reason, detail, recording from gap order by recording, start_ms",
    ),
    // But for the target duration: it tells which lists were asked for.
    counter: rows(
      "select channel, next_media_sequence, discontinuity_sequence, timeline, next_ticks, newest_end_ms from counter order by channel",
    ),
    root: rows("select * from root order by id"),
  };
  db.close();
  return all;
}

async function recorded(folder: string): Promise<{ config: Config; clock: WaitingClock; storage: string }> {
  const file = join(folder, "nightjar.yaml");
  await Bun.write(
    file,
    `data: ./data\ntimezone: Europe/Berlin\nchannels:\n  front: { source: "rtsp://127.0.0.1/a" }\n  yard: { source: "rtsp://127.0.0.1/b" }\n`,
  );
  const config = loadConfig({ file, env: {}, cwd: folder, systemZone: "UTC", reservedIds: [] });
  const clock = new WaitingClock(EVENING_MS);
  await Bun.write(join(config.dataFolder, "keep"), "");
  const open = await openArchive({ config, clock });
  for (const channel of ["front", "yard"]) {
    await (await record(open.archive, clock, channel)).close(offline);
    clock.pass(60_000);
    await record(open.archive, clock, channel);
  }
  await open.close();
  return { config, clock, storage: config.storage.path };
}

function command(
  config: Config,
  clock: WaitingClock,
  words: string[],
  options: Record<string, string | true> = {},
) {
  const lines: string[] = [];
  const context: CommandContext = {
    config,
    clock,
    stdout: (line) => lines.push(line),
    args: { arguments: words, options },
  };
  return { lines, context };
}

test("what was recorded is in the index again after it was deleted, to the last row", async () => {
  await using folder = await tempFolder();
  const { config, clock } = await recorded(folder.path);
  const before = tables(config.dataFolder);
  // One that ends at midnight, one after it, one after the outage; the other channel comes later.
  expect(before["recording"]).toHaveLength(5);
  expect(before["gap"]).toHaveLength(2);
  expect(before["run"]).toHaveLength(4);
  for (const how of ["at the start", "by the command"]) {
    await rm(join(config.dataFolder, "index.db"));
    if (how === "at the start") {
      const open = await openArchive({ config, clock });
      expect(open.storage().messages.join()).toContain("A database was lost");
      await open.close();
    } else {
      const { lines, context } = command(config, clock, []);
      expect(await runReindex(context)).toBe(0);
      expect(lines.at(-1)).toContain("5 recordings");
    }
    expect(tables(config.dataFolder), how).toEqual(before);
  }
});

test("the commands list, verify, and remove what was recorded", async () => {
  await using folder = await tempFolder();
  const { config, clock, storage } = await recorded(folder.path);
  const ls = command(config, clock, ["front"]);
  expect(await runLs(ls.context)).toBe(0);
  expect(ls.lines.join("\n")).toContain("2026-11-22");
  expect(ls.lines.join("\n")).toContain("the source did not answer (no route to host)");
  const json = command(config, clock, [], { json: true });
  await runLs(json.context);
  expect(JSON.parse(json.lines[0]!)).toMatchObject({
    channels: [
      {
        id: "front",
        recordings: 3,
        days: [{ date: "2026-11-21" }, { date: "2026-11-22", gaps: [{ reason: "source-offline" }] }],
      },
      { id: "yard" },
    ],
  });

  // What was recorded under a former id is the channel's that has it now.
  const garden = { ...config.channels.get("front")!, id: "garden", was: ["front"] };
  const renamed: Config = { ...config, channels: new Map([["garden", garden]]) };
  for (const name of ["garden", "front"]) {
    const listed = command(renamed, clock, [name, "2026-11-22"], { json: true });
    await runLs(listed.context);
    expect(JSON.parse(listed.lines[0]!)).toMatchObject({
      channels: [{ id: "garden", recordings: 3, days: [{ date: "2026-11-22" }] }],
    });
  }

  const verify = command(config, clock, []);
  expect(await runVerify(verify.context)).toBe(0);
  expect(verify.lines.at(-1)).toEndWith("All is as it was written.");
  const db = new Database(join(config.dataFolder, "index.db"), { readonly: true });
  const { path } = db
    .query<{ path: string }, []>("select path from recording where channel = 'yard' limit 1")
    .get()!;
  db.close();
  const media = Bun.file(join(storage, path));
  const bytes = new Uint8Array(await media.arrayBuffer());
  bytes[bytes.length - 5]! ^= 4;
  await Bun.write(media, bytes);
  const damaged = command(config, clock, ["yard"], { from: "2026-11-21" });
  expect(await runVerify(damaged.context)).toBe(1);
  expect(damaged.lines.join("\n")).toContain("segment-damaged");
  expect(await runVerify(command(config, clock, ["front"]).context)).toBe(0);
  const backwards = command(config, clock, [], { from: "2026-11-21", to: "2026-11-20" });
  expect(runVerify(backwards.context)).rejects.toThrow("wanted a time after --from");

  expect(runRemove(command(config, clock, ["yard"]).context)).rejects.toThrow("is configured");
  const emptied = command(config, clock, ["yard"], { footage: true });
  expect(await runRemove(emptied.context)).toBe(1);
  expect(emptied.lines.at(-2)).toBe("yard is configured, and stays: only its footage is meant.");
  await Bun.sleep(10);
  const without = { ...config, channels: new Map([...config.channels].filter(([id]) => id !== "yard")) };
  expect(await runRemove(command(without, clock, ["yard"]).context)).toBe(1);
  const dry = command(without, clock, ["yard"], { footage: true });
  expect(await runRemove(dry.context)).toBe(1);
  expect(dry.lines.join("\n")).toContain("yard has 2 recordings");
  await appendFile(join(storage, "yard", "note.txt"), "mine");
  const done = command(without, clock, ["yard"], { footage: true, yes: true });
  expect(await runRemove(done.context)).toBe(0);
  expect(done.lines.at(-1)).toBe("yard is forgotten.");
  expect(tables(config.dataFolder)["recording"]).toHaveLength(3);
  expect(await Bun.file(join(storage, "yard", "note.txt")).text()).toBe("mine");
  expect(await runStorageConfirm(command(config, clock, []).context)).toBe(0);
});

test("a channel that nobody knows is refused by ls and verify, with those there are", async () => {
  await using folder = await tempFolder();
  const { config, clock } = await recorded(folder.path);
  const idle = { ...config.channels.get("front")!, id: "idle" };
  const channels = new Map([...config.channels, ["idle", idle]]);
  for (const run of [runLs, runVerify, runRemove]) {
    const { lines, context } = command({ ...config, channels }, clock, ["nosuch"]);
    const refused = await run(context).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      kind: "not-found",
      message: 'There is no channel "nosuch"',
      details: ["Channels: front, idle, yard"],
    });
    expect(lines).toEqual([]);
  }
  const { lines, context } = command({ ...config, channels }, clock, ["idle"]);
  expect(await runLs(context)).toBe(0);
  expect(lines).toEqual(["There is no footage of idle."]);
});

test("ls shows what is being written", async () => {
  await using archive = await testArchive();
  const { index } = archive.open();
  index.setRoot({ id: "root", path: archive.storage, adoptedMs: 0 });
  await writeRootId(diskFiles(), archive.storage, "root");
  const maker = new FootageMaker(archive.storage, "root", index);
  await maker.recording(maker.run(EVENING_MS), EVENING_MS, { isOpen: true });
  const file = join(archive.folder, "nightjar.yaml");
  await Bun.write(
    file,
    `data: ${archive.data}\nstorage: { path: ${archive.storage} }\ntimezone: Europe/Berlin\n`,
  );
  const config = loadConfig({ file, env: {}, cwd: archive.folder, systemZone: "UTC", reservedIds: [] });
  const { lines, context } = command(config, new WaitingClock(), []);
  await runLs(context);
  expect(lines).toEqual([
    "front  1 recordings, 5.1 kB, 2026-11-21T23:59:53.000+01:00 to 2026-11-22T00:00:03.000+01:00 (Europe/Berlin)",
    "  2026-11-21  7 s, 5.1 kB",
    "    23:59:53-24:00:00",
    "  2026-11-22  3 s, 0 bytes",
    "    00:00:00-00:00:03",
  ]);
});

test("ls says in one line that there is nothing of years", async () => {
  await using archive = await testArchive();
  const { index } = archive.open();
  index.setRoot({ id: "root", path: archive.storage, adoptedMs: 0 });
  await writeRootId(diskFiles(), archive.storage, "root");
  const maker = new FootageMaker(archive.storage, "root", index);
  const laterMs = EVENING_MS + 1000 * 86_400_000;
  await maker.recording(maker.run(EVENING_MS), EVENING_MS);
  const later = await maker.recording(maker.run(laterMs), laterMs);
  const gap = { channel: "front", startMs: EVENING_MS + 10_000, endMs: laterMs, detail: "" };
  index.replaceGaps(later.id, [{ ...gap, reason: "not-uploaded", recording: later.id }]);
  const file = join(archive.folder, "nightjar.yaml");
  await Bun.write(file, `data: ${archive.data}\nstorage: { path: ${archive.storage} }\ntimezone: UTC\n`);
  const config = loadConfig({ file, env: {}, cwd: archive.folder, systemZone: "UTC", reservedIds: [] });
  const { lines, context } = command(config, new WaitingClock(), []);
  await runLs(context);
  expect(lines).toContain("  2026-11-22 to 2029-08-16  999 days without footage: nothing was uploaded");
  expect(lines.length).toBeLessThan(10);
});

test("footage that is read in when its disk comes back goes before what is recorded then", async () => {
  await using folder = await tempFolder();
  const { config, clock, storage } = await recorded(folder.path);
  const before = tables(config.dataFolder);
  await rm(join(config.dataFolder, "index.db"));
  await rename(storage, `${storage}-disk`);
  const index = IndexDatabase.open(join(config.dataFolder, "index.db"));
  const state = StateDatabase.open(join(config.dataFolder, "state.db"));
  const files = diskFiles();
  const { roots } = await startupChecks({ clock, files, index, state, storagePath: storage });
  const channel = { ...config.channels.get("front")!, isRetired: false, hasSound: true };
  const settings = { ...defaultSettings, channels: () => [channel] };
  const archive = new RecordingArchive({ clock, files, index, roots, settings });
  await archive.start();
  expect(() => archive.openRun("front", clip.parameters, () => {})).toThrow("nightjar storage add");
  await rename(`${storage}-disk`, storage);
  await roots.look();
  clock.pass(60_000);
  await record(archive, clock, "front");
  await archive.close();
  await roots.close();
  index.close();
  state.close();
  const after = tables(config.dataFolder);
  expect(after["recording"]).toHaveLength(before["recording"]!.length + 1);
  const counters = z.array(
    z.object({ channel: z.string(), next_media_sequence: z.int(), next_ticks: z.int() }),
  );
  const [was, is] = [before, after].map((all) =>
    counters.parse(all["counter"]).find((row) => row.channel === "front")!,
  );
  expect(is!.next_media_sequence).toBe(was!.next_media_sequence + 7);
  expect(is!.next_ticks).toBe(was!.next_ticks + 14 * 90_000);
});
