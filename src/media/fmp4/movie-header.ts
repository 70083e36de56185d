import { type Box, boxesIn, BoxWriter, childrenOf, FieldReader, requireBox } from "./boxes.ts";

/** What a file says of itself as a whole. */
export type Movie = {
  /** Length in milliseconds. */
  durationMs: number;
  /** Wall time at which it begins, ms UTC. */
  startMs: number;
  title: string;
};

/** MP4 counts seconds since 1904 (ISO 14496-12, 8.2.2.3). */
const SECONDS_1904_TO_1970 = 2_082_844_800;
/** Data that is text in UTF-8 (QuickTime File Format, well-known types). */
const UTF8_TEXT = 1;

/**
 * An init as the beginning of a whole file: with its length in `mvhd` and `mehd`, the time at which it begins, and
 * a title. The tracks stay as they are. Its size depends on the title alone.
 * @throws NightjarError `unprocessable` for garbage
 */
export function movieHeader(init: Uint8Array, movie: Movie): Uint8Array {
  const writer = new BoxWriter(init.length + 512);
  const top = boxesIn(init);
  requireBox(top, "moov", "the init");
  for (const box of top) {
    if (box.type !== "moov") {
      writer.raw(init.subarray(box.start, box.end));
      continue;
    }
    writer.box("moov", () => {
      for (const child of childrenOf(init, box)) {
        if (child.type === "mvhd") writeMovieHeader(writer, init, child, movie);
        else if (child.type === "mvex") writeExtends(writer, init, child, movie);
        else if (child.type !== "udta") writer.raw(init.subarray(child.start, child.end));
      }
      writeUserData(writer, movie.title);
    });
  }
  return writer.finish();
}

/** `mvhd` in version 1, whose times have 64 bits; its timescale becomes milliseconds. */
function writeMovieHeader(writer: BoxWriter, init: Uint8Array, mvhd: Box, movie: Movie): void {
  const fields = new FieldReader(init, mvhd);
  fields.skip(fields.versionAndFlags().version === 1 ? 28 : 16);
  const rest = fields.raw(fields.remainingBytes);
  const seconds = Math.floor(movie.startMs / 1000) + SECONDS_1904_TO_1970;
  writer.fullBox("mvhd", 1, 0, () => {
    writer.u64(seconds).u64(seconds).u32(1000).u64(movie.durationMs).raw(rest);
  });
}

/** `mvex` with the length of all fragments (ISO 14496-12, 8.8.2). */
function writeExtends(writer: BoxWriter, init: Uint8Array, mvex: Box, movie: Movie): void {
  writer.box("mvex", () => {
    writer.fullBox("mehd", 1, 0, () => writer.u64(movie.durationMs));
    for (const child of childrenOf(init, mvex)) {
      if (child.type !== "mehd") writer.raw(init.subarray(child.start, child.end));
    }
  });
}

/** The title where players look for it: iTunes' metadata list in `udta`. */
function writeUserData(writer: BoxWriter, title: string): void {
  const text = new TextEncoder().encode(title);
  writer.box("udta", () => {
    writer.fullBox("meta", 0, 0, () => {
      writer.fullBox("hdlr", 0, 0, () => writer.u32(0).ascii("mdirappl").zeros(9));
      writer.box("ilst", () => {
        writer.box("\u00a9nam", () => {
          writer.box("data", () => writer.u32(UTF8_TEXT).u32(0).raw(text));
        });
      });
    });
  });
}
