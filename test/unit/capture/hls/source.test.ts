import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { SecretText } from "../../../../src/config/secret-text.ts";
import type { SourceEnd } from "../../../../src/capture/source.ts";
import { hlsClip, type HlsClip } from "../../../support/hls-clip.ts";
import { HlsOrigin, LiveStream, never, type LiveOptions } from "../../../support/hls-origin.ts";
import { waitFor } from "../../../support/wait.ts";
import { KeptRecord, sourceOf } from "./kept-record.ts";

const FAST = { msPerSecond: 250, window: 12 };
const KEY = new Uint8Array(16).map((_, index) => index * 7);

/** All places from the first to the last, each once. */
const inARow = (places: readonly number[]): boolean =>
  places.length > 0 && places.every((place, index) => place === (places[0] ?? 0) + index);

describe("a source that is pulled", () => {
  let origin: HlsOrigin;
  let ts: HlsClip;
  let fmp4: HlsClip;
  let small: HlsClip;

  beforeAll(async () => {
    origin = HlsOrigin.start();
    [ts, fmp4, small] = await Promise.all([
      hlsClip({ kind: "ts", count: 60 }),
      hlsClip({ kind: "fmp4", count: 60 }),
      hlsClip({ kind: "ts", count: 60, size: "160x120" }),
    ]);
  });
  afterAll(() => origin.close());

  let names = 0;

  /** Puts a stream on the origin; returns its address. */
  function publish(options: LiveOptions): { stream: LiveStream; address: string; front: string } {
    const front = `/s${(names += 1)}/`;
    const stream = new LiveStream(options);
    stream.begin(3);
    origin.on(front, stream.handler);
    return { stream, front, address: `${origin.url}${front}live.m3u8` };
  }

  /** Pulls until `isEnough`, or until the source ends. */
  async function pull(
    address: string,
    isEnough: (record: KeptRecord) => boolean,
    record = new KeptRecord(),
    options: Parameters<typeof sourceOf>[1] = {},
  ): Promise<{ record: KeptRecord; end: SourceEnd }> {
    const stop = new AbortController();
    const running = sourceOf(address, options).run(record, stop.signal);
    let end: SourceEnd | undefined;
    void running.then((ended) => (end = ended));
    await waitFor(`enough of ${address}`, () => end !== undefined || isEnough(record), {
      timeoutMs: 12_000,
      everyMs: 20,
    });
    stop.abort({ reason: "stopped", detail: "enough", retry: "later" } satisfies SourceEnd);
    const ended = await running;
    await record.endKept(ended);
    return { record, end: ended };
  }

  const many = (record: KeptRecord): boolean => record.segments.length >= 14;

  const forms: { name: string; options: () => LiveOptions }[] = [
    { name: "MPEG-TS", options: () => ({ clip: ts, ...FAST }) },
    { name: "fragmented MP4", options: () => ({ clip: fmp4, ...FAST }) },
    { name: "AES-128, by the number", options: () => ({ clip: ts, key: KEY, firstNumber: 77, ...FAST }) },
    { name: "AES-128 with an IV", options: () => ({ clip: ts, key: KEY, hasIv: true, ...FAST }) },
    { name: "byte ranges of one file", options: () => ({ clip: ts, isOneFile: true, ...FAST }) },
    { name: "byte ranges of fragmented MP4", options: () => ({ clip: fmp4, isOneFile: true, ...FAST }) },
    {
      name: "tokens that change with each list",
      options: () => ({ clip: fmp4, query: () => `?token=${Math.random()}`, ...FAST }),
    },
  ];

  test.concurrent.each(forms)("$name: every segment once, in order, as it is", async ({ options }) => {
    const given = options();
    const { record, end } = await pull(publish(given).address, many);
    expect(end).toMatchObject({ reason: "stopped", detail: "enough" });
    expect(record.placesIn(given.clip)).toSatisfy(inARow);
    expect(record.runs).toHaveLength(1);
    const [run] = record.runs;
    expect(run?.start.parameters.format).toBe(given.clip.init ? "fmp4" : "ts");
    if (given.clip.init)
      expect(Buffer.from(run?.start.parameters.init ?? [])).toEqual(Buffer.from(given.clip.init));
    const starts = record.segments.map(({ startMs }) => startMs);
    const first = starts[0] ?? 0;
    for (const [index, startMs] of starts.entries())
      expect(Math.abs(startMs - first - index * 1000)).toBeLessThan(20);
  });

  test.concurrent("a key is fetched once", async () => {
    const { address, front } = publish({ clip: ts, key: KEY, ...FAST });
    await pull(address, many);
    expect(origin.count(`${front}key`)).toBe(1);
  });

  test.concurrent("its dates are kept to the millisecond", async () => {
    const datedMs = Date.now() - 3_000_123;
    const { record } = await pull(publish({ clip: ts, datedMs, ...FAST }).address, many);
    const [first = 0] = record.placesIn(ts);
    expect(record.segments.map(({ startMs }) => startMs)).toEqual(
      record.segments.map((_, index) => datedMs + (first + index) * 1000),
    );
    expect(record.runs[0]?.start.isDatedBySource).toBe(true);
  });

  test.concurrent("a restart: the window is fetched, and what is known of it is passed over", async () => {
    const { address } = publish({ clip: ts, ...FAST, window: 20 });
    const { record } = await pull(address, (got) => got.segments.length >= 6);
    const before = record.segments.at(-1);
    await pull(address, (got) => got.segments.length >= 16, record);
    expect(record.placesIn(ts)).toSatisfy(inARow);
    expect(record.runs.map(({ start }) => start.isContinuation)).toEqual([false, true]);
    const next = record.runs[1]?.segments[0];
    expect(Math.abs((next?.startMs ?? 0) - (before?.startMs ?? 0) - 1000)).toBeLessThanOrEqual(1);
  });

  test.concurrent("a marked gap ends the run as source-gap, and the next begins behind it", async () => {
    const { record } = await pull(publish({ clip: ts, gaps: [6], ...FAST }).address, many);
    expect(record.placesIn(ts)).toEqual(
      [...Array(record.segments.length + 1).keys()].filter((place) => place !== 6),
    );
    expect(record.runs.map(({ end }) => end?.reason)).toEqual(["source-gap", "stopped"]);
    const [a, b] = record.runs;
    expect((b?.segments[0]?.startMs ?? 0) - (a?.segments.at(-1)?.startMs ?? 0)).toBeWithin(1990, 2010);
  });

  test.concurrent("a segment that can't be had is tried until it leaves the list", async () => {
    const { address, front } = publish({ clip: ts, ...FAST, window: 8 });
    const bad = `${front}s5-5.ts`;
    let tries = 0;
    origin.on(bad, () => {
      tries += 1;
      return new Response("", { status: 500 });
    });
    // The handler of the whole stream was there first.
    origin.first(bad);
    const { record } = await pull(address, many);
    expect(tries).toBeGreaterThan(1);
    expect(record.placesIn(ts)).not.toContain(5);
    expect(record.runs[0]?.end).toMatchObject({
      reason: "source-gap",
      detail: expect.stringContaining("answered 500"),
    });
    expect(record.placesIn(ts).slice(0, 7)).toEqual([0, 1, 2, 3, 4, 6, 7]);
  });

  test.concurrent(
    "a source that begins anew with its numbers and names: nothing twice, nothing missing",
    async () => {
      const { address, front } = publish({ clip: ts, ...FAST });
      const record = new KeptRecord();
      const again = new LiveStream({ clip: small, ...FAST });
      const restart = async () => {
        await waitFor("some segments", () => record.segments.length >= 8, { timeoutMs: 12_000 });
        again.begin(2);
        origin.on(front, again.handler);
      };
      await Promise.all([restart(), pull(address, (got) => got.segments.length >= 20, record)]);
      expect(record.runs.map(({ end }) => end?.reason).slice(0, -1)).toEqual(["init-changed"]);
      const [first, second] = record.runs.map((run) => Object.assign(new KeptRecord(), { runs: [run] }));
      expect(first?.placesIn(ts) ?? []).toSatisfy(inARow);
      const places = second?.placesIn(small) ?? [];
      expect(places[0]).toBe(0);
      expect(places).toSatisfy(inARow);
    },
  );

  test.concurrent("caches that give an old list now and then: nothing twice, nothing missing", async () => {
    const { address, stream, front } = publish({ clip: ts, ...FAST });
    const lists: string[] = [];
    origin.on(`${front}live.m3u8`, () => {
      lists.push(stream.list());
      return new Response(lists.length % 3 === 0 ? lists.at(-3) : lists.at(-1));
    });
    origin.first(`${front}live.m3u8`);
    const record = new KeptRecord();
    await pull(address, (got) => got.segments.length >= 10, record);
    await pull(address, (got) => got.segments.length >= 20, record);
    expect(record.placesIn(ts)).toSatisfy(inARow);
  });

  test.concurrent("an origin that goes away for a moment costs nothing", async () => {
    await using other = HlsOrigin.start("127.0.0.2");
    const stream = new LiveStream({ clip: ts, ...FAST, window: 30 });
    stream.begin(3);
    other.on("/", stream.handler);
    const record = new KeptRecord();
    const flap = async () => {
      await waitFor("some segments", () => record.segments.length >= 5);
      await other.close();
      await Bun.sleep(1500);
      other.open();
    };
    await Promise.all([flap(), pull(`${other.url}/live.m3u8`, (got) => got.segments.length >= 22, record)]);
    expect(record.placesIn(ts)).toSatisfy(inARow);
    expect(record.runs).toHaveLength(1);
  });

  test.concurrent("a list that ends: recorded to its end, and not again", async () => {
    const { address, stream, front } = publish({ clip: ts, ...FAST });
    stream.freeze();
    stream.isEnded = true;
    const record = new KeptRecord();
    const source = sourceOf(address);
    const signal = new AbortController().signal;
    const end = await source.run(record, signal);
    expect(end).toMatchObject({ reason: "source-stalled", retry: "rarely" });
    expect(record.placesIn(ts)).toEqual([0, 1, 2]);
    const asked = origin.asked.filter(({ path }) => path.startsWith(front)).length;
    expect((await source.run(record, signal)).retry).toBe("rarely");
    expect(origin.asked.filter(({ path }) => path.startsWith(front))).toHaveLength(asked + 1);
    expect(await sourceOf(address).run(record, signal)).toMatchObject({ retry: "rarely" });
    expect(record.segments).toHaveLength(3);
  });

  const variants = [
    { name: "the highest by default", variant: undefined, clip: () => ts },
    { name: "the lowest", variant: "lowest" as const, clip: () => small },
    { name: "the best within a bandwidth", variant: { maxBps: 500_000 }, clip: () => small },
    { name: "the best within a height", variant: { maxHeight: 480 }, clip: () => ts },
  ];
  test.concurrent.each(variants)("of variants $name", async ({ variant, clip }) => {
    const large = publish({ clip: ts, ...FAST });
    const little = publish({ clip: small, ...FAST });
    const path = `/m${(names += 1)}/master.m3u8`;
    const text =
      `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=400000,RESOLUTION=160x120,CODECS="avc1.42c00b,mp4a.40.2"\n..${little.front}live.m3u8\n` +
      `#EXT-X-STREAM-INF:BANDWIDTH=900000,RESOLUTION=320x240\n${large.address}\n` +
      `#EXT-X-STREAM-INF:BANDWIDTH=9000,CODECS="mp4a.40.2"\nsound.m3u8\n`;
    origin.on(path, () => new Response(text));
    const options = variant === undefined ? {} : { variant };
    const { record } = await pull(
      origin.url + path,
      (got) => got.segments.length > 3,
      new KeptRecord(),
      options,
    );
    expect(record.placesIn(clip())).toSatisfy(inARow);
  });

  test.concurrent("sound in segments of its own: by ffmpeg, the chosen variant alone", async () => {
    const path = `/m${(names += 1)}`;
    const [silent, heard] = await Promise.all([
      hlsClip({ kind: "ts", count: 40, size: "160x120", tracks: "pictures" }),
      hlsClip({ kind: "ts", count: 40, tracks: "sound" }),
    ]);
    const [little, large] = [publish({ clip: silent, ...FAST }), publish({ clip: ts, ...FAST })];
    const { address: soundAddress } = publish({ clip: heard, ...FAST });
    const sound = `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="g",NAME="n",URI="${soundAddress}"\n`;
    const variant = (bps: number, address: string) =>
      `#EXT-X-STREAM-INF:BANDWIDTH=${bps},AUDIO="g"\n${address}\n`;
    origin.on(
      path,
      () => new Response(`#EXTM3U\n${sound}${variant(2, large.address)}${variant(1, little.address)}`),
    );
    const address = `${origin.url}${path}/master.m3u8`;
    const options = { variant: "lowest" as const };
    const { record } = await pull(address, (got) => got.camera !== undefined, new KeptRecord(), options);
    expect(record.camera).toEqual({ codecs: ["h264", "aac"], width: 160 });
    expect(record.runs).toEqual([]);
    expect(origin.count(`${large.front}live.m3u8`)).toBe(0);
  });

  test.concurrent(
    "such a source gets its headers, password and cookies, and no other host does",
    async () => {
      await using own = HlsOrigin.start();
      await using other = HlsOrigin.start("127.0.0.2");
      const [silent, heard] = await Promise.all([
        hlsClip({ kind: "fmp4", count: 40, size: "160x120", tracks: "pictures" }),
        hlsClip({ kind: "ts", count: 40, tracks: "sound" }),
      ]);
      const [pictures, sound] = [
        new LiveStream({ clip: silent, ...FAST }),
        new LiveStream({ clip: heard, ...FAST }),
      ];
      for (const stream of [pictures, sound]) stream.begin(3);
      other.on("/sound/", sound.handler);
      const head = `#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="g",NAME="n",URI="${other.url}/sound/live.m3u8"\n`;
      own.on("/", (request, url) => {
        const { headers } = request;
        if (headers.get("x-key") !== "SECRET" || headers.get("authorization") !== `Basic ${btoa("me:PASS")}`)
          return new Response("", { status: 401 });
        if (url.pathname === "/master.m3u8")
          return new Response(`${head}#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="g"\npictures/live.m3u8\n`, {
            headers: { "set-cookie": "session=COOKIE; Path=/" },
          });
        if (headers.get("cookie") !== "session=COOKIE") return new Response("", { status: 403 });
        return pictures.handler(request, new URL(`${url.origin}${url.pathname}`));
      });
      const address = `${own.url.replace("://", "://me:PASS@")}/master.m3u8`;
      const { record } = await pull(address, (got) => got.camera !== undefined, new KeptRecord(), {
        headers: new Map([["X-Key", new SecretText("SECRET", "…")]]),
      });
      expect(record.camera).toEqual({ codecs: ["h264", "aac"], width: 160 });
      expect(own.asked.some(({ path }) => path.endsWith(".m4s"))).toBe(true);
      expect(other.asked.length).toBeGreaterThan(1);
      for (const { headers } of other.asked)
        expect([headers.get("x-key"), headers.get("authorization"), headers.get("cookie")]).toEqual([
          null,
          null,
          null,
        ]);
    },
  );

  const ends: { name: string; answer: () => Response | Promise<Response>; end: Partial<SourceEnd> }[] = [
    {
      name: "401",
      answer: () => new Response("", { status: 401 }),
      end: { reason: "source-auth", retry: "rarely" },
    },
    {
      name: "404",
      answer: () => new Response("", { status: 404 }),
      end: { reason: "source-refused", retry: "later" },
    },
    {
      name: "503",
      answer: () => new Response("", { status: 503 }),
      end: { reason: "source-offline", retry: "later" },
    },
    {
      name: "a page",
      answer: () => new Response("<html>token=abc"),
      end: { reason: "source-broken", detail: "what it sent is no HLS playlist (line 1: wanted: #EXTM3U)" },
    },
    {
      name: "SAMPLE-AES",
      answer: () =>
        new Response(
          `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-KEY:METHOD=SAMPLE-AES,URI="k"\n#EXTINF:2,\na.ts\n`,
        ),
      end: {
        reason: "source-unsupported",
        retry: "rarely",
        detail: "it is encrypted with SAMPLE-AES; AES-128 can be decrypted",
      },
    },
    {
      name: "sound alone",
      answer: () => new Response(`#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9,CODECS="mp4a.40.2"\na.m3u8\n`),
      end: { reason: "source-unsupported", retry: "rarely" },
    },
    {
      name: "no answer",
      answer: never,
      end: { reason: "source-offline", detail: "it did not answer in time" },
    },
  ];
  test.concurrent.each(ends)("ends for $name", async ({ answer, end: wanted }) => {
    const path = `/e${(names += 1)}/live.m3u8`;
    origin.on(path, answer);
    const address = `${origin.url.replace("//", "//user:sekret@")}${path}?token=sekret`;
    const { record, end } = await pull(address, () => false);
    expect(end).toMatchObject(wanted);
    expect(JSON.stringify(end)).not.toContain("sekret");
    expect(record.runs).toEqual([]);
    expect(sourceOf(address).description).toBe(`${origin.url}${path}`);
  });
});
