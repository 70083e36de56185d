import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { buildApp } from "../../../src/app.ts";
import { parseSegmentHeader } from "../../../src/media/fmp4/segment.ts";
import { parseMediaPlaylist } from "../../../src/media/m3u8-parse.ts";
import { playlistFaults } from "../../support/m3u8-validator.ts";
import { Rig, rigParameters, type Camera } from "../archive/rig.ts";

let rig: Rig;
let camera: Camera;
let get: (path: string, init?: RequestInit) => Promise<Response>;

beforeEach(async () => {
  rig = await Rig.make();
  camera = rig.camera();
  const app = buildApp({
    playback: { footage: rig.archive, live: rig.archive, clock: rig.clock, segmentTargetMs: 2000 },
    hosts: { isLoopbackOnly: true },
  });
  get = (path, init) => Promise.resolve(app.handle(new Request(`http://localhost/front/${path}`, init)));
});

afterEach(() => rig[Symbol.asyncDispose]());

const list = async (query = "", init?: RequestInit): Promise<string> => {
  const response = await get(`live.m3u8?parts=1${query.replace("?", "&")}`, init);
  const text = await response.text();
  expect(`${response.status} ${text}`).toStartWith("200 #EXTM3U");
  return text;
};

/** Sends footage and waits for the segments that are whole then. */
async function send(seconds: number, segments: number): Promise<void> {
  for (let half = 0; half < seconds * 2; half += 1) {
    camera.send(0.5);
    await Bun.sleep(2);
  }
  await rig.stored(segments);
}

const hintOf = (text: string): string | undefined => /^#EXT-X-PRELOAD-HINT:.*URI="(.*)"$/m.exec(text)?.[1];
const partsOf = (text: string): string[] =>
  [...text.matchAll(/^#EXT-X-PART:.*URI="([^"]*)"/gm)].map((match) => match[1] ?? "");

/** Whether a promise is settled by now. */
const isSettled = async (promise: Promise<unknown>): Promise<boolean> => {
  const pending = Symbol("pending");
  await Bun.sleep(5);
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
};

describe("a live list with parts", () => {
  test("passes the validator at each step, and never takes back what it said", async () => {
    let before: string | undefined;
    await send(2.5, 1);
    for (let step = 0; step < 24; step += 1) {
      camera.send(0.5);
      for (const waitMs of [0, 4]) {
        await Bun.sleep(waitMs);
        const text = await list();
        expect(playlistFaults(text, before)).toEqual([]);
        before = text;
      }
    }
    expect(partsOf(before!).length).toBeGreaterThanOrEqual(30);
    expect(hintOf(before!)).toBeDefined();
  });

  test("goes on behind a gap, with the same init and with another", async () => {
    await send(5, 2);
    const lists = [await list()];
    for (const isWide of [false, true]) {
      await camera.recorder.close({ reason: "source-offline", detail: "" });
      lists.push(await list());
      expect(hintOf(lists.at(-1)!)).toBeUndefined();
      rig.clock.pass(20_000);
      camera = rig.camera("front", rigParameters(true, isWide));
      await send(5, isWide ? 8 : 5);
      lists.push(await list());
    }
    for (const [index, text] of lists.entries()) expect(playlistFaults(text, lists[index - 1])).toEqual([]);
    const { segments } = parseMediaPlaylist(lists.at(-1)!);
    expect(segments.filter(({ isDiscontinuity }) => isDiscontinuity).length).toBe(1);
    const last = partsOf(lists.at(-1)!).at(-1)!;
    const other = partsOf(lists[0]!).at(-1)!;
    expect(last.split("-")[0]).not.toBe(other.split("-")[0]);
  });

  test("is only for those who ask for it", async () => {
    await send(5, 2);
    for (const query of ["", "?parts=0"]) {
      const text = await (await get(`live.m3u8${query}`)).text();
      expect(text).not.toInclude("PART");
      expect(playlistFaults(text)).toEqual([]);
    }
    expect((await get("live.m3u8?parts=yes")).status).toBe(400);
  });

  test("VLC gets whole segments only", async () => {
    await send(5, 2);
    for (const init of [{ headers: { "user-agent": "VLC/3.0.24 LibVLC/3.0.24" } }, undefined]) {
      const text = await list(init ? "" : "?player=vlc", init);
      expect(text).not.toInclude("PART");
      expect(text).not.toInclude("SERVER-CONTROL");
    }
  });
});

describe("a reload that waits", () => {
  test("is answered when its part is there, with that part", async () => {
    await send(2.5, 1);
    const known = partsOf(await list()).length - 10;
    const waiting = list(`?_HLS_msn=1&_HLS_part=${known}`);
    expect(await isSettled(waiting)).toBe(false);
    camera.send(0.5);
    expect(partsOf(await waiting).length).toBeGreaterThan(10 + known);
  });

  test("what is there already is answered at once; without a part the whole segment is waited for", async () => {
    await send(5, 2);
    for (const query of ["?_HLS_msn=0", "?_HLS_msn=1&_HLS_part=3", "?_HLS_msn=2&_HLS_part=0"])
      expect(await isSettled(list(query))).toBe(true);
    const waiting = list("?_HLS_msn=2");
    camera.send(0.5);
    expect(await isSettled(waiting)).toBe(false);
    await send(1, 3);
    expect(parseMediaPlaylist(await waiting).segments.at(-1)!.mediaSequence).toBe(2);
  });

  test("a part behind the last one of a segment means the first one of the next", async () => {
    await send(4, 1);
    const waiting = list("?_HLS_msn=1&_HLS_part=10");
    expect(await isSettled(waiting)).toBe(false);
    camera.send(0.5);
    expect(partsOf(await waiting).at(-1)).toMatch(/-2-\d+\.m4s$/);
  });

  test("what is too far ahead, or no number, is refused", async () => {
    await send(5, 2);
    for (const query of ["_HLS_msn=4", "_HLS_msn=2&_HLS_part=99", "_HLS_part=1", "_HLS_msn=x", "_HLS_msn=-1"])
      expect(`${query} ${(await get(`live.m3u8?${query}`)).status}`).toBe(`${query} 400`);
    expect((await get("live.m3u8?_HLS_msn=4")).status).toBe(400);
    const nearest = list("?_HLS_msn=3");
    expect(await isSettled(nearest)).toBe(false);
    rig.clock.wake();
    await nearest;
  });

  test("is let go when the time is up, when the run ends, and when the reader leaves", async () => {
    await send(5, 2);
    const late = list("?_HLS_msn=3");
    expect(await isSettled(late)).toBe(false);
    rig.clock.wake();
    expect(parseMediaPlaylist(await late).segments.at(-1)!.mediaSequence).toBe(1);
    const leaving = new AbortController();
    const left = list("?_HLS_msn=3", { signal: leaving.signal });
    expect(await isSettled(left)).toBe(false);
    leaving.abort();
    expect(await isSettled(left)).toBe(true);
    const ended = list("?_HLS_msn=3");
    expect(await isSettled(ended)).toBe(false);
    await camera.recorder.close({ reason: "source-offline", detail: "" });
    expect(await isSettled(ended)).toBe(true);
    // Whoever asks now waits for the camera, not in a circle.
    const again = list("?_HLS_msn=3");
    expect(await isSettled(again)).toBe(false);
    rig.clock.wake();
    await again;
  });
});

describe("a part", () => {
  test("is served while it is listed, from memory and from the disk, with the same bytes", async () => {
    await send(4.5, 2);
    const uris = partsOf(await list());
    const bodies = new Map<string, Buffer>();
    for (const uri of uris) bodies.set(uri, Buffer.from(await (await get(uri)).arrayBuffer()));
    await send(3, 3);
    for (const [uri, body] of bodies) {
      const response = await get(uri);
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toBe("video/mp4");
      expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true);
      expect(parseSegmentHeader(body).video.samples.length).toBe(5);
    }
    const range = await get(uris[0]!, { headers: { range: "bytes=0-7" } });
    expect(range.status).toBe(206);
  });

  test("that was hinted at is waited for; no other one is", async () => {
    await send(4.5, 2);
    const text = await list();
    const hint = hintOf(text)!;
    const waiting = get(hint);
    expect(await isSettled(waiting)).toBe(false);
    camera.send(0.5);
    expect((await waiting).status).toBe(200);
    const [run] = hint.replace("part/", "").split("-");
    for (const name of [`${run}-9-0.m4s`, `${run}-2-40.m4s`, "x-2-0.m4s", "nonsense", `${run}-2-0.mp4`])
      expect(`${name} ${(await get(`part/${name}`)).status}`).toBe(`${name} 404`);
  });

  test("that never comes is a 404 as soon as that is known", async () => {
    await send(4.5, 2);
    const waiting = get(hintOf(await list())!);
    expect(await isSettled(waiting)).toBe(false);
    await camera.recorder.close({ reason: "source-offline", detail: "" });
    // What was left of the run had the beginning of this part.
    expect([200, 404]).toContain((await waiting).status);
    expect(hintOf(await list())).toBeUndefined();
  });
});
