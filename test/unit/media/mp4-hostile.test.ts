import { describe, expect, test } from "bun:test";
import { type Box, boxesIn, BoxWriter, childrenOf } from "../../../src/media/fmp4/boxes.ts";
import {
  type Mp4File,
  mp4SegmentLayout,
  mp4Segments,
  readMp4File,
} from "../../../src/media/kept/mp4-file.ts";
import type { TrackKind } from "../../../src/media/parameters.ts";
import type { ClipOptions } from "./clips.ts";
import { fileClip, readMp4Bytes } from "./kept-clips.ts";

const stereo = { rate: 48_000, channels: 2 };
const NO_BASES = { videoTicks: 0, audioTicks: 0 };

/** A copy of a file's `moov` with other tables in place of some of its boxes, behind it an `mdat` that is not there. */
function withTables(
  media: Uint8Array,
  tables: (track: TrackKind, box: string, writer: BoxWriter) => boolean,
): Uint8Array {
  const writer = new BoxWriter();
  const containers = new Set(["moov", "trak", "mdia", "minf", "stbl"]);
  const copy = (box: Box, track: TrackKind): void => {
    if (!containers.has(box.type)) {
      if (!tables(track, box.type, writer)) writer.raw(media.subarray(box.start, box.end));
      return;
    }
    const inside = Buffer.from(media.subarray(box.start, box.end));
    const kind = box.type === "trak" ? (inside.includes("vide") ? "video" : "audio") : track;
    writer.box(box.type, () => {
      for (const child of childrenOf(media, box)) copy(child, kind);
    });
  };
  for (const box of boxesIn(media)) if (box.type === "ftyp" || box.type === "moov") copy(box, "video");
  return writer.finish();
}

/** Reads a head, behind which the rest of a file of `sizeBytes` is one `mdat` of zeros. */
function readHead(head: Uint8Array, sizeBytes: number): Promise<Mp4File> {
  const mdat = new Uint8Array(16);
  const view = new DataView(mdat.buffer);
  view.setUint32(0, 1);
  mdat.set(new TextEncoder().encode("mdat"), 4);
  view.setBigUint64(8, BigInt(sizeBytes - head.length));
  const known = Buffer.concat([head, mdat]);
  const read = (offsetBytes: number, lengthBytes: number): Promise<Uint8Array> => {
    const bytes = new Uint8Array(Math.min(lengthBytes, sizeBytes - offsetBytes));
    bytes.set(known.subarray(offsetBytes, offsetBytes + bytes.length));
    return Promise.resolve(bytes);
  };
  return readMp4File(read, sizeBytes);
}

const small = await fileClip({ codec: "h264", bFrames: 2, sound: stereo, seconds: 1 }, "mp4");

describe("large files", () => {
  const PICTURES = 24 * 3600 * 25;
  const FRAMES = Math.floor((24 * 3600 * 48_000) / 1024);
  const CHUNKS = PICTURES / 24;
  const CHUNK_BYTES = 100_000;

  test("a day of 2.2 million pictures with sound is read in seconds and held in a dozen bytes each", async () => {
    const head = withTables(small, (track, box, writer) => {
      const isVideo = track === "video";
      const count = isVideo ? PICTURES : FRAMES;
      const perChunk = isVideo ? 24 : Math.ceil(FRAMES / CHUNKS);
      const full = (write: () => void): boolean => {
        writer.fullBox(box === "stco" ? "co64" : box, 0, 0, write);
        return true;
      };
      switch (box) {
        case "stts":
          return full(() =>
            writer
              .u32(1)
              .u32(count)
              .u32(isVideo ? 512 : 1024),
          );
        case "ctts":
          return full(() => {
            writer.u32(count);
            for (let index = 0; index < count; index++) writer.u32(1).u32([512, 1536, 0, 0][index % 4] ?? 0);
          });
        case "stss":
          return full(() => {
            writer.u32(count / 48);
            for (let index = 0; index < count; index += 48) writer.u32(index + 1);
          });
        case "stsz":
          return full(() => {
            writer.u32(0).u32(count);
            for (let index = 0; index < count; index++) writer.u32(isVideo ? 2000 + (index % 100) : 300);
          });
        case "stsc":
          return full(() => writer.u32(1).u32(1).u32(perChunk).u32(1));
        case "stco":
          return full(() => {
            const chunks = Math.ceil(count / perChunk);
            writer.u32(chunks);
            // The largest moov of it all is below this.
            for (let chunk = 0; chunk < chunks; chunk++)
              writer.u64(100_000_000 + chunk * CHUNK_BYTES + (isVideo ? 0 : 60_000));
          });
        case "edts":
          return true;
        default:
          return false;
      }
    });
    const start = performance.now();
    const file = await readHead(head, 100_000_000 + CHUNKS * CHUNK_BYTES);
    const segments = mp4Segments(file, 2000);
    expect(performance.now() - start).toBeLessThan(8000);
    expect([file.video.count, file.audio?.count]).toEqual([PICTURES, FRAMES]);
    expect(file.video.heldBytes).toBeLessThan(12 * PICTURES);
    expect(file.audio?.heldBytes).toBeLessThan(7 * FRAMES);
    expect(file.facts.durationTicks / 90_000).toBeCloseTo(86_400, 0);
    expect(segments.length).toBe(86_400 / 1.92);
    const { mediaTicks, durationTicks } = segments.at(-2) ?? { mediaTicks: 0, durationTicks: 0 };
    const { ranges } = mp4SegmentLayout(file, mediaTicks, mediaTicks + durationTicks, "both", NO_BASES);
    // Two chunks of pictures, and the sound that lies around them.
    expect(ranges.length).toBeWithin(4, 7);
  });

  test.each<[string, string, (writer: BoxWriter) => void, string]>([
    ["more samples than bytes", "stsz", (w) => w.u32(1).u32(2 ** 32 - 1), "4294967295 samples in a track"],
    ["sizes that are not there", "stsz", (w) => w.u32(0).u32(1000), "1000 entries, which don't fit"],
    [
      "times of fewer samples",
      "stts",
      (w) => w.u32(1).u32(3).u32(512),
      "stts tells of 3 samples; there are 25",
    ],
    [
      "times that lie hours apart",
      "stts",
      (w) =>
        w
          .u32(1)
          .u32(25)
          .u32(2 ** 32 - 1),
      "hours apart",
    ],
    ["chunks that are not there", "stsc", (w) => w.u32(1).u32(5).u32(25).u32(1), "names chunks 5 to"],
    ["chunks of too few samples", "stsc", (w) => w.u32(1).u32(1).u32(0).u32(1), "stsc tells of 0 samples"],
    ["places behind the end", "stco", (w) => w.u32(1).u32(2 ** 32 - 1), "stsc tells of"],
    ["a table's count alone", "stts", (w) => w.u32(2 ** 32 - 1), "don't fit into its 16 bytes"],
    ["a sample of gigabytes", "stsz", (w) => w.u32(2 ** 31).u32(25), "a sample of 2147483648 bytes"],
  ])("%s are refused", async (_, type, write, words) => {
    const head = withTables(small, (track, box, writer) => {
      if (track !== "video" || box !== type) return false;
      writer.fullBox(box, 0, 0, () => write(writer));
      return true;
    });
    expect(readHead(head, 1_000_000)).rejects.toThrow(words);
  });

  test("samples that share their bytes are refused", async () => {
    const head = withTables(small, (track, box, writer) => {
      if (track !== "video" || box !== "stsz") return false;
      writer.fullBox(box, 0, 0, () => writer.u32(60_000).u32(25));
      return true;
    });
    expect(readHead(head, 700_000)).rejects.toThrow(/cut off|more than its/);
  });
});

describe("what can't be kept is refused in words", () => {
  const box = (type: string, sizeBytes: number, body = new Uint8Array(0)): Uint8Array => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(sizeBytes);
    head.write(type, 4, "latin1");
    return Buffer.concat([head, body]);
  };
  const ftyp = box("ftyp", 16, new Uint8Array(8));

  test.each([
    ["nothing", new Uint8Array(0), "no moov"],
    ["a web page", new TextEncoder().encode("<html><body>no</body></html>"), "no MP4: found a web page"],
    ["random bytes", new Uint8Array(100).fill(9), "no MP4: found bytes that begin with 0909"],
    ["a file without an index", Buffer.concat([ftyp, box("mdat", 108, new Uint8Array(100))]), "has no moov"],
    ["a moov of gigabytes", Buffer.concat([ftyp, box("moov", 2 ** 31)]), "it is cut off"],
    [
      "many empty boxes and no moov",
      Buffer.concat([ftyp, ...Array.from({ length: 999 }, () => box("free", 8))]),
      "no moov",
    ],
    [
      "a fragment before all",
      Buffer.concat([ftyp, box("moof", 8), box("mdat", 8)]),
      "fragments before any moov",
    ],
  ])("%s", async (_, media, words) => {
    expect(readMp4Bytes(media)).rejects.toThrow(words);
  });

  test("a moov that is too large, and boxes without end, before they are read", async () => {
    const sizeBytes = 2 ** 33;
    const huge = Buffer.concat([ftyp, box("moov", 2 ** 31)]);
    let readBytesCount = 0;
    const reading = (known: Uint8Array) => (offsetBytes: number, lengthBytes: number) => {
      const bytes = new Uint8Array(Math.min(lengthBytes, sizeBytes - offsetBytes));
      bytes.set(known.subarray(offsetBytes, offsetBytes + bytes.length));
      readBytesCount += bytes.length;
      return Promise.resolve(bytes);
    };
    expect(readMp4File(reading(huge), sizeBytes)).rejects.toThrow("wanted: at most 268435456");
    expect(readBytesCount).toBeLessThan(100_000);
    const endless = box("free", 8);
    const forEver = (_: number, lengthBytes: number) =>
      Promise.resolve(
        new Uint8Array(
          Buffer.concat(Array.from({ length: Math.ceil(lengthBytes / 8) }, () => endless)).subarray(
            0,
            lengthBytes,
          ),
        ),
      );
    expect(readMp4File(forEver, sizeBytes)).rejects.toThrow("over 1000000 boxes");
  });

  test("a progressive file that is cut off; of a fragmented one the whole fragments count", async () => {
    const options: ClipOptions = { codec: "h264", seconds: 3 };
    const front = await fileClip(options, "mp4", "-movflags", "faststart");
    expect(readMp4Bytes(front.subarray(0, front.length - 10))).rejects.toThrow("is cut off");
    const back = await fileClip(options, "mp4");
    expect(readMp4Bytes(back.subarray(0, back.length - 10))).rejects.toThrow(
      "no moov, without which it can't be read: it is cut off",
    );
    const fragmented = await fileClip(options, "mp4", "-movflags", "frag_keyframe+empty_moov");
    const mdat = boxesIn(fragmented).findLast(({ type }) => type === "mdat")?.end ?? 0;
    const cut = await readMp4Bytes(fragmented.subarray(0, mdat - 1));
    expect(cut).toMatchObject({ isCutOff: true, facts: { durationTicks: 180_000 } });
    expect(cut.video.count).toBe(50);
  });

  test("sound alone, and pictures of another kind", async () => {
    const sound = await fileClip({ codec: "h264", sound: stereo, seconds: 1 }, "mp4", "-vn");
    expect(readMp4Bytes(sound)).rejects.toThrow("found sound; wanted: H.264 or H.265");
    const part2 = await fileClip({ codec: "h264", seconds: 1 }, "mp4", "-c:v", "mpeg4");
    expect(readMp4Bytes(part2)).rejects.toThrow("found pictures of kind mp4v; wanted: H.264 or H.265");
    const ac3 = await readMp4Bytes(
      await fileClip({ codec: "h264", sound: stereo, seconds: 1 }, "mp4", "-c:a", "ac3"),
    );
    expect([ac3.audio, ac3.facts.parameters.audioCodec]).toEqual([undefined, null]);
  });
});
