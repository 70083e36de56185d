import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { rename, rm } from "node:fs/promises";
import { buildApp } from "../../../src/app.ts";
import type { Recording } from "../../../src/db/index/rows.ts";
import { rebaseHeaderInPlace } from "../../../src/media/fmp4/segment.ts";
import { listen, type Listening } from "../../../src/listen.ts";
import { decodeErrors, probe } from "../../support/ffmpeg.ts";
import { MemoryFootage, StandingClock } from "../../support/memory-footage.ts";
import { finished } from "../../support/processes.ts";
import { encodeClip, recordClip } from "../../support/recorded-clip.ts";
import { tempFolder, type TempFolder } from "../../support/temp.ts";
import { waitFor } from "../../support/wait.ts";

const T = Date.UTC(2026, 10, 20, 11);
const FROM = T / 1000;

const footage = new MemoryFootage("front-door", "Europe/Berlin", 86_400 * 90_000 + 1);
const clock = new StandingClock(T + 500_000);
const app = buildApp({
  playback: { footage, clock, segmentTargetMs: 2000 },
  hosts: { isLoopbackOnly: true },
});
let folder: TempFolder;
let recordings: Recording[] = [];
let listening: Listening;
let origin = "";

beforeAll(async () => {
  folder = await tempFolder();
  const clip = encodeClip({ seconds: 8, size: "960x540" });
  const small = encodeClip({ seconds: 4, size: "160x90" });
  recordings = [
    await recordClip(footage, folder.path, clip, T, "a"),
    await recordClip(footage, folder.path, clip, T + 30_000, "a"),
    await recordClip(footage, folder.path, small, T + 60_000, "b"),
    await recordClip(footage, folder.path, clip, T + 64_000, "a"),
  ];
  listening = await listen(app, [{ host: "127.0.0.1", port: 0 }]);
  origin = `http://127.0.0.1:${listening.addresses[0]?.port}`;
});

afterAll(async () => {
  await listening.stop(true);
  await folder[Symbol.asyncDispose]();
});

const address = (seconds: number | "now", from = FROM) =>
  `${origin}/front-door/archive-${from}-${seconds}.mp4`;
const answerText = async (url: string): Promise<[number, string]> => {
  const response = await fetch(url);
  return [response.status, await response.text()];
};

/** A raw exchange: status line and headers as they came, and how many bytes of body. */
async function curl(
  url: string,
  ...args: string[]
): Promise<{ code: number; head: string; bytes: Uint8Array }> {
  const file = folder.file("body");
  const done = await finished(["curl", "-s", "-D", "-", "-o", file, ...args, url], { timeoutMs: 10_000 });
  return { code: done.code, head: done.stdout, bytes: await Bun.file(file).bytes() };
}

describe("an interval as MP4", () => {
  test("has its length, tag and name; HEAD says the same", async () => {
    const { head, bytes } = await curl(address(40));
    const length = `content-length: ${bytes.length}`;
    expect(head.toLowerCase()).toContain(length);
    expect(head.toLowerCase()).not.toContain("transfer-encoding");
    expect(head).toContain('inline; filename="front-door_2026-11-20_12-00-00.mp4"');
    const only = await curl(address(40), "-I");
    const tag = /etag: ("\w+")/i.exec(head)?.[1] ?? "none";
    expect(only.head.toLowerCase()).toContain(length);
    expect(only.head).toContain(tag);
    expect((await curl(address(40), "-H", `If-None-Match: ${tag}`)).head).toContain("304");
    const saved = (await curl(`${address(40)}?download=1`, "-I")).head;
    expect(saved).toContain('attachment; filename="front-door_2026-11-20_12-00-00.mp4"');
  });

  test("byte ranges by curl equal the whole", async () => {
    const { head, bytes } = await curl(address(40));
    const size = bytes.length;
    const tag = /etag: ("\w+")/i.exec(head)?.[1] ?? "none";
    const ranges: [string, number, number][] = [
      ["0-", 0, size],
      ["0-0", 0, 1],
      ["100-299999", 100, 300_000],
      ["700000-2999999", 700_000, 3_000_000],
      [`${size - 5}-`, size - 5, size],
      ["-1000000", size - 1_000_000, size],
      [`5-${size * 2}`, 5, size],
    ];
    for (const [range, start, end] of ranges) {
      const part = await curl(address(40), "-r", range, "-H", `If-Range: ${tag}`);
      expect(part.head).toContain("206 Partial Content");
      expect(part.head.toLowerCase()).toContain(`content-range: bytes ${start}-${end - 1}/${size}`);
      expect(part.head.toLowerCase()).toContain(`content-length: ${end - start}\r\n`);
      expect(Buffer.compare(part.bytes, bytes.subarray(start, end))).toBe(0);
    }
    expect((await curl(address(40), "-r", "5-9", "-H", 'If-Range: "other"')).bytes.length).toBe(size);
    const beyond = await curl(address(40), "-r", `${size}-`);
    expect(beyond.head).toContain("416");
    expect(beyond.head.toLowerCase()).toContain(`content-range: bytes */${size}`);
  });

  test("two runs are one: ffmpeg decodes all pictures without a word, and knows length and time", async () => {
    expect(await decodeErrors(address(40))).toBe("");
    const { streams } = await probe(address(40));
    expect(streams.find((each) => each.codec_type === "video")?.nb_read_packets).toBe("400");
    const asked = [
      "-v",
      "error",
      "-of",
      "csv=p=0",
      "-show_entries",
      "format=duration:format_tags=creation_time,title",
    ];
    const { stdout } = await finished(["ffprobe", ...asked, address(40)], { timeoutMs: 10_000 });
    expect(stdout.trim()).toBe('16.000000,2026-11-20T11:00:00.000000Z,"Front door, 2026-11-20 12:00:00"');
  });

  test("it begins with the segment that is playing at its start", async () => {
    const { streams } = await probe(address(2, FROM + 3));
    expect(streams.find((each) => each.codec_type === "video")?.nb_read_packets).toBe("100");
  });

  test("of a film it begins with the sound that comes before its first picture", async () => {
    const startMs = T + 200_000;
    const film = await recordClip(footage, folder.path, encodeClip({ seconds: 8 }), startMs, "film");
    const stored = folder.file(film.path);
    const bytes = await Bun.file(stored).bytes();
    for (const { offsetBytes, headerBytes } of film.segments.slice(1)) {
      const from = film.baseOffsetBytes + offsetBytes;
      rebaseHeaderInPlace(bytes.subarray(from, from + headerBytes), { videoTicks: 0, audioTicks: -1500 });
    }
    film.path = film.path.replace(/[^/]*$/, "video.mp4");
    await rm(stored);
    await Bun.write(folder.file(film.path), bytes);
    const url = address(4, startMs / 1000 + 2);
    expect(await decodeErrors(url)).toBe("");
    const { format, streams } = await probe(url);
    expect(streams.map(({ codec_type, nb_read_packets }) => [codec_type, nb_read_packets])[0]).toEqual([
      "video",
      "100",
    ]);
    expect(Math.abs(Number(format.duration) - 4)).toBeLessThan(0.1);
    const { bytes: whole } = await curl(url);
    expect((await curl(url, "-r", "500-200000")).bytes).toEqual(whole.slice(500, 200_001));
  });

  test("different inits are a conflict that names the parts, which can be had", async () => {
    const [status, body] = await answerText(address(80));
    expect(status).toBe(409);
    expect(body).toMatchInlineSnapshot(`
      "The camera's settings changed in this interval, so one MP4 can't hold it. These parts can be had:
      2026-11-20T12:00:00+01:00 to 2026-11-20T12:00:38+01:00: /front-door/archive-1795172400-38.mp4
      2026-11-20T12:01:00+01:00 to 2026-11-20T12:01:04+01:00: /front-door/archive-1795172460-4.mp4
      2026-11-20T12:01:04+01:00 to 2026-11-20T12:01:12+01:00: /front-door/archive-1795172464-16.mp4
      "
    `);
    const paths = body.match(/\/front-door\/\S+/g) ?? [];
    expect(paths.length).toBe(3);
    const pictures: string[] = [];
    for (const path of paths) {
      const { streams } = await probe(origin + path);
      pictures.push(streams.find((each) => each.codec_type === "video")?.nb_read_packets ?? "");
    }
    expect(pictures).toEqual(["400", "100", "200"]);
  });

  test("what still grows is sent on to what is whole, also when it ends in the future", async () => {
    clock.timeMs = T + 72_100;
    try {
      const from = FROM + 64;
      for (const asked of ["now", 100, 8] as const) {
        const response = await fetch(`${address(asked, from)}?download=1`, { redirect: "manual" });
        expect(response.status).toBe(302);
        expect(response.headers.get("location")).toBe(`archive-${from}-7.mp4?download=1`);
      }
      expect((await fetch(address("now", from))).status).toBe(200);
      expect((await fetch(address(3, from), { redirect: "manual" })).status).toBe(200);
      expect((await answerText(address("now", FROM + 70)))[0]).toBe(200);
      expect((await answerText(address("now", FROM + 73)))[0]).toBe(400);
    } finally {
      clock.timeMs = T + 500_000;
    }
  });

  test("nothing recorded is a 404 with what is near, a wrong interval a 400", async () => {
    const [status, body] = await answerText(address(10, FROM + 10));
    expect(status).toBe(404);
    expect(body).toContain("Nearest footage before: 2026-11-20T12:00:00+01:00 to 2026-11-20T12:00:08+01:00");
    expect((await answerText(address(700_000)))[0]).toBe(400);
    expect((await answerText(`${origin}/front-door/archive-5.mp4`))[0]).toBe(400);
    expect((await answerText(address(40).replace("front-door", "garage")))[0]).toBe(404);
  });

  test("footage that is gone before a download is said; gone within it, the client learns that it is cut off", async () => {
    const hide = async (recording: Recording, work: () => Promise<void>) => {
      const path = folder.file(recording.path);
      await rename(path, `${path}.hidden`);
      try {
        await work();
      } finally {
        await rename(`${path}.hidden`, path);
      }
    };
    await hide(recordings[0]!, async () => {
      expect(await answerText(address(40))).toEqual([404, "This footage is no longer on the disk\n"]);
    });
    await hide(recordings[1]!, async () => {
      const { code, bytes } = await curl(address(40));
      // CURLE_PARTIAL_FILE
      expect(code).toBe(18);
      expect(bytes.length).toBeGreaterThan(1_000_000);
    });
  });

  test("a client that goes away leaves no file and no connection open", async () => {
    const open = () => [...new Bun.Glob("*").scanSync({ cwd: "/proc/self/fd", onlyFiles: false })].length;
    const before = open();
    for (let round = 0; round < 5; round++) {
      const gone = new AbortController();
      const response = await fetch(address(40), { signal: gone.signal, headers: { connection: "close" } });
      await response.body?.getReader().read();
      gone.abort();
    }
    await waitFor("closed files and connections", () => open() <= before + 1, { timeoutMs: 8000 });
  });
});

describe("a recording as a file", () => {
  test("is what lies on the disk, with ranges", async () => {
    const [recording] = recordings;
    const url = `${origin}/front-door/recording/${recording?.id}.mp4`;
    const file = await Bun.file(folder.file(recording?.path ?? "")).bytes();
    Object.assign(recording!, { sizeBytes: file.length });
    const { head, bytes } = await curl(url);
    expect(Buffer.compare(bytes, file)).toBe(0);
    expect(head.toLowerCase()).toContain(`content-length: ${file.length}`);
    expect(head).toContain('inline; filename="front-door_2026-11-20_12-00-00.mp4"');
    const part = await curl(url, "-r", "100-200000");
    expect(part.head).toContain("206");
    expect(Buffer.compare(part.bytes, file.subarray(100, 200_001))).toBe(0);
    expect((await curl(url, "-I")).head.toLowerCase()).toContain(`content-length: ${file.length}`);
    expect((await curl(url, "-r", `${file.length}-`)).head).toContain("416");
  });

  test("that is being written ends with its last whole segment", async () => {
    const [recording] = recordings;
    const open = {
      ...recording!,
      state: "open" as const,
      sizeBytes: 0,
      id: "open",
      segments: recording!.segments.slice(0, 2),
    };
    footage.recordingList.push(open);
    const last = open.segments[1]!;
    const size =
      open.baseOffsetBytes + last.offsetBytes + last.headerBytes + last.videoBytes + last.audioBytes;
    const { bytes } = await curl(`${origin}/front-door/recording/open.mp4`);
    footage.recordingList.pop();
    expect(bytes.length).toBe(size);
  });

  test.each(["nothing.mp4", "x.ts", "..%2Fx.mp4"])("%s is not there", async (name) => {
    expect((await fetch(`${origin}/front-door/recording/${name}`)).status).toBeOneOf([400, 404]);
  });

  test("all of an interval are listed", async () => {
    const url = `${origin}/api/channels/front-door/recordings?from=${FROM}&to=${FROM + 62}`;
    const list = (await (await fetch(url)).json()) as { recordings: { address: string }[]; next: unknown };
    expect(list).toMatchObject({
      recordings: [
        { start: "2026-11-20T12:00:00.000+01:00", end: "2026-11-20T12:00:08.000+01:00", isOpen: false },
        { startMs: T + 30_000 },
        { endMs: T + 64_000 },
      ],
      next: null,
    });
    for (const { address: path } of list.recordings)
      expect((await fetch(origin + path, { method: "HEAD" })).status).toBe(200);
    for (const wrong of ["from=x", "from=5&to=5", "skip=-1", "from=0"])
      expect((await fetch(`${url.split("?")[0]}?${wrong}`)).status).toBe(400);
  });

  test("a long list comes in pages", async () => {
    const many = new MemoryFootage("yard");
    many.record({ startMs: T, durations: Array<number>(450).fill(180_000), perRecording: 1 });
    const other = buildApp({
      playback: { footage: many, clock: new StandingClock(T + 3_600_000), segmentTargetMs: 2000 },
      hosts: { isLoopbackOnly: true },
    });
    const seen: string[] = [];
    let next: string | null = "/api/channels/yard/recordings";
    while (next !== null) {
      const response: Response = await other.handle(new Request(`http://localhost${next}`));
      const page = (await response.json()) as { recordings: { id: string }[]; next: string | null };
      seen.push(...page.recordings.map(({ id }) => id));
      next = page.next;
    }
    expect(seen).toEqual(many.recordingList.map(({ id }) => id));
  });
});
