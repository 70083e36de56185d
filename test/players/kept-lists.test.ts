import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { buildApp } from "../../src/app.ts";
import { listen, type Listening } from "../../src/listen.ts";
import { parseMediaPlaylist } from "../../src/media/m3u8-parse.ts";
import { decodeErrors, probe } from "../support/ffmpeg.ts";
import { keepClip, keptClip } from "../support/kept-clip.ts";
import { MemoryFootage, StandingClock } from "../support/memory-footage.ts";
import { tempFolder, type TempFolder } from "../support/temp.ts";
import { playInVlc } from "../support/vlc.ts";
import { Players } from "./play-in-browser.ts";

const T = Date.UTC(2026, 10, 20, 11);
const FROM = T / 1000;
const SECONDS = 12;
const SEGMENT_SECONDS = 2;
/** Nothing is recorded for so long between the two halves. */
const HOLE_SECONDS = 20;
const PICTURES_PER_SECOND = 25;
/** The clock of MPEG-TS turns over in the middle of the first half. */
const BEFORE_WRAP = 2 ** 33 / 90_000 - 6;

/** How footage is kept, and where the clock of each half of it begins: anew, or where it has come to by then. */
const kinds = [
  { id: "ts", format: "ts", clocksSeconds: [0, 0] },
  { id: "ts-wrap", format: "ts", clocksSeconds: [BEFORE_WRAP, SECONDS + HOLE_SECONDS - 6] },
  { id: "fmp4", format: "fmp4", clocksSeconds: [0, 0] },
  { id: "mp4", format: "mp4", clocksSeconds: [0, 0] },
] as const;

/** Intervals, in seconds from the start: how long what they show is, and whether there is a hole in it. */
const intervals = [
  {
    name: "all of it, across a hole",
    from: 0,
    to: 2 * SECONDS + HOLE_SECONDS,
    seconds: 2 * SECONDS,
    hasHole: true,
  },
  { name: "from inside of a segment", from: 3, to: 9, seconds: 8, hasHole: false },
  {
    name: "from inside of a hole",
    from: SECONDS + 7,
    to: SECONDS + HOLE_SECONDS + 6,
    seconds: 6,
    hasHole: false,
  },
  {
    name: "across a hole, a little of each side",
    from: SECONDS - 3,
    to: SECONDS + HOLE_SECONDS + 3,
    seconds: 8,
    hasHole: true,
  },
  { name: "one second", from: 7, to: 8, seconds: 2, hasHole: false },
] as const;

let folder: TempFolder;
let players: Players;
let listening: Listening;
let origin = "";

beforeAll(async () => {
  folder = await tempFolder();
  players = await Players.launch();
  const footage = new MemoryFootage("none");
  footage.channelList.splice(0);
  for (const { id, format, clocksSeconds } of kinds) {
    const channel = new MemoryFootage(id, "UTC", 3600 * 90_000);
    for (const [half, startMs] of [T, T + (SECONDS + HOLE_SECONDS) * 1000].entries()) {
      const clip = await keptClip({
        format,
        seconds: SECONDS,
        segmentSeconds: SEGMENT_SECONDS,
        size: "640x360",
        clockSeconds: clocksSeconds[half] ?? 0,
      });
      const nameOf = (index: number) =>
        `video_${String(half).repeat(3)}${String(index).padStart(3, "0")}.mp4`;
      const ofHalf = format === "mp4" ? clip.segments.map((_, index) => nameOf(index)) : undefined;
      // The source's clock has a hole; what is made out of whole files has the channel's own times.
      const init = format === "mp4" ? id : `${id} ${half}`;
      await keepClip(channel, `${folder.path}/${id}`, {
        clip,
        startMs,
        init,
        ...(ofHalf ? { names: ofHalf } : {}),
      });
    }
    footage.channelList.push(...channel.channelList);
    for (const [run, row] of channel.runs)
      footage.runs.set(`${id}${run}`, { ...row, id: `${id}${run}`.replaceAll("-", "") });
    for (const recording of channel.recordingList)
      footage.recordingList.push({
        ...recording,
        id: `${id}${recording.id}`.replaceAll("-", ""),
        run: `${id}${recording.run}`.replaceAll("-", ""),
        path: `${id}/${recording.path}`,
      });
  }
  await addUploads(footage);
  footage.folder = folder.path;
  const runs = [...footage.runs.values()];
  footage.runs.clear();
  for (const run of runs) footage.runs.set(run.id, run);
  const app = buildApp({
    playback: {
      footage,
      clock: new StandingClock(T + 3_600_000),
      segmentTargetMs: 2000,
      settledMs: (channel) => (channel === "uploads" ? T + 3_600_000 : undefined),
    },
    hosts: { isLoopbackOnly: true },
  });
  listening = await listen(app, [{ host: "127.0.0.1", port: 0 }]);
  origin = `http://127.0.0.1:${listening.addresses[0]?.port}`;
}, 120_000);
afterAll(async () => {
  await listening.stop(true);
  await players[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** Files of two seconds, each with a clock that begins anew, as some uploaders cut them. */
async function addUploads(footage: MemoryFootage): Promise<void> {
  const channel = new MemoryFootage("uploads");
  const [segment] = (await keptClip({ format: "ts", seconds: SEGMENT_SECONDS })).segments;
  if (!segment) throw new Error("ffmpeg cut no segment");
  const count = 15;
  const segments = Array.from({ length: count }, () => segment);
  const names = segments.map((_, index) => `video_${String(index).padStart(6, "0")}.ts`);
  // A millisecond more than they are long: none follows the one before it.
  const startsMs = segments.map((_, index) => T + index * (SEGMENT_SECONDS * 1000 + 1));
  const clip = { format: "ts" as const, init: undefined, segments };
  await keepClip(channel, `${folder.path}/uploads`, { clip, startMs: T, names, startsMs });
  footage.channelList.push(...channel.channelList);
  for (const row of channel.runs.values()) footage.runs.set("uploads", { ...row, id: "uploads" });
  for (const each of channel.recordingList)
    footage.recordingList.push({ ...each, id: "uploads", run: "uploads", path: `uploads/${each.path}` });
}

const addressOf = (id: string, from: number, to: number): string =>
  `${origin}/${id}/archive-${FROM + from}-${to - from}.m3u8`;

const cases = kinds.flatMap((kind) => intervals.map((interval) => ({ ...kind, ...interval })));

describe.each(cases)("$id, $name", ({ id, format, from, to, seconds, hasHole }) => {
  const url = () => addressOf(id, from, to);
  // One init, and one clock: nothing to tell a player of.
  const isSeamless = !hasHole || format === "mp4";

  test("the list is as long as what was recorded", async () => {
    const { segments } = parseMediaPlaylist(await (await fetch(url())).text());
    const told = segments.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);
    expect(Math.abs(told - seconds)).toBeLessThan(0.1);
    expect(segments.some(({ isDiscontinuity }) => isDiscontinuity)).toBe(!isSeamless);
  });

  test("hls.js plays it to its end", async () => {
    const steps = [{ untilEndedWithinSeconds: seconds + 12 }];
    const { errors, snapshots } = await players.play({ player: "hlsjs", url: url(), steps });
    expect(errors).toEqual([]);
    expect(snapshots.at(-1)?.ended).toBe(true);
    expect(snapshots.at(-1)?.decodedFrames).toBeGreaterThanOrEqual((seconds - 0.5) * PICTURES_PER_SECOND);
    expect(snapshots.at(-1)?.audioBytes).toBeGreaterThan(0);
  });

  test("VLC plays it with its sound", async () => {
    const playSeconds = seconds + 4;
    const { counters } = await playInVlc(url(), [{ playSeconds }]);
    const last = counters.at(-1);
    // Where its demuxer is set up anew it loses a second of pictures.
    const least = (seconds - (isSeamless ? 0.6 : 2)) * PICTURES_PER_SECOND;
    expect(last?.decodedVideo).toBeGreaterThanOrEqual(least);
    expect(last?.playedAudioBuffers).toBeGreaterThan((seconds - 2) * 40);
  });

  test("ffmpeg decodes it", async () => {
    const errors = (await decodeErrors(url()))
      .split("\n")
      .filter((line) => !/dts to muxer in stream 1|Found duplicated MOOV/.test(line));
    expect(errors.join("\n")).toBe("");
    const { streams } = await probe(url());
    const pictures = Number(streams.find(({ codec_type }) => codec_type === "video")?.nb_read_packets);
    expect(Math.abs(pictures - seconds * PICTURES_PER_SECOND)).toBeLessThanOrEqual(2);
  });
});

test.each(kinds)("$id: hls.js and VLC find their place after seeks inside a half", async ({ id }) => {
  const url = addressOf(id, 0, SECONDS);
  const steps = [
    { playSeconds: 2 },
    { seekSeconds: 7 },
    { playSeconds: 3 },
    { seekSeconds: 1 },
    { playSeconds: 3 },
  ];
  const { errors, snapshots } = await players.play({ player: "hlsjs", url, steps });
  expect(errors).toEqual([]);
  const [, there, on, back, after] = snapshots;
  expect((on?.decodedFrames ?? 0) - (there?.decodedFrames ?? 0)).toBeGreaterThanOrEqual(
    2.5 * PICTURES_PER_SECOND,
  );
  expect((after?.decodedFrames ?? 0) - (back?.decodedFrames ?? 0)).toBeGreaterThanOrEqual(
    2.5 * PICTURES_PER_SECOND,
  );
  const { counters } = await playInVlc(url, steps);
  const [, thereVlc, onVlc, backVlc, afterVlc] = counters;
  expect((onVlc?.decodedVideo ?? 0) - (thereVlc?.decodedVideo ?? 0)).toBeGreaterThanOrEqual(
    2 * PICTURES_PER_SECOND,
  );
  expect((afterVlc?.playedAudioBuffers ?? 0) - (backVlc?.playedAudioBuffers ?? 0)).toBeGreaterThan(60);
});

test("a growing list of files whose clocks all begin anew, with its large numbers", async () => {
  const url = `${origin}/uploads/live.m3u8`;
  const list = parseMediaPlaylist(await (await fetch(url)).text());
  expect(list.mediaSequence).toBeGreaterThan(200_000_000);
  expect(list.segments.slice(1).every(({ isDiscontinuity }) => isDiscontinuity)).toBe(true);
  const steps = [{ playSeconds: 5 }];
  const { errors, snapshots } = await players.play({ player: "hlsjs", url, steps });
  expect(errors).toEqual([]);
  expect(snapshots[0]?.decodedFrames).toBeGreaterThanOrEqual(4 * PICTURES_PER_SECOND);
  const { counters } = await playInVlc(url, [{ playSeconds: 8 }]);
  expect(counters[0]?.decodedVideo).toBeGreaterThanOrEqual(5 * PICTURES_PER_SECOND);
});
