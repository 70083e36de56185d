import { describe, expect, test } from "bun:test";
import type { ArrivalStatus } from "../../../src/capture/channel-status.ts";
import { arrivalFacts, arrivalState } from "../../../src/status/arrival-words.ts";
import { calendarDays } from "../../../src/status/calendar.ts";
import { CoverageReader } from "../../../src/status/coverage.ts";
import { fileSpans } from "../../../src/db/index/file-spans.ts";
import { FakeFootage, fakeFiles, fakeRecording } from "./fake-footage.ts";

const SECOND = 1000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const now = Date.UTC(2026, 10, 20, 15, 0, 0);

const arriving = (change: Partial<ArrivalStatus> = {}): ArrivalStatus => ({
  lastArrivalMs: now - 60_000,
  lateFiles: 0,
  quarantinedFiles: 0,
  unreadable: [],
  unreadableFiles: 0,
  ...change,
});
const view = { newestMs: now - 60_000, isFolder: false, nowMs: now, zone: "UTC" };
const trouble = { reason: "disk-missing", detail: "it is not mounted", sinceMs: now - HOUR } as const;

describe("a channel whose footage arrives as files", () => {
  test.each([
    ["receives", {}, {}, "recording", false, "Receiving files"],
    [
      "is quiet for a while",
      { lastArrivalMs: now - 2 * HOUR + 1 },
      {},
      "recording",
      false,
      "Receiving files",
    ],
    ["is quiet for long", { lastArrivalMs: now - 2 * HOUR }, {}, "stalled", true, "Nothing for 2 h"],
    ["never got one", {}, { newestMs: undefined }, "never-seen", false, "No file has come yet"],
    ["is found first", { isLookingThrough: true }, {}, "connecting", false, "Looking through its files"],
    ["watches", {}, { isFolder: true }, "recording", false, "Watching for files"],
    ["found none", {}, { isFolder: true, newestMs: undefined }, "never-seen", false, "No file was found yet"],
    [
      "can't take any",
      { trouble },
      {},
      "offline",
      true,
      "No file can be taken since 14:00 (it is not mounted)",
    ],
    [
      "can't read its folder",
      { trouble },
      { isFolder: true },
      "offline",
      true,
      "The folder can't be read since 14:00 (it is not mounted)",
    ],
    [
      "watches, and the storage is full",
      { trouble: { ...trouble, isOfStorage: true } },
      { isFolder: true },
      "offline",
      true,
      "No file can be taken since 14:00 (it is not mounted)",
    ],
  ] as const)("%s", (_name, change, viewChange, condition, isTrouble, headline) => {
    const state = arrivalState(arriving(change), { ...view, ...viewChange });
    expect(state).toMatchObject({ condition, isTrouble, headline });
  });

  test("tells how far its newest footage is behind", () => {
    const { note } = arrivalState(arriving(), { ...view, newestMs: now - 3 * HOUR });
    expect(note).toBe("The newest footage is of 12:00");
    const facts = arrivalFacts(arriving({ lateFiles: 3 }), { ...view, newestMs: now - 3 * HOUR });
    expect(facts.map(({ value }) => value)).toEqual(["1 min ago, 14:59", "3 h behind now", "3 files"]);
  });
});

describe("holes between files", () => {
  const start = now - 3 * HOUR;

  test("a second is none: names tell whole seconds", () => {
    const { segments } = fakeFiles("gate", start, start + 30 * SECOND);
    const apart = segments.map((segment, index) => ({ ...segment, startMs: segment.startMs + index * 900 }));
    expect(fileSpans("run", apart)).toHaveLength(1);
    const further = segments.map((segment, index) => ({
      ...segment,
      startMs: segment.startMs + index * 1100,
    }));
    expect(fileSpans("run", further)).toHaveLength(3);
  });

  test("spans have the bytes of their own files, in whatever order these came", () => {
    const { segments } = fakeFiles("gate", start, start + 60 * SECOND, [start + 20 * SECOND]);
    const spans = fileSpans("run", segments);
    expect(spans.map(({ startMs, endMs, sizeBytes }) => [startMs - start, endMs - start, sizeBytes])).toEqual(
      [
        [0, 20_000, 2_000_000],
        [30_000, 60_000, 3_000_000],
      ],
    );
  });

  /** Files of an hour today with two missing, and of an hour two days before. */
  function world(): FakeFootage {
    const footage = new FakeFootage();
    footage.add("gate");
    footage.recordingList.push(
      fakeFiles("gate", start - 2 * DAY, start - 2 * DAY + HOUR),
      fakeFiles("gate", start, start + HOUR, [start + 600 * SECOND, start + 610 * SECOND]),
    );
    return footage;
  }
  const dayOf = (footage: FakeFootage, date: string) =>
    new CoverageReader(footage, footage).day(footage.channelList[0]!, date, now);

  test("are gaps of a day, and so is what lies before its first file when there are older ones", () => {
    const { spans, gaps, startMs } = dayOf(world(), "2026-11-20");
    expect(spans).toHaveLength(2);
    expect(gaps.map((gap) => [gap.startMs, gap.endMs, gap.reason])).toEqual([
      [startMs, start, "not-uploaded"],
      [start + 600 * SECOND, start + 620 * SECOND, "not-uploaded"],
    ]);
  });

  test("a day without any between two with files is one gap; before the first file there is none", () => {
    expect(dayOf(world(), "2026-11-19").gaps).toMatchObject([{ endMs: Date.UTC(2026, 10, 20) }]);
    expect(dayOf(world(), "2026-11-17")).toMatchObject({ spans: [], gaps: [] });
    const first = dayOf(world(), "2026-11-18");
    expect(first.gaps).toMatchObject([{ startMs: start - 2 * DAY + HOUR }]);
  });

  test("a gap that is known already is told once", () => {
    const footage = world();
    footage.gap("gate", start + 600 * SECOND, start + 620 * SECOND, { reason: "damaged", detail: "" });
    expect(dayOf(footage, "2026-11-20").gaps.map(({ reason }) => reason)).toEqual([
      "not-uploaded",
      "damaged",
    ]);
  });

  test("the calendar counts them, with the time that is really there", () => {
    const footage = world();
    const facts = { footage, history: footage, nowMs: now };
    const days = calendarDays(facts, footage.channelList[0]!, "2026-11-01", "2026-12-01");
    expect(days.map(({ date, gaps, recordedMs }) => [date, gaps, recordedMs / SECOND])).toEqual([
      ["2026-11-18", 1, 3600],
      ["2026-11-19", 1, 0],
      ["2026-11-20", 2, 3580],
    ]);
  });

  test("footage of uninterrupted runs is left to the gaps that were stored", () => {
    const footage = new FakeFootage();
    footage.add("gate");
    footage.recordingList.push(
      fakeRecording("gate", start, start + HOUR),
      fakeRecording("gate", start + 2 * HOUR, now),
    );
    expect(dayOf(footage, "2026-11-20").gaps).toEqual([]);
  });
});
