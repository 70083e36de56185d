import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFile, mkdir, readdir, readFile, utimes } from "node:fs/promises";
import { join } from "node:path";
import { decodeErrors, frameHashes, probe } from "../support/ffmpeg.ts";
import { Nightjar, nightjarCommand, type TestConfig } from "../support/nightjar.ts";
import { finished } from "../support/processes.ts";
import { tempFolder, type TempFolder } from "../support/temp.ts";

const SEGMENTS = 8;
const SECONDS = 5;
/** When the files of the archives were written last: long ago, so that none of them may still grow. */
const WRITTEN = new Date("2024-06-20T00:00:00Z");

let media: TempFolder;
const segment = (n: number): string => media.file(`segment${n}.ts`);

/** Runs ffmpeg with words that hold no blanks. */
async function ffmpeg(words: string): Promise<void> {
  const done = await finished(`ffmpeg -nostdin -hide_banner -v error ${words}`.split(/\s+/));
  if (done.code !== 0) throw new Error(done.stderr);
}

beforeAll(async () => {
  media = await tempFolder();
  const pictures = (seconds: number) => `-f lavfi -i testsrc2=size=320x180:rate=25:duration=${seconds}`;
  await ffmpeg(
    `${pictures(SEGMENTS * SECONDS)} -f lavfi -i sine=440:duration=${SEGMENTS * SECONDS}
     -c:v libx264 -preset ultrafast -g 25 -bf 0 -pix_fmt yuv420p -c:a aac
     -f segment -segment_time ${SECONDS} -segment_format mpegts ${media.file("segment%d.ts")}`,
  );
  // As the date server's conversion writes a day: H.265 with the tag hev1, one moov.
  await ffmpeg(
    `${pictures(25)} -c:v libx265 -preset ultrafast -x265-params log-level=error:keyint=50
     -tag:v hev1 -pix_fmt yuv420p ${media.file("video.mp4")}`,
  );
});
afterAll(() => media[Symbol.asyncDispose]());

/** Puts a file into an archive, as old as all the others. */
async function place(from: string, to: string): Promise<void> {
  await mkdir(join(to, ".."), { recursive: true });
  await copyFile(from, to);
  await utimes(to, WRITTEN, WRITTEN);
}

/** Everything below a folder: names, times and contents. */
async function contentsOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const lines = files.map(async (path) => {
    const file = Bun.file(path);
    return `${path} ${file.lastModified} ${Bun.hash(await file.bytes())}`;
  });
  return (await Promise.all(lines)).sort();
}

/** Imports, and says everything that was printed. Throws unless it ended with `code`. */
async function imported(folder: string, args: readonly string[], code = 0): Promise<string> {
  const done = await nightjarCommand(["import", ...args], { folder });
  expect(done).toMatchObject({ code });
  return done.stdout + done.stderr;
}

const hashesOf = async (paths: readonly string[]): Promise<string[]> => {
  const each = await Promise.all(paths.map((path) => frameHashes(path, "v", { copy: true })));
  return each.flatMap((frames) => frames.map(({ hash }) => hash));
};

async function withServer(folder: string, config: TestConfig, work: (server: Nightjar) => Promise<void>) {
  await using server = await Nightjar.start({ folder, config });
  await work(server);
  expect(await server.stop()).toMatchObject({ code: 0 });
}

describe("files of earlier tools", () => {
  test("become nightjar.yaml where there is none, and a server takes it up; a second run changes nothing", async () => {
    await using folder = await tempFolder();
    const channels = [
      { source: "http://u:SECRETPW@127.0.0.1:1/live/news.m3u8?token=SECRETTOKEN", depth_in_hours: 72 },
      { source_url: "http://127.0.0.1:1/b/news.m3u8", depth_in_hours: 24 },
    ];
    await Bun.write(folder.file("channels.json"), JSON.stringify(channels));
    await Bun.write(
      folder.file("pvr.ini"),
      "[writer]\npvr_dir = /mnt/pvr\n[plstgen]\nchunk_prefix = http://pvr.example/\n",
    );
    await Bun.write(
      folder.file("config.ini"),
      "[encryptor]\nhls_dir = /hls\nkey_encryptor_url = http://k/SECRETKEY\n",
    );
    await Bun.write(
      folder.file("index.py"),
      'import shared\nsetup = [{"cameraID":"Haustür", "rtsp":"rtsp://a:SECRETCAM@127.0.0.1:1/s", "daysToKeep": 5}]\n',
    );
    const files = ["channels.json", "pvr.ini", "config.ini", "index.py"];
    const said = await imported(folder.path, files);
    expect(said).toContain("took   news-2: http://127.0.0.1:1/b/news.m3u8, keeps 24 hours (news is taken)");
    expect(said).toContain("left   encryptor.hls_dir: encryption of outputs is not part of this version");
    expect(said).not.toContain("SECRET");
    const yaml = await readFile(folder.file("nightjar.yaml"), "utf8");
    expect(Bun.YAML.parse(yaml)).toEqual({
      public_url: "http://pvr.example",
      streamer: { naive_times: "utc" },
      channels: {
        news: { source: channels[0]?.source, keep: { hours: 72 } },
        "news-2": { name: "news", source: channels[1]?.source_url, keep: { hours: 24 } },
        Haustur: { name: "Haustür", source: "rtsp://a:SECRETCAM@127.0.0.1:1/s", keep: { days: 5 } },
      },
    });
    const check = await nightjarCommand(["check"], { folder: folder.path });
    expect(check).toMatchObject({ code: 0 });

    expect(await imported(folder.path, files)).toContain("nothing to add");
    expect(await readFile(folder.file("nightjar.yaml"), "utf8")).toBe(yaml);
  });

  test("one that can't be read says where and why, and the others are taken", async () => {
    await using folder = await tempFolder();
    await Bun.write(folder.file("bad.json"), '[\n{"source": "http://o/a.m3u8"},\n{"source": 7}\n]');
    await Bun.write(folder.file("good.json"), '[{"source": "http://o/b.m3u8", "depth_in_hours": 1}]');
    const said = await imported(folder.path, ["bad.json", "good.json"], 1);
    expect(said).toContain(
      "bad.json:3: found a number as source; wanted the address of its source, in quotes",
    );
    const { channels } = Bun.YAML.parse(await readFile(folder.file("nightjar.yaml"), "utf8")) as TestConfig;
    expect(Object.keys(channels ?? {})).toEqual(["b"]);
    expect(await imported(folder.path, [], 1)).toContain(
      "import wants a FILE of an earlier tool, or --footage DIR",
    );
  });
});

describe("footage of earlier tools", () => {
  test("HLS PVR's chunks are played where they lie, also after a reindex, and none of them is changed", async () => {
    await using folder = await tempFolder();
    const config: TestConfig = {
      timezone: "Europe/Berlin",
      streamer: { naive_times: "utc" },
      channels: { news: { source: "http://127.0.0.1:1/news.m3u8", enabled: false } },
    };
    const pvr = folder.file("pvr_dir");
    for (let n = 0; n < 4; n += 1)
      await place(segment(n), join(pvr, "news", `20240618_1745${24 + n * SECONDS}.ts`));
    await place(segment(5), join(pvr, "news", "20240618_174700.ts"));
    await place(segment(6), join(pvr, "news", "without-a-time.ts"));
    await Bun.write(join(pvr, "news", "20240618_180000.ts"), "no media");
    await utimes(join(pvr, "news", "20240618_180000.ts"), WRITTEN, WRITTEN);
    const before = await contentsOf(pvr);

    await withServer(folder.path, config, async () => {
      const said = await imported(folder.path, ["--footage", pvr], 1);
      expect(said).toContain("in use by another Nightjar");
    });
    const dry = await imported(folder.path, ["--footage", pvr, "--dry-run"], 1);
    const said = await imported(folder.path, ["--footage", pvr], 1);
    expect(dry).toBe(
      said.replace(
        "It stays where it is; not one byte of it was changed.",
        "Nothing was written: --dry-run.",
      ),
    );
    expect(said).toContain("took   chunks: 6 files, 30 s");
    expect(said).toContain("Of chunks whose names say no time, the time of the file less its length counts.");
    expect(said).toContain("20240618_180000.ts: This is no MPEG-TS");
    expect(await imported(folder.path, ["--footage", pvr], 1)).toContain("there  6 files, adopted before");

    for (const isReindexed of [false, true]) {
      if (isReindexed)
        expect(await nightjarCommand(["reindex"], { folder: folder.path })).toMatchObject({ code: 0 });
      await withServer(folder.path, config, async (server) => {
        const span = "startTime=18/6/2024T17:00:00&endTime=18/6/2024T18:30:00";
        const list = `${server.url}/streamer/news.m3u8?${span}`;
        expect(JSON.parse(await server.text(`/streamer/news/metadata?${span}`))).toEqual([
          { start_datetime: "2024-06-18T17:45:24.000000", end_datetime: "2024-06-18T17:45:44.000000" },
          { start_datetime: "2024-06-18T17:47:00.000000", end_datetime: "2024-06-18T17:47:05.000000" },
        ]);
        expect(await hashesOf([list])).toEqual(await hashesOf([0, 1, 2, 3, 5].map(segment)));
        expect(await decodeErrors(list)).toBe("");
        const night = await server.text("/news/2024-06-20/playlist.m3u8");
        expect(night).toContain("2024-06-19T23:59:55.000Z");
        expect(await server.text("/news")).toContain("2024");
      });
    }
    const kept: TestConfig = {
      ...config,
      data: "./other",
      channels: { news: { source: "upload", keep: { hours: 1 } } },
    };
    await withServer(folder.path, kept, async () => {});
    const old = await imported(folder.path, ["--footage", pvr]);
    expect(old).toContain("left   2 more: it is older than the channel's keep allows");
    expect(await contentsOf(pvr)).toEqual(before);
  }, 60_000);

  test("dated folders and converted days are part of the day's lists, and their files stay where they were", async () => {
    await using folder = await tempFolder();
    const config: TestConfig = { timezone: "Europe/Berlin", channels: { yard: { source: "upload" } } };
    const cctv = folder.file("cctv");
    const names = ["video_235950.ts", "video_235955.ts"];
    for (const [n, name] of names.entries()) await place(segment(n), join(cctv, "2024-06-18", name));
    await place(segment(1), join(cctv, "2024-06-18", "video_235955+0200.ts"));
    await place(segment(2), join(cctv, "2024-06-19", "video_000000.ts"));
    await place(media.file("video.mp4"), join(cctv, "2024-06-17", "video.mp4"));
    const sum = new Bun.CryptoHasher("sha512")
      .update(await Bun.file(media.file("video.mp4")).bytes())
      .digest("hex");
    await Bun.write(join(cctv, "2024-06-17", "video.mp4.sha512sum"), `${sum}  video.mp4\n`);
    await place(segment(3), join(cctv, "2024-06-19", "other.ts"));
    await place(segment(3), join(cctv, "2024-06-19", "\u001b[2Jvideo\n.ts"));
    const before = await contentsOf(cctv);

    await withServer(folder.path, config, async () => {});
    expect(await imported(folder.path, ["--footage", cctv], 1)).toContain("wanted: --channel ID");
    const said = await imported(folder.path, ["--footage", cctv, "--channel", "YARD"]);
    for (const words of [
      "took   2024-06-17: 1 file, 25 s",
      "took   2024-06-18: 2 files, 10 s",
      "video.mp4 says no time of day: it counts from midnight on",
      "left   2024-06-19/other.ts: its name is not video_HHMMSS.ts",
      String.raw`left   2024-06-19/\u001b[2Jvideo\u000a.ts: its name is not`,
      "left   2024-06-18/video_235955+0200.ts: another file of the same time counts",
    ])
      expect(said).toContain(words);
    expect(await imported(folder.path, ["--footage", cctv, "--channel", "YARD"])).not.toContain("took");

    await withServer(folder.path, config, async (server) => {
      const film = `${server.url}/yard/2024-06-17/playlist.m3u8`;
      expect(await server.text("/yard/2024-06-17/playlist.m3u8")).toContain("2024-06-16T22:00:00.000Z");
      expect((await probe(film)).streams[0]).toMatchObject({ codec_name: "hevc", nb_read_packets: "625" });
      const decoded = async (input: string) => (await frameHashes(input, "v")).map(({ hash }) => hash);
      expect(await decoded(film)).toEqual(await decoded(media.file("video.mp4")));
      expect(await server.text("/yard/2024-06-17/video.mp4.sha512sum")).toBe(`${sum}  video.mp4\n`);
      const whole = await server.fetch("/yard/2024-06-17/video.mp4");
      expect(new Bun.CryptoHasher("sha512").update(await whole.arrayBuffer()).digest("hex")).toBe(sum);
      const raw = await server.fetch("/yard/2024-06-18/video_235955.ts");
      expect(await raw.bytes()).toEqual(await Bun.file(segment(1)).bytes());
      // A segment that came right before midnight goes on after it.
      const days = await server.text("/playlist.php?date=2024-06-18&channel=yard");
      expect(days.match(/#EXTINF/g)).toHaveLength(2);
      const part = await server.fetch("/yard/archive-1718747991-20.m3u8");
      expect((await part.text()).match(/#EXT-X-DISCONTINUITY/g)).toBeNull();
    });
    expect(await contentsOf(cctv)).toEqual(before);
  }, 60_000);

  test("the camera tool's films are written down, and what says no date is left", async () => {
    await using folder = await tempFolder();
    const data = folder.file("data-of-old");
    for (const name of [
      "timelapses/2024-6-18.mp4",
      "moment/2024-6-18-17-45-24.mp4",
      "moment/moment.gif",
      "moment/x.mp4",
    ])
      await place(segment(0), join(data, "front", name));
    await place(segment(0), join(data, "front", "days", "0", "chunk.m4s"));
    await Bun.write(folder.file("nightjar.yaml"), "auth: none\ndata: ./data\ntimezone: Europe/Berlin\n");
    const said = await imported(folder.path, ["--footage", data]);
    for (const words of [
      "channel front (not configured: it is listed as a channel of before)",
      "took   1 timelapse, written down where they lie",
      "took   2 moments, written down where they lie",
      "left   front/moment/x.mp4: its name says no date and time",
      "left   front/days: streams by the day of the week say no date",
    ])
      expect(said).toContain(words);
    expect(await imported(folder.path, ["--footage", data])).toContain("there  3 files, adopted before");
    expect(await imported(folder.path, ["--footage", folder.file("nothing")], 1)).toContain(
      "found no folder there",
    );
    expect(await imported(folder.path, ["--footage", folder.file("data")], 1)).toContain(
      "no footage of an earlier tool",
    );
    const own = await imported(folder.path, ["--footage", folder.file("data", "archive")], 1);
    expect(own).toContain("lies in Nightjar's own storage");
  });
});
