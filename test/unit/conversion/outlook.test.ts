import { expect, test } from "bun:test";
import type { ChannelConfig, Config } from "../../../src/config/config.ts";
import type { ConvertConfig } from "../../../src/config/convert.ts";
import { endOfDateMs, waitingDays } from "../../../src/conversion/backlog.ts";
import { figuresText, outlookOf } from "../../../src/conversion/outlook.ts";
import { settingsText } from "../../../src/conversion/plan-pieces.ts";
import type { Trial } from "../../../src/conversion/trial.ts";

const HOUR_MS = 3_600_000;
const convert: ConvertConfig = {
  afterMs: 48 * HOUR_MS,
  codec: "h265",
  crf: 28,
  preset: "medium",
  encoder: "auto",
};

const channel = (id: string, converts = true): ChannelConfig => ({
  id,
  name: id,
  source: { kind: "upload" },
  audio: true,
  keep: {},
  zone: "Europe/Berlin",
  was: [],
  enabled: true,
  ...(converts ? { convert } : {}),
});

const configOf = (
  ids: readonly string[],
  window?: Config["jobs"]["window"],
): Pick<Config, "channels" | "jobs"> => ({
  channels: new Map([...ids.map((id) => [id, channel(id)] as const), ["plain", channel("plain", false)]]),
  jobs: window ? { window } : {},
});

/** A minute that took so many seconds. */
const trial = (id: string, seconds: number): Trial => ({
  channel: id,
  settings: settingsText(convert),
  encoder: "libx265",
  atMs: 0,
  footageMs: 60_000,
  tookMs: seconds * 1000,
  pictureCount: 1500,
  beforeBytes: 1000,
  afterBytes: 400,
  dayMs: 24 * HOUR_MS,
  dayBytes: 1_440_000,
});

const trialsOf = (...all: Trial[]) => ({
  of: (id: string, settings: string) => all.find((one) => one.channel === id && one.settings === settings),
});

test("says what a minute says of a day", () => {
  const { channels, dailyMs, refusal } = outlookOf(configOf(["a", "b"]), trialsOf(trial("a", 15)));
  expect(channels.map(({ channel: id }) => id)).toEqual(["a", "b"]);
  expect(dailyMs).toBe(6 * HOUR_MS);
  expect(refusal).toBeUndefined();
  expect(channels.map(figuresText)).toEqual([
    "100 pictures a second with libx265: 24 h of footage take 6 h and become 60 % smaller, which saves 864 kB a day",
    "A minute is encoded before its first day, to see how long that takes",
  ]);
});

test("says what keeps the days of a channel from ever being converted", () => {
  const textOf = (more: Partial<ChannelConfig>): string => {
    const { channels } = outlookOf(
      { channels: new Map([["a", { ...channel("a"), ...more }]]), jobs: {} },
      trialsOf(),
    );
    return channels.map(figuresText).join();
  };
  const tooSoon =
    "No whole day is converted: it is whole until 2 d after its end (keep), and would be converted 2 d after it (convert.after)";
  expect(textOf({ keep: { days: 2 } })).toBe(tooSoon);
  expect(textOf({ keep: { maxAgeMs: 72 * HOUR_MS } })).toBe(tooSoon);
  expect(textOf({ keep: { maxAgeMs: 96 * HOUR_MS } })).toStartWith("A minute is encoded");
  expect(textOf({ keep: { days: 3 } })).toStartWith("A minute is encoded");
  const folder = { kind: "folder", path: "/a" } as const;
  expect(textOf({ source: { ...folder, manage: false } })).toContain("only with manage: true");
  expect(textOf({ source: { ...folder, manage: true } })).toStartWith("A minute is encoded");
});

test("refuses when a day takes longer than there is time, and not with other settings", () => {
  const trials = trialsOf(trial("a", 15), trial("b", 15));
  const night = { fromMinute: 22 * 60, toMinute: 6 * 60 };
  expect(outlookOf(configOf(["a", "b"]), trials).refusal).toBeUndefined();
  expect(outlookOf(configOf(["a"], night), trials).refusal).toBeUndefined();
  expect(outlookOf(configOf(["a", "b"], night), trials).refusal).toBe(
    "A day's footage of 2 channels takes 12 h to convert, longer than the 8 h of jobs.window (22:00-06:00): lower height, fps, preset or codec below convert",
  );
  expect(outlookOf(configOf(["a"]), trialsOf(trial("a", 61))).refusal).toContain("longer than a day");
  const other = { ...trial("a", 61), settings: settingsText({ ...convert, height: 480 }) };
  expect(outlookOf(configOf(["a"]), trialsOf(other)).refusal).toBeUndefined();
});

test("a day waits from its end, or the arrival of its last segment, the later of the two", () => {
  const day = (date: string, endMs: number, arrivedMs = endMs) => ({
    channel: "a",
    root: "r",
    date,
    endMs,
    arrivedMs,
    sizeBytes: 1,
  });
  // Summer time: the day ends at 22:00 UTC.
  const end = Date.UTC(2026, 5, 18, 22);
  expect(endOfDateMs("2026-06-18", "Europe/Berlin")).toBe(end);
  const days = [day("2026-06-18", end - HOUR_MS), day("2026-06-17", end - 30 * HOUR_MS, end + HOUR_MS)];
  const at = (nowMs: number) =>
    waitingDays(configOf(["a"]), { days: (id) => (id === "a" ? days : []) }, nowMs).map(({ date }) => date);
  expect(at(end + 48 * HOUR_MS - 1)).toEqual([]);
  expect(at(end + 48 * HOUR_MS)).toEqual(["2026-06-18"]);
  expect(at(end + 49 * HOUR_MS)).toEqual(["2026-06-18", "2026-06-17"]);
});
