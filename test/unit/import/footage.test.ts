import { describe, expect, test } from "bun:test";
import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { adoptedFiles, type AdoptableFile, FootageAdoption } from "../../../src/archive/files/adopt.ts";
import { parseJournal } from "../../../src/archive/journal/journal.ts";
import { IndexDatabase } from "../../../src/db/index/index-database.ts";
import { StateDatabase } from "../../../src/db/state/state-database.ts";
import { chunkStarts, timeInName } from "../../../src/import/footage/chunk-times.ts";
import { clipRow } from "../../../src/import/footage/clips.ts";
import { archiveFolders, channelOfFolder, lookIntoDate } from "../../../src/import/footage/layout.ts";
import { TS_CLOCK_TICKS, type MediaFacts } from "../../../src/media/media-facts.ts";
import { diskFiles } from "../../../src/platform/files.ts";
import { tempFolder } from "../../support/temp.ts";

const SECOND = 90_000;
const at = (text: string): number => Date.parse(text);

describe("times of chunks", () => {
  test.each([
    ["20240618_174524.ts", "2024-06-18T17:45:24Z"],
    ["20240229_000000.TS", "2024-02-29T00:00:00Z"],
  ])("%p says its time in UTC", (name, text) => expect(timeInName(name)).toBe(at(text)));

  test.each([
    "20230229_000000.ts",
    "20240618_240000.ts",
    "20240618_174560.ts",
    "1718732724.ts",
    "a20240618_174524.ts",
  ])("%p says none", (name) => expect(timeInName(name)).toBeUndefined());

  const chunk = (startMs: number, sourceTicks: number, isByName = true, seconds = 5) => ({
    startMs,
    isByName,
    facts: { sourceTicks, durationTicks: seconds * SECOND },
  });

  test("names of whole seconds are made exact by the stream's own clock, also where it turns over", () => {
    const zero = TS_CLOCK_TICKS - 7 * SECOND;
    const chunks = [0, 1, 2, 3].map((n) => {
      const trueMs = 1_000_000_400 + n * 4960;
      return chunk(Math.floor(trueMs / 1000) * 1000, (zero + n * 4.96 * SECOND) % TS_CLOCK_TICKS, true, 4.96);
    });
    const starts = chunkStarts(chunks);
    expect(starts.map((start, n) => start - n * 4960 - (starts[0] ?? 0))).toEqual([0, 0, 0, 0]);
    expect(Math.abs((starts[0] ?? 0) - 1_000_000_400)).toBeLessThan(1000);
  });

  test("times of files are too late at most: the earliest counts", () => {
    expect(
      chunkStarts([
        chunk(10_700, 0, false),
        chunk(15_200, 5 * SECOND, false),
        chunk(20_900, 10 * SECOND, false),
      ]),
    ).toEqual([10_200, 15_200, 20_200]);
  });

  test("what does not follow, or says another time, begins anew", () => {
    const starts = [
      chunk(0, 0),
      chunk(5000, 5 * SECOND),
      chunk(60_000, 10 * SECOND),
      chunk(65_000, 99 * SECOND),
      chunk(70_300, 104 * SECOND, false),
    ];
    expect(chunkStarts(starts)).toEqual([0, 5000, 60_000, 65_000, 70_300]);
    expect(chunkStarts([])).toEqual([]);
  });
});

async function archive(files: Record<string, string>) {
  const folder = await tempFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(folder.file(name)), { recursive: true });
    writeFileSync(folder.file(name), text);
  }
  return folder;
}

describe("layouts", () => {
  test("a folder for each channel, or one channel's own", async () => {
    await using folder = await archive({
      "News/20240618_174524.ts": "",
      "yard/2024-06-18/video_120000.ts": "",
      "yard/2024-13-99/video_120000.ts": "",
      "front/timelapses/2024-6-18.mp4": "",
      "front/timelapse/2024/06/19.mp4": "",
      "front/moment/2024-6-18-7-5-4.mp4": "",
      "front/moment/moment.gif": "",
      "front/moment/2024-6-18.mp4": "",
      "front/moment/notes.txt": "",
      "front/days/3/stream.mpd": "",
      "empty/readme.txt": "",
    });
    const files = diskFiles();
    const found = await archiveFolders(files, folder.path);
    expect(found.map(({ path }) => path)).toEqual(["News", "front", "yard"].map((name) => folder.file(name)));
    const [news, front, yard] = found;
    expect(news?.chunks).toEqual(["20240618_174524.ts"]);
    expect(yard?.dates).toEqual(["2024-06-18"]);
    expect(front?.clips.map(({ kind, localTime }) => [kind, localTime]).toSorted()).toEqual([
      ["moment", undefined],
      ["moment", "2024-06-18T07:05:04"],
      ["timelapse", "2024-06-18"],
      ["timelapse", "2024-06-19"],
    ]);
    expect(front?.left.map(({ path }) => path).sort()).toEqual([
      folder.file("front/days"),
      folder.file("front/moment/2024-6-18.mp4"),
    ]);
    expect((await archiveFolders(files, folder.file("News"))).map(({ path }) => path)).toEqual([
      folder.file("News"),
    ]);
    expect(await archiveFolders(files, folder.file("empty"))).toEqual([]);
    expect(channelOfFolder("/a/News", ["front", "news"])).toBe("news");
    expect(channelOfFolder("/a/other", ["news"])).toBeUndefined();
  });

  test("a day that is still being converted is its segments", async () => {
    await using folder = await archive({
      "done/video.mp4": "",
      "done/video-2.mp4": "",
      "done/video.mp4.sha512sum": "",
      "doing/video_000000.ts": "",
      "doing/video_000000.ts.duration": "",
      "doing/video.mp4": "",
      "doing/other.mkv": "",
    });
    expect(await lookIntoDate(diskFiles(), folder.file("done"))).toEqual({
      segments: [],
      converted: ["video.mp4", "video-2.mp4"],
      left: [],
    });
    const doing = await lookIntoDate(diskFiles(), folder.file("doing"));
    expect(doing).toMatchObject({ segments: ["video_000000.ts"], converted: [] });
    expect(doing.left.map(({ path }) => path).sort()).toEqual([
      folder.file("doing/other.mkv"),
      folder.file("doing/video.mp4"),
    ]);
  });

  test("films are written down once, with their times in the channel's zone", async () => {
    await using folder = await archive({ "a.mp4": "four", "moment.gif": "four" });
    utimesSync(folder.file("moment.gif"), 1_718_732_724, 1_718_732_724);
    const channel = { id: "front", zone: "Europe/Berlin" };
    const file = (name: string, localTime: string | undefined) => ({
      path: folder.file(name),
      kind: localTime?.length === 10 ? ("timelapse" as const) : ("moment" as const),
      localTime,
    });
    const rows = await Promise.all([
      clipRow(diskFiles(), file("a.mp4", "2024-06-18"), channel),
      clipRow(diskFiles(), file("moment.gif", undefined), channel),
      clipRow(diskFiles(), file("gone.mp4", "2024-06-18"), channel),
    ]);
    expect(rows).toMatchObject([
      { startMs: at("2024-06-17T22:00:00Z"), sizeBytes: 4 },
      { startMs: 1_718_732_724_000, localTime: "2024-06-18T19:45:24" },
      undefined,
    ]);
    const state = StateDatabase.open(folder.file("state.db"));
    try {
      const [timelapse] = rows;
      if (!timelapse) throw new Error("no row");
      state.adoptedClips.put([timelapse]);
      state.adoptedClips.put([{ ...timelapse, sizeBytes: 5 }]);
      expect(state.adoptedClips.list("front", "timelapse")).toEqual([{ ...timelapse, sizeBytes: 5 }]);
      expect(state.adoptedClips.list("front", "moment")).toEqual([]);
    } finally {
      state.close();
    }
  });
});

describe("adoption", () => {
  const facts = (sourceTicks: number, codec = "avc1.42c01e"): MediaFacts => ({
    parameters: {
      format: "ts",
      init: new TextEncoder().encode(codec),
      videoCodec: codec,
      audioCodec: null,
      width: 320,
      height: 180,
      frameRate: 25,
      audioTimescale: null,
    },
    sourceTicks,
    durationTicks: 10 * SECOND,
    isIndependent: true,
    activityBytes: 0,
  });
  const file = (startMs: number, sourceTicks: number, codec?: string): AdoptableFile => ({
    path: `/foreign/${startMs}.ts`,
    sizeBytes: 1000,
    mtimeMs: startMs + 11_000,
    startMs,
    facts: facts(sourceTicks, codec),
    crc32: 7,
  });

  test("hours are recordings, what follows goes on, and journals alone bring all of it back", async () => {
    await using folder = await tempFolder();
    const index = IndexDatabase.open(folder.file("index.db"));
    try {
      const root = { id: "root", path: folder.file("archive") };
      const adoption = new FootageAdoption(
        { files: diskFiles(), index, root },
        { id: "news", zone: "Europe/Berlin" },
      );
      const hourMs = at("2024-06-18T18:00:00Z");
      const starts = [hourMs - 20_000, hourMs - 10_000, hourMs, hourMs + 60_000];
      await adoption.adopt(starts.map((start, n) => file(start, n * 10 * SECOND)));
      await adoption.adopt([file(hourMs + 80_000, 0, "hev1.1.6.L93.B0")]);
      const recordings = index.recordingsBetween("news", 0, Date.now());
      expect(recordings.map(({ path, segmentCount }) => [path, segmentCount])).toEqual([
        ["news/2024-06-18/adopted-19-59-40+0200.files", 2],
        ["news/2024-06-18/adopted-20-00-00+0200.files", 2],
        ["news/2024-06-18/adopted-20-01-20+0200.files", 1],
      ]);
      const ticks = recordings.flatMap(({ baseTicks, segments }) =>
        segments.map((each) => baseTicks + each.mediaTicks),
      );
      expect(ticks.slice(1, 3)).toEqual([(ticks[0] ?? 0) + 10 * SECOND, (ticks[0] ?? 0) + 20 * SECOND]);
      expect(ticks[3]).not.toBe((ticks[0] ?? 0) + 30 * SECOND);
      const timelines = recordings.map(({ run }) => index.run(run)?.timeline);
      expect(timelines).toEqual([1, 1, 2]);
      expect(index.unendedRuns()).toEqual([]);
      expect(recordings.map(({ firstMediaSequence }) => firstMediaSequence)).toEqual([0, 2, 4]);
      expect(index.counter("news")).toMatchObject({
        nextMediaSequence: 5,
        timeline: 2,
        newestEndMs: hourMs + 90_000,
      });
      expect(adoptedFiles(index, "news", 0, Date.now())).toEqual(
        new Map([...starts, hourMs + 80_000].map((start) => [`/foreign/${start}.ts`, start])),
      );
      for (const { id, path, segments } of recordings) {
        const journal = parseJournal(
          await diskFiles().read(join(root.path, path.replace(".files", ".m3u8"))),
        );
        expect(journal).toMatchObject({
          head: { recording: id },
          isComplete: true,
          problems: [],
          synced: segments.length,
        });
        expect(journal.entries.map(({ file: own }) => own)).toEqual(segments.map(({ file: own }) => own));
      }
    } finally {
      index.close();
    }
  });

  test("older footage than what is recorded takes no numbers from it", async () => {
    await using folder = await tempFolder();
    const index = IndexDatabase.open(folder.file("index.db"));
    try {
      const counter = { nextMediaSequence: 900, discontinuitySequence: 3, timeline: 4, nextTicks: 5 };
      index.setCounter({ channel: "news", ...counter, newestEndMs: at("2024-07-01T00:00:00Z") });
      const root = { id: "root", path: folder.file("archive") };
      const adoption = new FootageAdoption({ files: diskFiles(), index, root }, { id: "news", zone: "UTC" });
      const parts = [0, 10].map((second) => ({
        fromTicks: second * SECOND,
        durationTicks: 10 * SECOND,
        offsetBytes: 48 + second,
        lengthBytes: 10,
        activityBytes: 0,
        crc32: 1,
      }));
      const startMs = at("2024-06-18T00:59:50Z");
      const { crc32: _crc32, ...film } = file(startMs, 0) as AdoptableFile & { crc32: number };
      await adoption.adopt([{ ...film, parts }]);
      const recordings = index.recordingsBetween("news", 0, Date.now());
      expect(recordings.map(({ path, firstMediaSequence }) => [path, firstMediaSequence])).toEqual([
        ["news/2024-06-18/parts-00-59-50+0000.files", 0],
        ["news/2024-06-18/parts-01-00-00+0000.files", 0],
      ]);
      // Media time of a part counts from its file's first picture.
      expect(recordings.map(({ segments }) => segments[0]?.mediaTicks)).toEqual([0, 10 * SECOND]);
      expect(new Set(recordings.map(({ baseTicks }) => baseTicks)).size).toBe(1);
      expect(index.counter("news")).toEqual({
        channel: "news",
        ...counter,
        timeline: 5,
        newestEndMs: at("2024-07-01T00:00:00Z"),
      });
    } finally {
      index.close();
    }
  });
});
