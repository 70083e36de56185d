import { describe, expect, test } from "bun:test";
import { buildApp } from "../../../src/app.ts";
import { parseMediaPlaylist } from "../../../src/media/m3u8-parse.ts";
import { playlistFaults } from "../../support/m3u8-validator.ts";
import { MemoryFootage, StandingClock } from "../../support/memory-footage.ts";

const S = 90_000;
const T = Date.UTC(2026, 10, 20, 11);
const FROM = T / 1000;
const two = (count: number): number[] => Array.from({ length: count }, () => 2 * S);

const footage = new MemoryFootage("front-door", "Europe/Berlin");
footage.record({ startMs: T, durations: two(10), perRecording: 4 });
footage.record({ startMs: T + 60_000, durations: two(10), audio: false, init: "b" });
footage.record({ startMs: T + 120_000, durations: two(10), init: "a" });
const clock = new StandingClock(T + 140_000);

const appWith = (naiveTimes: "channel" | "utc" = "channel") =>
  buildApp({
    playback: { footage, clock, segmentTargetMs: 2000, naiveTimes },
    hosts: { isLoopbackOnly: true },
  });
const app = appWith();
const get = (path: string, on = app): Promise<Response> =>
  Promise.resolve(on.handle(new Request(`http://localhost${path}`)));
const json = async (path: string): Promise<unknown> => (await get(path)).json();

describe("recording_status.json", () => {
  const all = [
    { from: FROM, duration: 20 },
    { from: FROM + 60, duration: 20 },
    { from: FROM + 120, duration: 20 },
  ];
  test.each([
    ["", all],
    ["?from=1525186456", all],
    [`?from=${FROM + 65}&to=now`, [{ from: FROM + 65, duration: 15 }, all[2]]],
    [`?from=${FROM}&to=${FROM + 10}`, [{ from: FROM, duration: 10 }]],
    [`?from=${FROM + 30}&to=${FROM + 40}`, []],
  ])("%s", async (query, ranges) => {
    for (const slash of ["", "/"])
      expect(await json(`/front-door/recording_status.json${slash}${query}`)).toEqual([
        { stream: "front-door", ranges },
      ]);
  });

  test.each(["?from=today", "?from=5&to=5", "?to=1e3"])("%s is refused", async (query) => {
    const response = await get(`/front-door/recording_status.json${query}`);
    expect(response.status).toBe(400);
    expect(await response.text()).toMatch(/(from|to) is/);
  });
});

describe("timelines", () => {
  type Entry = { timeline: number; list: string };

  test("of an interval, each with its span, codecs and list", async () => {
    const entries = await json(`/api/channels/front-door/timelines?from=${FROM}&to=${FROM + 130}`);
    expect(entries).toEqual([
      {
        timeline: 1,
        from: "2026-11-20T12:00:00.000+01:00",
        to: "2026-11-20T12:00:20.000+01:00",
        codecs: ["avc1.64001f", "mp4a.40.2"],
        width: 640,
        height: 360,
        hasSound: true,
        list: `/front-door/archive-${FROM}-130.m3u8?timeline=1`,
      },
      expect.objectContaining({ timeline: 2, hasSound: false, codecs: ["avc1.64001f"] }),
      expect.objectContaining({ timeline: 3, to: "2026-11-20T12:02:10.000+01:00" }),
    ]);
  });

  test.each([
    "day=today",
    "day=2026-11-20",
    `from=${FROM}`,
    "from=2026-11-20T12:00:00",
    `from=${FROM}&to=${FROM + 500}`,
  ])(
    "%s: the lists of all timelines together are the whole list, each valid and without a discontinuity",
    async (query) => {
      const entries = (await json(`/api/channels/front-door/timelines?${query}`)) as Entry[];
      expect(entries.map(({ timeline }) => timeline)).toEqual([1, 2, 3]);
      const texts = await Promise.all(entries.map(async ({ list }) => (await get(list)).text()));
      const lists = texts.map(parseMediaPlaylist);
      for (const text of texts) {
        expect(playlistFaults(text)).toEqual([]);
        expect(text).not.toContain("EXT-X-DISCONTINUITY\n");
      }
      const bare = (uri: string) => uri.replace(".i.m4s", ".m4s");
      const whole = parseMediaPlaylist(await (await get(entries[0]!.list.replace(/\?.*/, ""))).text());
      expect(lists.flatMap(({ segments }) => segments.map(({ uri }) => bare(uri)))).toEqual(
        whole.segments.map(({ uri }) => bare(uri)),
      );
      expect(lists.map(({ isEnded }) => isEnded)).toEqual([true, true, whole.isEnded]);
    },
  );

  test("one that is not there is a 404 with those that are; nonsense is refused", async () => {
    const missing = await get(`/front-door/archive-${FROM}-130.m3u8?timeline=7`);
    expect([missing.status, await missing.text()]).toEqual([
      404,
      "There is nothing of timeline 7 in this list\nTimelines: 1, 2, 3\n",
    ]);
    expect((await get(`/front-door/archive-${FROM}-130.m3u8?timeline=x`)).status).toBe(400);
    expect((await get("/api/channels/front-door/timelines")).status).toBe(400);
  });
});

describe("times without an offset", () => {
  const path = "/streamer/front-door.m3u8?startTime=20/11/2026T12:00:00&endTime=20/11/2026T12:00:10";

  test("are the channel's, or UTC as HLS PVR took them", async () => {
    expect((await get(path)).status).toBe(200);
    const utc = appWith("utc");
    expect((await get(path, utc)).status).toBe(404);
    expect((await get(path.replaceAll("T12", "T11"), utc)).status).toBe(200);
    const query = "startTime=20/11/2026T11:00:00&endTime=20/11/2026T11:00:10";
    for (const each of [`/metadata?${query}`, `/streamer/front-door/metadata?${query}`])
      expect(await (await get(each, utc)).json()).toEqual([
        { start_datetime: "2026-11-20T11:00:00.000000", end_datetime: "2026-11-20T11:00:10.000000" },
      ]);
    // A zone that is given counts in both.
    expect((await get(`${path}&tz=Europe/Berlin`, utc)).status).toBe(200);
  });
});

test("?download=1 works at every playlist, also where times are missing", async () => {
  for (const path of [
    "/front-door/live.m3u8",
    "/front-door/master.m3u8",
    "/front-door/stream/today/playlist.m3u8",
    "/front-door/stream/4/playlist.m3u8",
    `/front-door/archive-${FROM}-60.m3u8`,
    `/front-door/index-${FROM}-60.m3u8`,
    `/front-door/timeshift_abs-${FROM}.m3u8`,
    "/front-door/timeshift_rel-60.m3u8",
    "/streamer/front-door.m3u8",
    "/streamer/GetNPVRPlayList",
  ]) {
    const response = await get(`${path}?download=1`);
    expect([path, response.status, await response.text()]).toEqual([
      path,
      200,
      `#EXTM3U\nhttp://localhost${path}\n`,
    ]);
  }
});
