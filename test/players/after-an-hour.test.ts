import { afterAll, beforeAll, expect, test } from "bun:test";
import { HOUR_MS } from "../integration/clock-support.ts";
import { TimeCamera } from "../rtsp/time-camera.ts";
import { waitForRecording } from "../support/channels.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { takenTimes } from "../support/picture-time.ts";
import { Nightjar } from "../support/nightjar.ts";
import { tempFolder, type TempFolder } from "../support/temp.ts";
import { playInVlc } from "../support/vlc.ts";
import { Players } from "./play-in-browser.ts";

/** Browsers' players begin within three target durations of the edge, VLC and ffmpeg within its own buffer. */
const NEAR_EDGE_MS = 12_000;
const NEAR_EDGE_VLC_MS = 30_000;
const TURN_MS = 2 ** 40;

let folder: TempFolder;
let camera: TimeCamera;
let server: Nightjar;
let players: Players;

beforeAll(async () => {
  folder = await tempFolder();
  camera = await TimeCamera.start({ isSteady: true });
  players = await Players.launch();
  const clock = new FakeClock(folder.path);
  const start = () =>
    Nightjar.start({
      folder: folder.path,
      env: clock.env,
      config: { auth: "none", channels: { cam: { source: camera.url } } },
    });
  clock.set(-HOUR_MS);
  server = await start();
  await waitForRecording(server, ["cam"], { withFootage: true });
  await Bun.sleep(25_000);
  await server.stop();
  clock.set(0);
  server = await start();
  await waitForRecording(server, ["cam"], { withFootage: true });
  await Bun.sleep(25_000);
}, 150_000);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await players[Symbol.asyncDispose]();
  await camera[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

test.each([
  { player: "hlsjs", list: "live.m3u8" },
  { player: "hlsjs", list: "live.m3u8?parts=1" },
  { player: "shaka", list: "live.m3u8" },
  { player: "shaka", list: "live.mpd" },
  { player: "dashjs", list: "live.mpd" },
] as const)("$player begins $list at the edge, an hour's gap behind it", async ({ player, list }) => {
  const steps = [{ playSeconds: 5 }];
  const { errors, snapshots } = await players.play({ player, url: `${server.url}/cam/${list}`, steps });
  expect(errors).toEqual([]);
  const shown = snapshots[0]!;
  expect(shown.decodedFrames).toBeGreaterThan(80);
  const behindMs = (Date.now() - shown.pictureBits) % TURN_MS;
  expect({ behindMs, isNear: behindMs < NEAR_EDGE_MS }).toEqual({ behindMs, isNear: true });
});

test("VLC begins live.m3u8 at the edge", async () => {
  const url = `${server.url}/cam/live.m3u8`;
  const { takenMs, complaints } = await playInVlc(url, [{ playSeconds: 8 }], { isWatched: true });
  expect(complaints).toEqual([]);
  expect(Date.now() - takenMs[0]!).toBeLessThan(NEAR_EDGE_VLC_MS);
});

test("the interval over the gap shows first what was taken before it, and then what came after", async () => {
  const now = Math.floor(Date.now() / 1000);
  const taken = await takenTimes(`${server.url}/cam/archive-${now - 4000}-3995.m3u8`);
  expect(taken.length).toBeGreaterThan(1000);
  expect(taken).toEqual(taken.toSorted((a, b) => a - b));
});
