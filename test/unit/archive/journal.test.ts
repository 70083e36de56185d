import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  journalEnd,
  journalEntry,
  journalGap,
  journalGaps,
  journalHead,
  journalRedate,
  journalRun,
  journalSegments,
  journalSynced,
  parseJournal,
  type JournalEntry,
  type JournalHead,
} from "../../../src/archive/journal/journal.ts";
import { footageFormats } from "../../../src/media/footage-format.ts";
import { endReasons } from "../../../src/media/reasons.ts";
import { NightjarError } from "../../../src/platform/errors.ts";

const seed = 20_250_101;
const count = fc.nat({ max: 2 ** 40 });
const wall = fc.integer({ min: 0, max: 4e12 });
const words = fc.string({ unit: "grapheme", maxLength: 40 });
const gap = fc.record({ startMs: wall, endMs: wall, reason: fc.constantFrom(...endReasons), detail: words });
const head: fc.Arbitrary<JournalHead> = fc.record({
  recording: fc.stringMatching(/^[a-z2-7]{10}$/),
  channel: words,
  root: words,
  file: fc.stringMatching(/^[0-9]{2}-[0-9+-]{3,12}( é)?\.mp4$/),
  baseOffsetBytes: count,
  firstMediaSequence: count,
  discontinuitySequence: count,
  baseTicks: fc.oneof(fc.record({ video: count }), fc.record({ video: count, audio: count })),
  zone: fc.constantFrom("UTC", "Europe/Berlin", "Asia/Kolkata"),
  replaces: fc.array(fc.stringMatching(/^[a-z2-7]{10}$/), { maxLength: 3 }),
  gaps: fc.array(gap, { maxLength: 3 }),
  run: fc.record({
    id: fc.stringMatching(/^[a-z2-7]{10}$/),
    timeline: count,
    init: fc.uint8Array({ maxLength: 64 }),
    format: fc.constantFrom(...footageFormats),
    videoCodec: words,
    audioCodec: fc.option(words),
    width: count,
    height: count,
    frameRate: fc.option(fc.double({ min: 0, max: 300, noNaN: true })),
    videoTimescale: fc.constant(90_000),
    audioTimescale: fc.option(count),
    startMs: wall,
    bootId: fc.uuid(),
    realtimeMs: wall,
    boottimeMs: wall,
    unsure: fc.boolean(),
  }),
});
const entryNumbers = {
  ordinal: count,
  startMs: wall,
  mediaTicks: count,
  durationTicks: count,
  offsetBytes: count,
  headerBytes: count,
  videoBytes: count,
  audioBytes: count,
  activityBytes: count,
  crc32: fc.nat({ max: 0xffff_ffff }),
};
const segmentFile = fc.record({
  name: fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }).filter((name) => name.isWellFormed()),
  mtimeMs: wall,
  isLate: fc.boolean(),
});
const entry: fc.Arbitrary<JournalEntry> = fc.oneof(
  fc.record(entryNumbers),
  fc.record({ ...entryNumbers, file: segmentFile, sourceTicks: wall }),
);

/** `-0` and `0` are one number in a text. */
const plain = <T>(value: T): T => (Object.is(value, -0) ? (0 as T) : value);
const withoutPositions = (journal: ReturnType<typeof parseJournal>) =>
  journal.entries.map(({ endsAtBytes: _endsAtBytes, ...rest }) => rest);

describe("journal", () => {
  test("what is written is read again", () => {
    fc.assert(
      fc.property(
        head,
        fc.array(entry, { maxLength: 6 }),
        fc.nat({ max: 6 }),
        words,
        (h, entries, synced, detail) => {
          const end = { reason: "source-offline" as const, detail };
          const text =
            journalHead(h) +
            entries.map((e) => journalEntry(h, e)).join("") +
            journalSynced(synced) +
            journalEnd(end);
          const journal = parseJournal(text);
          expect(journal.problems).toEqual([]);
          expect(journal.head).toEqual({ ...h, run: { ...h.run, frameRate: plain(h.run.frameRate) } });
          expect(withoutPositions(journal)).toEqual(entries);
          expect(journal.synced).toBe(Math.min(synced, entries.length));
          expect(journal.end).toEqual(end);
          expect(journal.isComplete).toBe(true);
        },
      ),
      { seed, numRuns: 200 },
    );
  });

  test("torn anywhere, all whole entries before the tear are there", () => {
    fc.assert(
      fc.property(head, fc.array(entry, { minLength: 1, maxLength: 4 }), fc.nat(), (h, entries, at) => {
        const bytes = new TextEncoder().encode(
          journalHead(h) + entries.map((e) => journalEntry(h, e)).join(""),
        );
        const headBytes = new TextEncoder().encode(journalHead(h)).length;
        const cut = headBytes + (at % (bytes.length - headBytes + 1));
        const journal = parseJournal(bytes.subarray(0, cut));
        const ends = parseJournal(bytes).entries.map((e) => e.endsAtBytes);
        expect(withoutPositions(journal)).toEqual(entries.slice(0, ends.filter((e) => e <= cut).length));
      }),
      { seed, numRuns: 200 },
    );
  });

  test("one changed byte in an entry is never taken for a segment", () => {
    fc.assert(
      fc.property(head, entry, fc.nat(), fc.integer({ min: 1, max: 255 }), (h, e, at, change) => {
        const bytes = new TextEncoder().encode(journalHead(h) + journalEntry(h, e));
        const headBytes = new TextEncoder().encode(journalHead(h)).length;
        const position = headBytes + (at % (bytes.length - headBytes));
        bytes[position] = bytes[position]! ^ change;
        expect(parseJournal(bytes).entries).toEqual([]);
      }),
      { seed, numRuns: 300 },
    );
  });

  test("any bytes are read or refused, quickly", () => {
    const pieces = fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 40 }),
        fc
          .constantFrom(
            "\n",
            "#NJ:",
            "#NJ:1\n",
            "#NJ:ENTRY 0 1 2",
            "#NJ:SYNCED 9 00000000\n",
            "#NJ:RUN {}",
            "#EXT-X-ENDLIST\n",
          )
          .map((text) => new TextEncoder().encode(text)),
      ),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(pieces, head, fc.boolean(), (parts, h, withHead) => {
        const bytes = Buffer.concat(withHead ? [Buffer.from(journalHead(h)), ...parts] : parts);
        try {
          expect(parseJournal(bytes).entries).toEqual([]);
        } catch (error) {
          expect(error).toBeInstanceOf(NightjarError);
          expect(withHead).toBe(false);
        }
      }),
      { seed, numRuns: 300 },
    );
  });

  const [h] = fc.sample(head, { seed, numRuns: 1 }) as [JournalHead];
  const entries = fc.sample(entry, { seed, numRuns: 3 });

  test("re-dating moves entries, the run and the ends of gaps; the last one counts", () => {
    const unsure = {
      ...h,
      gaps: [{ startMs: 1000, endMs: 5000, reason: "interrupted" as const, detail: "" }],
      run: { ...h.run, unsure: true },
    };
    const text =
      journalHead(unsure) +
      entries.map((e) => journalEntry(h, e)).join("") +
      journalRedate(7, 7) +
      journalRedate(2_400_000, 60);
    const journal = parseJournal(text);
    expect(journalSegments(journal).map((s) => s.startMs)).toEqual(entries.map((e) => e.startMs + 2_400_000));
    expect(journalGaps(journal)).toEqual([
      { startMs: 1060, endMs: 2_405_000, reason: "interrupted", detail: "" },
    ]);
    expect(journalRun(journal)).toEqual({ ...h.run, startMs: h.run.startMs + 2_400_000, unsure: false });
    expect(journalRun(parseJournal(journalHead(unsure)))).toEqual({ ...h.run, unsure: true });
  });

  test("unknown lines are kept and skipped, damaged ones reported, a gap can follow later", () => {
    const late = { startMs: 1, endMs: 2, reason: "damaged" as const, detail: "a\nb\u2028c" };
    const text = `${journalHead({ ...h, gaps: [] })}#NJ:COLOUR blue\n# someone's note\n#NJ:SYNCED 3 deadbeef\n${journalGap(late)}`;
    const journal = parseJournal(text);
    expect(journal.unknown).toEqual(["#NJ:COLOUR blue"]);
    expect(journal.problems).toHaveLength(1);
    expect(journal.synced).toBe(0);
    expect(journal.head.gaps).toEqual([late]);
    expect(text.split("\n").filter((line) => line.startsWith("#NJ:GAP"))).toHaveLength(1);
  });

  test("damaged entries keep their place in the count of synced ones", () => {
    const text = journalHead(h) + entries.map((e) => journalEntry(h, e)).join("") + journalSynced(2);
    const damaged = text.replace(`ENTRY ${entries[0]!.ordinal} `, `ENTRY ${entries[0]!.ordinal}1 `);
    const journal = parseJournal(damaged);
    expect(withoutPositions(journal)).toEqual(entries.slice(1));
    expect(journal.synced).toBe(1);
  });

  test("a newer format is refused with words", () => {
    expect(() => parseJournal(journalHead(h).replace("#NJ:1\n", "#NJ:2\n"))).toThrow("format 2");
  });
});
