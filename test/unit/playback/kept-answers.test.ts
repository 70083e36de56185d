import { describe, expect, test } from "bun:test";
import { gunzipSync } from "node:zlib";
import { parseMediaPlaylist } from "../../../src/media/m3u8-parse.ts";
import { Lists } from "../../../src/playback/lists.ts";
import { PlaylistAnswers } from "../../../src/playback/playlist-answers.ts";
import { MemoryFootage, StandingClock } from "../../support/memory-footage.ts";

const S = 90_000;
const T = Date.UTC(2026, 10, 20, 11);
const two = (count: number): number[] => Array.from({ length: count }, () => 2 * S);

function world() {
  const footage = new MemoryFootage("front-door");
  footage.record({ startMs: T, durations: two(100), perRecording: 40 });
  const clock = new StandingClock(T + 200_000);
  let stamp = 1;
  let made = 0;
  const deps = { footage, clock, segmentTargetMs: 2000, footageStamp: () => String(stamp) };
  const answers = new PlaylistAnswers(deps);
  const lists = new Lists(deps);
  const [channel] = footage.channels();
  if (!channel) throw new Error("no channel");
  const ask = (query = "", headers: Record<string, string> = {}) =>
    answers.hls(
      new Request(`http://localhost/front-door/stream/today/playlist.m3u8${query}`, { headers }),
      channel,
      () => {
        made += 1;
        return lists.today(channel);
      },
    );
  return { footage, clock, ask, changed: () => void (stamp += 1), count: () => made };
}

describe("an answer", () => {
  test("is made once for all who ask for the same list in the same second, whatever form they take it in", async () => {
    const { ask, count } = world();
    const plain = await ask().text();
    expect(await ask().text()).toBe(plain);
    const compressed = await ask("", { "accept-encoding": "gzip" }).arrayBuffer();
    expect(gunzipSync(compressed).toString()).toBe(plain);
    expect(count()).toBe(1);
  });

  test("is another for another address, and for VLC", async () => {
    const { ask, count } = world();
    const texts = [
      await ask().text(),
      await ask("?_HLS_skip=YES").text(),
      await ask("?timeline=1").text(),
      await ask("", { "user-agent": "VLC/3.0.24 LibVLC/3.0.24" }).text(),
    ];
    expect(count()).toBe(4);
    expect(new Set(texts).size).toBe(3);
  });

  test("is made anew when the footage changed, and in the next second", async () => {
    const { ask, footage, changed, clock, count } = world();
    const last = async () => parseMediaPlaylist(await ask().text()).segments.at(-1)?.uri;
    const before = await last();
    footage.record({ startMs: T + 200_000, durations: two(1) });
    changed();
    expect(await last()).not.toBe(before);
    clock.timeMs += 1000;
    await last();
    expect(count()).toBe(3);
  });

  test("that could not be made is tried again", () => {
    const { ask, footage, count } = world();
    footage.recordingList = [];
    expect(() => ask()).toThrow("Nothing was recorded");
    expect(() => ask()).toThrow("Nothing was recorded");
    expect(count()).toBe(2);
  });
});
