import { beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { demoSource } from "../../src/capture/demo.ts";
import { ExecSource } from "../../src/capture/ffmpeg/exec-source.ts";
import { systemClock } from "../../src/platform/system-clock.ts";
import { makeClip, type Clip } from "../rtsp/clip.ts";
import { OddServer, type Misbehaviour } from "../rtsp/odd-server.ts";
import { waitFor } from "../support/wait.ts";
import { camera, clipIndices, pictures, runSource, type CollectingSink } from "./capture-support.ts";

let plain: Clip;
let reordered: Clip;
let h265: Clip;
let larger: Clip;
let longGop: Clip;

beforeAll(async () => {
  [plain, reordered, h265, larger, longGop] = await Promise.all([
    makeClip(),
    makeClip({ bFrames: 2, gopPictures: 50, aac: { rate: 16_000, channels: 1 } }),
    makeClip({ codec: "h265", aac: false }),
    makeClip({ width: 640, height: 360 }),
    makeClip({ gopPictures: 250, seconds: 10, fps: 50 }),
  ]);
}, 30_000);

/** What nothing comes of is given up after 15 s: what takes less than this from the first connection is not that. */
const LONG_WAIT_SECONDS = 12;

/**
 * Records a misbehaving camera until it ends, or until there are so many pictures. Its `seconds` count from the first
 * connection: how long a program needs to start is the machine's business.
 */
async function record(clip: Clip, behaviour: Misbehaviour, stop = pictures(60)) {
  await using server = await OddServer.start(clip, behaviour);
  const { sink, end, endedAtMs } = await runSource(camera(server.url()), stop);
  // What was said last on a connection is read before its end.
  await waitFor("the end of the connections", () => server.openConnections === 0);
  const seconds = (endedAtMs - (server.acceptedAtMs[0] ?? Number.NaN)) / 1000;
  return { sink, end, seconds, counts: { ...server.counts } };
}

/** The pictures are the clip's, in the order in which they were sent, and none is missing between them. */
function expectNoHole(clip: Clip, sink: CollectingSink, atLeast: number): void {
  const indices = clipIndices(clip, sink.video);
  expect(indices.length).toBeGreaterThanOrEqual(atLeast);
  expect(indices).toEqual(indices.map((_, at) => ((indices[0] ?? 0) + at) % clip.pictures.length));
  const frameTicks = 90_000 / clip.fps;
  for (const { durationTicks } of sink.video)
    expect(Math.abs(durationTicks - frameTicks)).toBeLessThanOrEqual(2);
  expect(sink.video[0]).toMatchObject({ decodeTicks: 0, presentTicks: 0, isKey: true });
}

describe("a camera is recorded whole", () => {
  test.concurrent("H.264 with AAC", async () => {
    const { sink, end, counts } = await record(plain, {});
    expect(end.reason).toBe("stopped");
    expectNoHole(plain, sink, 60);
    expect(sink.parameters?.video).toMatchObject({
      codec: "h264",
      width: 320,
      height: 240,
      timescale: 90_000,
    });
    expect(sink.parameters?.audio).toMatchObject({ timescale: 48_000, channelCount: 2, frameTicks: 1024 });
    expect(sink.audio[0]?.decodeTicks).toBeWithin(-1024, 1025);
    expect(sink.audio.length).toBeGreaterThan(100);
    expect(counts.connections).toBe(1);
  });

  test.concurrent("with B-frames, joined in the middle of a GOP, sound at its true offset", async () => {
    const { sink } = await record(reordered, { firstPicture: 40, soundOffsetMs: 250 });
    expectNoHole(reordered, sink, 60);
    // The first key picture comes 400 ms after the connection, the first whole sound frame at or after it.
    const offsetMs = ((sink.audio[0]?.decodeTicks ?? 0) * 1000) / 16_000;
    const frameMs = (1024 * 1000) / 16_000;
    const frames = Math.round((offsetMs + 400 - 250) / frameMs);
    expect(Math.abs(offsetMs - (frames * frameMs + 250 - 400))).toBeLessThan(3);
    expect(sink.parameters?.audio).toMatchObject({ timescale: 16_000, channelCount: 1 });
  });

  test.concurrent("sound that begins later than the picture by 300 ms", async () => {
    const { sink } = await record(plain, { soundOffsetMs: 300 });
    expect(Math.abs((sink.audio[0]?.decodeTicks ?? 0) / 48 - 300)).toBeLessThan(3);
    expectNoHole(plain, sink, 60);
  });

  test.concurrent("H.265 without sound", async () => {
    const { sink } = await record(h265, {});
    expectNoHole(h265, sink, 60);
    expect(sink.parameters?.video.parameterSets.length).toBe(3);
    expect(sink.parameters?.audio).toBeUndefined();
  });

  test.concurrent("A-law becomes AAC, on a second connection after the first was closed", async () => {
    const { sink, counts } = await record(plain, { sound: "alaw" });
    expectNoHole(plain, sink, 60);
    expect(sink.parameters?.audio).toMatchObject({ timescale: 48_000, channelCount: 1 });
    expect(sink.audio.length).toBeGreaterThan(90);
    expect(counts).toMatchObject({ connections: 2, mostOpenAtPlay: 1 });
  });

  test.concurrent("sound that is not wanted is not recorded", async () => {
    await using server = await OddServer.start(plain, {});
    const { sink } = await runSource(camera(server.url(), false), pictures(30));
    expect(sink.parameters?.audio).toBeUndefined();
    expect(sink.audio).toEqual([]);
  });

  test.concurrent("no parameter sets in the SDP", async () => {
    const { sink } = await record(plain, { noParameterSets: true });
    expectNoHole(plain, sink, 60);
  });

  test.concurrent(
    "no parameter sets in the SDP, and a key picture only seconds later",
    async () => {
      const { sink, counts } = await record(
        longGop,
        { noParameterSets: true, firstPicture: 100 },
        pictures(10),
      );
      expectNoHole(longGop, sink, 10);
      expect(counts.connections).toBe(2);
    },
    60_000,
  );

  test.concurrent("a GOP of five seconds comes in fragments of half a second", async () => {
    const { sink } = await record(longGop, {}, pictures(150));
    const lengths = sink.fragments.map(({ samples }) => samples.length);
    // The first one is written when the first of the sound has come, too.
    expect({ lengths, longest: Math.max(...lengths.slice(1)) <= 30 }).toEqual({ lengths, longest: true });
  });
});

describe("sound that does not keep its word", () => {
  test.concurrent(
    "announced and never sent: the pictures come, at once the next time",
    async () => {
      await using server = await OddServer.start(plain, { sound: "announced-only" });
      const source = camera(server.url());
      const first = await runSource(source, pictures(20));
      const [acceptedAtMs = Number.NaN] = server.acceptedAtMs;
      expectNoHole(plain, first.sink, 20);
      expect(first.sink.parameters?.audio?.codecString).toBe("mp4a.40.2");
      expect(first.endedAtMs - acceptedAtMs).toBeLessThan(LONG_WAIT_SECONDS * 1000);
      expect(server.counts.connections).toBe(2);
      const next = await runSource(source, pictures(20));
      expect(server.counts.connections).toBe(3);
      expect(next.endedAtMs - (server.acceptedAtMs[2] ?? Number.NaN)).toBeLessThan(LONG_WAIT_SECONDS * 1000);
    },
    60_000,
  );

  test.concurrent(
    "late",
    async () => {
      const { sink } = await record(
        plain,
        { soundFromMs: 5000 },
        { afterMs: 15_000, until: (got) => got.audio.length > 40 },
      );
      expectNoHole(plain, sink, 60);
      const { decodeTicks = 0 } = sink.audio[0] ?? {};
      // Frame 235 is the first that is due after 5 s; the second session began with the picture at 0.
      expect(Math.abs(decodeTicks - 235 * 1024)).toBeLessThan(150);
    },
    60_000,
  );

  test.concurrent(
    "A-law announced and never sent: recorded without sound",
    async () => {
      await using server = await OddServer.start(plain, { sound: "alaw", soundFromMs: 60_000 });
      const { sink } = await runSource(camera(server.url()), pictures(20));
      expectNoHole(plain, sink, 20);
      expect(sink.parameters?.audio).toBeUndefined();
    },
    60_000,
  );

  test.concurrent("stops in the middle", async () => {
    const { sink } = await record(plain, { soundUntilMs: 2000 }, pictures(120));
    expectNoHole(plain, sink, 120);
    expect(sink.audio.length).toBeWithin(85, 100);
  });
});

describe("a run ends with its reason", () => {
  const refusals: [string, Misbehaviour, object][] = [
    ["a wrong password", { auth: { user: "u", password: "x" } }, { reason: "source-auth", retry: "rarely" }],
    ["no such path", { describeStatus: "404 Not Found" }, { reason: "source-refused", retry: "later" }],
    ["one client too many", { setupStatus: "453 Not Enough Bandwidth" }, { reason: "source-refused" }],
    ["Motion JPEG", { announceMjpeg: true }, { reason: "source-unsupported", retry: "rarely" }],
  ];
  for (const [name, behaviour, wanted] of refusals) {
    test.concurrent(name, async () => {
      const { end, sink, seconds } = await record(plain, behaviour);
      expect(end).toMatchObject(wanted);
      expect(sink.parameters).toBeUndefined();
      expect(seconds).toBeLessThan(LONG_WAIT_SECONDS);
    });
  }

  test.concurrent("nobody listens", async () => {
    const server = await OddServer.start(plain, {});
    const url = server.url();
    await server[Symbol.asyncDispose]();
    expect((await runSource(camera(url), pictures(1))).end.reason).toBe("source-offline");
  });

  for (const behaviour of [{ silent: true }, { garbage: true }]) {
    test.concurrent(
      `${Object.keys(behaviour)[0]}: given up after 15 s`,
      async () => {
        // Time in which this program itself stands still does not count: it is told by quarters of a second, as here.
        let quarters = 0;
        const counting = new AbortController();
        void (async () => {
          for (; !counting.signal.aborted; quarters += 1) await Bun.sleep(250);
        })();
        const { end } = await record(plain, behaviour, pictures(1, 60_000));
        counting.abort();
        expect(end).toMatchObject({ reason: "source-stalled", retry: "later" });
        expect(quarters).toBeWithin(4 * 14, 4 * 18);
      },
      60_000,
    );
  }

  test.concurrent("the connection is closed", async () => {
    const { end, sink } = await record(plain, { closeAfterMs: 2500 }, pictures(500));
    expect(end).toMatchObject({ reason: "source-offline", retry: "later" });
    expectNoHole(plain, sink, 55);
  });

  test.concurrent("the connection is cut in the middle of a picture, which is not recorded", async () => {
    const { end, sink, counts } = await record(plain, { cutInPictureAfterMs: 2500 }, pictures(500));
    expect(end.reason).toBe("source-offline");
    expectNoHole(plain, sink, 55);
    expect(sink.video.length).toBeLessThanOrEqual(counts.pictures);
  });

  test.concurrent("time goes back", async () => {
    const { end, sink } = await record(plain, { timeJump: { afterMs: 2500, byMs: -2000 } }, pictures(500));
    expect(end).toMatchObject({ reason: "time-jumped", retry: "now" });
    expectNoHole(plain, sink, 58);
    expect(sink.video.length).toBeLessThanOrEqual(63);
  });

  test.concurrent("time jumps forward by a minute", async () => {
    const { end, sink } = await record(plain, { timeJump: { afterMs: 2500, byMs: 60_000 } }, pictures(500));
    expect(end).toMatchObject({ reason: "time-jumped", retry: "now" });
    expectNoHole(plain, sink, 58);
    expect(sink.video.length).toBeLessThanOrEqual(63);
  });

  test.concurrent("the size of the picture changes", async () => {
    const { end, sink } = await record(plain, { switchClip: { afterMs: 2500, clip: larger } }, pictures(500));
    expect(end).toMatchObject({ reason: "init-changed", retry: "now" });
    expectNoHole(plain, sink, 75);
    expect(sink.video.length).toBe(75);
  });
});

/** Command lines of all descendants of this process. */
function descendants(): { pid: number; commandLine: string }[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
    } catch {
      continue;
    }
  }
  const isOurs = (pid: number): boolean => {
    for (
      let at: number | undefined = parents.get(pid), depth = 0;
      at !== undefined && depth < 20;
      depth += 1
    ) {
      if (at === process.pid) return true;
      at = parents.get(at);
    }
    return false;
  };
  return [...parents.keys()].filter(isOurs).map((pid) => {
    try {
      return { pid, commandLine: readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ") };
    } catch {
      return { pid, commandLine: "" };
    }
  });
}

describe("processes", () => {
  test("no password in any command line, with Digest and odd characters", async () => {
    await using server = await OddServer.start(plain, { auth: { user: "ad min", password: "p@s:s/%'x" } });
    const url = server.url("ad%20min:p%40s%3As%2F%25%27x");
    const seen: string[] = [];
    const { sink } = await runSource(camera(url), {
      afterMs: 10_000,
      until: (got) => {
        seen.push(...descendants().map(({ commandLine }) => commandLine));
        return got.video.length >= 10;
      },
    });
    expect(sink.video.length).toBeGreaterThanOrEqual(10);
    expect(seen.some((line) => line.startsWith("ffmpeg"))).toBe(true);
    for (const line of seen) expect(line).not.toMatch(/p%40s|p@s|127\.0\.0\.1/);
  });

  test("a camera is told that it may stop", async () => {
    // Closing a connection on which more has come than was read drops what was said last: here little comes.
    const slow = await makeClip({ fps: 4, gopPictures: 4, seconds: 4, aac: false });
    const { counts } = await record(slow, {}, pictures(4));
    expect(counts).toMatchObject({ connections: 1, teardowns: 1 });
  });

  test("a camera that hangs is let go within two seconds, and no process stays", async () => {
    await using server = await OddServer.start(plain, { silentAfterMs: 1500 });
    const controller = new AbortController();
    let got = 0;
    const sink = { begin: () => {}, fragment: () => void (got += 1) };
    const running = camera(server.url()).run(sink, controller.signal);
    await waitFor("pictures, and then none any more", async () => {
      const { pictures: sent } = server.counts;
      await Bun.sleep(500);
      return got > 0 && server.counts.pictures === sent;
    });
    const started = performance.now();
    controller.abort({ reason: "source-stalled", detail: "no picture", retry: "later" });
    expect(await running).toEqual({ reason: "source-stalled", detail: "no picture", retry: "later" });
    expect(performance.now() - started).toBeLessThan(2000);
    expect(descendants().filter(({ commandLine }) => commandLine.startsWith("ffmpeg"))).toEqual([]);
  });
});

describe("sources without a network", () => {
  const clock = systemClock();
  const encoder = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "20"];
  const lavfi = (rate: number) => [
    "ffmpeg",
    "-v",
    "error",
    "-re",
    "-f",
    "lavfi",
    "-i",
    `testsrc2=s=320x240:r=${rate}`,
  ];

  test.concurrent("a demo camera, at its own pace", async () => {
    const { sink, seconds } = await runSource(demoSource("sync", { withSound: true, clock }), pictures(75));
    expect(seconds).toBeWithin(2.5, 8);
    expect(sink.parameters?.video).toMatchObject({ width: 640, height: 360 });
    expect(sink.audio[0]?.decodeTicks).toBe(0);
    expect(sink.video.filter(({ isKey }) => isKey).map(({ presentTicks }) => presentTicks % 180_000)).toEqual(
      [0, 0],
    );
  });

  test.concurrent("a program that writes MPEG-TS", async () => {
    const argv = [...lavfi(20), "-f", "lavfi", "-i", "sine", ...encoder, "-c:a", "aac", "-f", "mpegts", "-"];
    const { sink } = await runSource(new ExecSource({ argv, withSound: true, clock }), pictures(40));
    expect(sink.video.length).toBeGreaterThanOrEqual(40);
    expect(sink.parameters?.audio?.timescale).toBe(44_100);
    expect(sink.audio.length).toBeGreaterThan(60);
  });

  test.concurrent("a program that writes raw H.264 gets the times of arrival", async () => {
    const argv = [...lavfi(20), ...encoder, "-f", "h264", "-"];
    // Long enough for the first or the last to come late by a fifth of a second.
    const { sink } = await runSource(new ExecSource({ argv, withSound: true, clock }), pictures(80));
    const last = sink.video.at(-1)?.decodeTicks ?? 0;
    expect(last / (sink.video.length - 1)).toBeWithin(4200, 4800);
  });

  test.concurrent("a program that ends, and one that is not there", async () => {
    const ending = new ExecSource({
      argv: ["sh", "-c", "echo no camera >&2; exit 7"],
      withSound: true,
      clock,
    });
    expect((await runSource(ending, pictures(1))).end).toEqual({
      reason: "source-offline",
      detail: "sh ended with exit code 7: no camera",
      retry: "later",
    });
    const missing = new ExecSource({ argv: ["no-such-program"], withSound: true, clock });
    expect((await runSource(missing, pictures(1))).end).toMatchObject({
      reason: "source-unsupported",
      retry: "later",
    });
  });
});
