import { afterAll, beforeAll, expect, test } from "bun:test";
import { emptyForm } from "../../src/cameras/form.ts";
import { sourceOf } from "../../src/cameras/given-source.ts";
import { testWords, type TestWords } from "../../src/cameras/test-words.ts";
import { CameraTests, type CameraTest } from "../../src/cameras/tests.ts";
import { errorText } from "../../src/platform/errors.ts";
import { systemClock } from "../../src/platform/system-clock.ts";
import { makeClip, type Clip } from "../rtsp/clip.ts";
import { GstServer } from "../rtsp/gst-server.ts";
import { OddServer, type Misbehaviour } from "../rtsp/odd-server.ts";
import { hlsClip } from "../support/hls-clip.ts";
import { HlsOrigin, LiveStream } from "../support/hls-origin.ts";
import { freePort } from "../support/ports.ts";
import { waitFor } from "../support/wait.ts";

const PASSWORD = "s3cret pass@word";
const closing = new AsyncDisposableStack();
let clip: Clip;
let slow: Clip;
let gst: GstServer;

beforeAll(async () => {
  [clip, slow, gst] = await Promise.all([
    makeClip({ seconds: 2, gopPictures: 25, aac: { rate: 48_000, channels: 2 } }),
    makeClip({ codec: "h265", seconds: 5, gopPictures: 125, aac: false }),
    GstServer.start({ mounts: { stream1: {} }, auth: { user: "cam", password: PASSWORD } }),
  ]);
  closing.use(gst);
}, 30_000);
afterAll(() => closing.disposeAsync());

async function odd(behaviour: Misbehaviour, of: Clip = clip): Promise<OddServer> {
  return closing.use(await OddServer.start(of, behaviour));
}

const tests = () => new CameraTests(systemClock());

async function tested(
  address: string,
  { user = "", password = "", signal = new AbortController().signal } = {},
): Promise<CameraTest> {
  const given = sourceOf({ ...emptyForm, address, user, password });
  if ("mistakes" in given) throw new Error(JSON.stringify(given.mistakes));
  return tests().run(given, true, signal);
}

async function words(address: string, login: { user?: string; password?: string } = {}): Promise<TestWords> {
  const found = testWords(await tested(address, login));
  expect(JSON.stringify(found)).not.toContain(PASSWORD);
  expect(JSON.stringify(found)).not.toContain(encodeURIComponent(PASSWORD));
  return found;
}

const fact = ({ facts }: TestWords, name: string) => facts.find((each) => each.name === name)?.value;

test.concurrent(
  "a camera is described, with its first picture",
  async () => {
    const server = await odd({ auth: { user: "cam", password: PASSWORD } });
    const found = await tested(`127.0.0.1:${server.port}/stream`, { user: "cam", password: PASSWORD });
    const said = testWords(found);
    expect(said).toMatchObject({ isGood: true, advice: [], hasPicture: true });
    expect(
      ["Video", "Picture", "Pictures a second", "Key frame every"].map((name) => fact(said, name)),
    ).toEqual(["H.264", `${clip.width} × ${clip.height}`, "25", "1 s"]);
    expect(fact(said, "Bit rate")).toMatch(/bit\/s$/);
    expect(fact(said, "Sound")).toBe("AAC, 48 kHz, stereo");
    const jpeg = "facts" in found.outcome ? found.outcome.jpeg : undefined;
    expect(Buffer.from(jpeg ?? []).toString("hex", 0, 2)).toBe("ffd8");
    await waitFor("the end of the connection", () => server.openConnections === 0);
    expect(JSON.stringify(said)).not.toContain("s3cret");
  },
  20_000,
);

test.concurrent(
  "few key frames, H.265 and no sound are advised on",
  async () => {
    const server = await odd({ sound: "none" }, slow);
    const said = await words(server.url());
    expect([said.isGood, said.hasPicture, fact(said, "Video"), fact(said, "Key frame every")]).toEqual([
      true,
      true,
      "H.265",
      "5 s",
    ]);
    expect(said.advice.map((line) => line.slice(0, 15))).toEqual([
      "A key frame com",
      "H.265 takes les",
      "No sound comes.",
    ]);
  },
  25_000,
);

test.concurrent(
  "with the host alone the usual paths are tried",
  async () => {
    const found = await tested(`127.0.0.1:${gst.port}`, { user: "cam", password: PASSWORD });
    expect(testWords(found).headline).toBe("The camera answers. Its stream was found under /stream1.");
    expect(found.given.text).toBe(`rtsp://cam:${encodeURIComponent(PASSWORD)}@127.0.0.1:${gst.port}/stream1`);
  },
  20_000,
);

test.concurrent(
  "a wrong password ends the search for a path at once",
  async () => {
    const server = await odd({ auth: { user: "cam", password: PASSWORD } });
    const said = await words(`127.0.0.1:${server.port}`, { user: "cam", password: "wrong" });
    expect(said).toMatchObject({
      isGood: false,
      headline: expect.stringContaining("refused the user name or password"),
    });
    expect(server.counts.connections).toBe(1);
  },
  20_000,
);

test.concurrent.each<[string, () => Promise<string>, string]>([
  [
    "no such path",
    async () => (await odd({ describeStatus: "404 Not Found" })).url(),
    "no stream under this path",
  ],
  [
    "too many viewers",
    async () => (await odd({ setupStatus: "453 Not Enough Bandwidth" })).url(),
    "takes no more viewers",
  ],
  [
    "another codec",
    async () => (await odd({ announceMjpeg: true })).url(),
    "can't be recorded: it sends pictures in mjpeg",
  ],
  ["nothing listens", async () => `127.0.0.1:${await freePort()}/x`, "refused the connection"],
  ["no such host", async () => "no-such-host.invalid", "There is no machine called no-such-host.invalid"],
  [
    "a web server",
    async () => {
      const web = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("<html>") });
      closing.defer(() => web.stop(true));
      return `rtsp://127.0.0.1:${web.port}/x`;
    },
    "not a camera's stream",
  ],
])(
  "%s has its own sentence",
  async (_, address, sentence) => {
    const said = await words(await address(), { user: "cam", password: PASSWORD });
    expect(said).toMatchObject({ isGood: false, headline: expect.stringContaining(sentence) });
  },
  20_000,
);

test.concurrent(
  "whoever leaves ends the test",
  async () => {
    const server = await odd({ silent: true });
    const leave = new AbortController();
    const running = tested(server.url(), { signal: leave.signal });
    await waitFor("the connection", () => server.openConnections === 1);
    leave.abort();
    const startMs = performance.now();
    await running;
    expect(performance.now() - startMs).toBeLessThan(3000);
    await waitFor("the end of the connection", () => server.openConnections === 0);
  },
  20_000,
);

test.concurrent(
  "more than three at once are told to wait",
  async () => {
    const server = await odd({ silent: true });
    const leave = new AbortController();
    const shared = tests();
    const given = sourceOf({ ...emptyForm, address: server.url() });
    if ("mistakes" in given) throw new Error("refused");
    const running = [1, 2, 3].map(() => shared.run(given, true, leave.signal));
    const refused = await shared.run(given, true, leave.signal).catch(errorText);
    expect(refused).toContain("3 cameras are being tested already");
    leave.abort();
    await Promise.all(running);
  },
  20_000,
);

test.concurrent.each(["ts", "fmp4"] as const)(
  "a stream of %s is described, with its first picture",
  async (kind) => {
    const origin = closing.use(HlsOrigin.start());
    const stream = new LiveStream({
      clip: await hlsClip({ kind, count: 30, size: "160x120" }),
      msPerSecond: 250,
    });
    stream.begin(3);
    origin.on("/live/", stream.handler);
    const found = await tested(`${origin.url}/live/live.m3u8`);
    expect(testWords(found)).toMatchObject({ isGood: true, hasPicture: true });
    const jpeg = "kept" in found.outcome ? found.outcome.jpeg : undefined;
    expect([...(jpeg?.subarray(0, 2) ?? [])]).toEqual([0xff, 0xd8]);
  },
);
