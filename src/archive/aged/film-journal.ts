import { crc32 } from "node:zlib";
import { z } from "zod";
import type { CounterRow } from "../../db/index/rows.ts";
import { errorText, NightjarError } from "../../platform/errors.ts";
import { parseJournal, type Journal } from "../journal/journal.ts";

const count = z.int().min(0);
const filmSchema = z.object({
  sizeBytes: count,
  sha512: z.string().regex(/^[0-9a-f]{128}$/),
  counter: z.object({
    nextMediaSequence: count,
    discontinuitySequence: count,
    timeline: count,
    nextTicks: count,
    newestEndMs: z.int(),
  }),
  together: z.array(z.string()).optional(),
});

/** What `#NJ:FILM` says of the whole file. */
export type FilmFacts = {
  sizeBytes: number;
  /** SHA-512 of all its bytes, hex. */
  sha512: string;
  /** What the channel's counters are at least: the recordings that tell it are replaced. */
  counter: Omit<CounterRow, "channel">;
  /**
   * Names of all films that take their place in one step, this one among them; absent where it is alone. A recording may
   * have gone into two of them.
   */
  together?: readonly string[] | undefined;
};

/** The journal of a film, one part for each of its recordings, in the order of the file. */
export type FilmJournal = {
  film: FilmFacts;
  /** Each with the run and the end that they have in common. */
  parts: readonly Journal[];
  /** Of recordings that are left out. */
  problems: readonly string[];
};

/** What is put behind a film's name for its checksum file. */
export const CHECKSUM_EXTENSION = ".sha512sum";

/** Whether a journal is a film's, by its name. */
export const isFilmJournal = (name: string): boolean => /^video(?:-[1-9]\d{0,3})?\.m3u8$/.test(name);

/** What `sha512sum -c` reads. */
export const checksumText = (sha512: string, name: string): string => `${sha512}  ${name}\n`;

const RECORDING = Buffer.from("\n#NJ:RECORDING ");
const FILM_LINE = Buffer.from("\n#NJ:FILM ");
const FILM = /^#NJ:FILM (\{.*\}) ([0-9a-f]{8})$/gm;

const unusable = (): NightjarError =>
  new NightjarError("unprocessable", "not the journal of a film, or its head is damaged");

/** The line stands twice, so that one of them may be damaged. */
function factsOf(text: string): FilmFacts {
  for (const [, body = "", crc = ""] of text.matchAll(FILM)) {
    if (crc32(`#NJ:FILM ${body}`) !== Number.parseInt(crc, 16)) continue;
    const parsed = filmSchema.safeParse(JSON.parse(body));
    if (parsed.success) return parsed.data;
  }
  throw unusable();
}

/** Entries of a recording whose head can't be seen any more would follow those of the one before it: their numbers tell. */
function withoutStrayEntries(journal: Journal): Journal {
  const { entries, problems } = journal;
  const stray = entries.findIndex(({ ordinal }, i) => ordinal <= (entries[i - 1]?.ordinal ?? -1));
  if (stray < 0) return journal;
  const problem = `${entries.length - stray} entries are of a recording whose head is damaged`;
  return { ...journal, entries: entries.slice(0, stray), problems: [...problems, problem] };
}

/**
 * Reads the journal of a film. A recording whose head is damaged is left out, and named in `problems`. Throws
 * `unprocessable` when nothing of it can be used.
 */
export function parseFilmJournal(input: Uint8Array): FilmJournal {
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  const starts: number[] = [];
  for (let at = bytes.indexOf(RECORDING); at >= 0; at = bytes.indexOf(RECORDING, at + 1)) starts.push(at + 1);
  const [first] = starts;
  if (first === undefined) throw unusable();
  const head = bytes.subarray(0, first);
  const again = bytes.indexOf(FILM_LINE, starts.at(-1));
  const endAt = again < 0 ? bytes.length : again + 1;
  const tail = bytes.subarray(endAt);
  const film = factsOf(`${head.toString("utf8")}\n${tail.toString("utf8")}`);
  const problems: string[] = [];
  const parts = starts.flatMap((start, i): Journal[] => {
    try {
      const own = bytes.subarray(start, starts[i + 1] ?? endAt);
      return [withoutStrayEntries(parseJournal(Buffer.concat([head, own, tail])))];
    } catch (error) {
      problems.push(`the recording at byte ${start} can't be used: ${errorText(error)}`);
      return [];
    }
  });
  if (parts.length === 0) throw unusable();
  return { film, parts, problems };
}
