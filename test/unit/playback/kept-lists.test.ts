import { describe, expect, test } from "bun:test";
import { buildApp } from "../../../src/app.ts";
import { FILES_EXTENSION, type Recording } from "../../../src/db/index/rows.ts";
import type { FootageFormat } from "../../../src/media/footage-format.ts";
import { parseMediaPlaylist } from "../../../src/media/m3u8-parse.ts";
import { segmentByOrdinal, segmentByTicks } from "../../../src/playback/segment-lookup.ts";
import { playlistFaults, wallTimes } from "../../support/m3u8-validator.ts";
import { MemoryFootage, StandingClock } from "../../support/memory-footage.ts";

const S = 90_000;
const T = Date.UTC(2026, 10, 20, 11);
const FROM = T / 1000;
const NOW = T + 7_200_000;

const appOf = (footage: MemoryFootage) =>
  buildApp({
    playback: { footage, clock: new StandingClock(NOW), segmentTargetMs: 2000 },
    hosts: { isLoopbackOnly: true },
  });

const ask = async (footage: MemoryFootage, path: string): Promise<Response> =>
  appOf(footage).handle(new Request(`http://localhost${path}`));

/** Makes a recording one of files that begin at these times; media time goes by the wall. */
function asFiles(recording: Recording, startsMs: readonly number[], ordinals?: readonly number[]): void {
  const segments = recording.segments.map((segment, index) => ({
    ...segment,
    ordinal: ordinals?.[index] ?? segment.ordinal,
    startMs: startsMs[index] ?? 0,
    mediaTicks: ((startsMs[index] ?? 0) - T) * 90,
    offsetBytes: 0,
    file: { name: `video_${index}.ts`, mtimeMs: T, isLate: false },
  }));
  const last = segments.at(-1);
  Object.assign(recording, {
    path: `front-door/2026-11-20/${recording.id}${FILES_EXTENSION}`,
    segments,
    startMs: segments[0]?.startMs,
    endMs: (last?.startMs ?? 0) + (last?.durationTicks ?? 0) / 90,
    baseTicks: 0,
  });
}

const formatOf = (footage: MemoryFootage, recording: Recording | undefined, format: FootageFormat): void => {
  const run = footage.run(recording?.run ?? "");
  if (run) run.format = format;
};

const seconds = (count: number, length = 10): number[] => Array.from({ length: count }, () => length * S);

describe("files of an hour with two inits", () => {
  const footage = new MemoryFootage();
  const [wide] = footage.record({ startMs: T, durations: seconds(4), init: "wide" });
  const [narrow] = footage.record({ startMs: T, durations: seconds(3), init: "narrow" });
  if (!wide || !narrow) throw new Error("nothing recorded");
  // They lie between one another, and came in any order.
  asFiles(wide, [T, T + 20_000, T + 40_000, T + 60_000], [3, 0, 2, 1]);
  asFiles(narrow, [T + 10_000, T + 30_000, T + 50_000], [0, 2, 1]);
  formatOf(footage, wide, "ts");
  formatOf(footage, narrow, "ts");

  test("a list shows all of them in their order, each found by its number", async () => {
    const text = await (await ask(footage, `/front-door/archive-${FROM}-100.m3u8`)).text();
    expect(playlistFaults(text)).toEqual([]);
    expect(wallTimes(text).map(({ startMs }) => (startMs - T) / 10_000)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    for (const { uri } of parseMediaPlaylist(text).segments) {
      const [, id = "", ordinal] = /segment\/(\w+)-(\d+)\.ts$/.exec(uri) ?? [];
      expect(segmentByOrdinal(footage, id, Number(ordinal))?.segment.ordinal).toBe(Number(ordinal));
    }
    const place = { startMs: T, startTicks: 0 };
    expect(segmentByTicks(footage, "front-door", place, 30 * S)?.segment.startMs).toBe(T + 30_000);
  });

  test("nothing is said to be missing between them", async () => {
    const status = await (await ask(footage, `/front-door/recording_status.json?from=${FROM}`)).json();
    expect(status).toEqual([{ stream: "front-door", ranges: [{ from: FROM, duration: 70 }] }]);
    const spans = await (
      await ask(footage, `/metadata?startTimestamp=${FROM}&endTimestamp=${FROM + 100}`)
    ).json();
    expect(spans).toHaveLength(1);
  });
});

test("what is missing inside an hour of files is told, and a second by the names of files is not", async () => {
  const footage = new MemoryFootage();
  const [recording] = footage.record({
    startMs: T,
    durations: [9.6, 10, 10.2, 10].map((each) => Math.round(each * S)),
  });
  if (!recording) throw new Error("nothing recorded");
  asFiles(recording, [T, T + 10_000, T + 20_000, T + 95_000]);
  const wanted = [
    [0, 30_200],
    [95_000, 105_000],
  ];
  const query = `startTimestamp=${FROM}&endTimestamp=${FROM + 200}`;
  const spans = await (await ask(footage, `/metadata?${query}`)).json();
  const ms = (text: string): number => Date.parse(`${text}Z`) - T;
  const told = (spans as { start_datetime: string; end_datetime: string }[]).map((span) => [
    ms(span.start_datetime),
    ms(span.end_datetime),
  ]);
  expect(told).toEqual(wanted);
  const status = await (await ask(footage, "/front-door/recording_status.json")).json();
  expect(status).toEqual([
    {
      stream: "front-door",
      ranges: [
        { from: FROM, duration: 30 },
        { from: FROM + 95, duration: 10 },
      ],
    },
  ]);
});

test("captured footage hides the files of the same time, whenever they came", async () => {
  const footage = new MemoryFootage();
  const [captured] = footage.record({ startMs: T + 20_000, durations: seconds(2), init: "camera" });
  const [files] = footage.record({ startMs: T, durations: seconds(6), init: "files" });
  if (!captured || !files) throw new Error("nothing recorded");
  asFiles(
    files,
    [0, 1, 2, 3, 4, 5].map((index) => T + index * 10_000),
  );
  const text = await (await ask(footage, `/front-door/archive-${FROM}-60.m3u8`)).text();
  expect(playlistFaults(text)).toEqual([]);
  const shown = wallTimes(text).map(
    ({ uri, startMs }) => `${(startMs - T) / 10_000}${uri.includes(captured.id) ? "c" : ""}`,
  );
  expect(shown).toEqual(["0", "1", "2c", "3c", "4", "5"]);
});

describe("a list with MPEG-TS and MP4 in it", () => {
  const footage = new MemoryFootage();
  const kinds = ["nightjar", "ts", "fmp4", "ts", "ts"] as const;
  for (const [index, format] of kinds.entries()) {
    const init = index === 4 ? `${kinds[3]} 3` : `${format} ${index}`;
    const [recording] = footage.record({ startMs: T + index * 30_000, durations: seconds(3, 2), init });
    formatOf(footage, recording, format);
  }
  const path = `/front-door/archive-${FROM}-200.m3u8`;

  test("is valid, with a discontinuity wherever the format or the init changes", async () => {
    const text = await (await ask(footage, path)).text();
    expect(playlistFaults(text)).toEqual([]);
    const { segments } = parseMediaPlaylist(text);
    expect(segments.map(({ isDiscontinuity }) => isDiscontinuity)).toEqual(
      Array.from({ length: 15 }, (_, index) => [3, 6, 9].includes(index)),
    );
    expect(segments.map(({ uri }) => uri.split(".").at(-1))).toEqual(
      kinds.flatMap((format) => Array.from({ length: 3 }, () => (format === "ts" ? "ts" : "m4s"))),
    );
    // Behind MP4, MPEG-TS has a map of its own: what its first segment begins with.
    const maps = [...text.matchAll(/#EXT-X-MAP:URI=".*\.(mp4|ts)"(,BYTERANGE="564@0")?\n/g)];
    expect(maps.map(([, form, range]) => [form, range !== undefined])).toEqual([
      ["mp4", false],
      ["ts", true],
      ["mp4", false],
      ["ts", true],
    ]);
  });

  test("VLC gets an init in each segment that needs one, and no EXT-X-MAP", async () => {
    const text = await (await ask(footage, `${path}?player=vlc`)).text();
    expect(playlistFaults(text)).toEqual([]);
    expect(text).not.toContain("EXT-X-MAP");
    const endings = parseMediaPlaylist(text).segments.map(({ uri }) => uri.replace(/^.*?\./, ""));
    expect(endings.filter((ending) => ending === "i.m4s")).toHaveLength(6);
    expect(endings.filter((ending) => ending === "ts")).toHaveLength(9);
  });

  test("one timeline of it is a list for players that can't follow", async () => {
    const only = await (await ask(footage, `${path}?timeline=2`)).text();
    expect(playlistFaults(only)).toEqual([]);
    expect(only).not.toContain("EXT-X-MAP");
    expect(parseMediaPlaylist(only).segments).toHaveLength(3);
  });

  test("is no single file: 409 with the address of each part, by what it is", async () => {
    for (const ending of ["mp4", "ts"]) {
      const response = await ask(footage, path.replace("m3u8", ending));
      expect(response.status).toBe(409);
      const addresses = [...(await response.text()).matchAll(/archive-\d+-\d+\.(\w+)/g)].map(
        ([, each]) => each,
      );
      expect(addresses).toEqual(ending === "mp4" ? ["mp4", "mp4", "mp4", "mp4"] : ["mp4", "ts", "mp4", "ts"]);
    }
  });
});

test("a kept channel has no parts in its live list, and its master playlist says what is known", async () => {
  const footage = new MemoryFootage();
  const [recording] = footage.record({ startMs: NOW - 60_000, durations: seconds(30, 2) });
  const run = footage.run(recording?.run ?? "");
  if (!run) throw new Error("nothing recorded");
  Object.assign(run, { format: "ts", frameRate: null });
  const live = await (await ask(footage, "/front-door/live.m3u8?parts=1")).text();
  expect(live).not.toContain("EXT-X-PART");
  const master = await (await ask(footage, "/front-door/master.m3u8")).text();
  expect(master).toContain('CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=640x360');
  expect(master).not.toContain("FRAME-RATE");
});
