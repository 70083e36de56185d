import { describe, expect, test } from "bun:test";
import type { ChannelStatus as CaptureState } from "../../../src/capture/channel-status.ts";
import { endReasons } from "../../../src/media/reasons.ts";
import {
  channelStatus,
  codecWords,
  gapWords,
  outageWords,
  pictureWords,
} from "../../../src/status/channel-status.ts";
import { CoverageReader } from "../../../src/status/coverage.ts";
import { FakeFootage, fakeRecording } from "./fake-footage.ts";

const HOUR = 3_600_000;
const now = Date.UTC(2026, 10, 20, 15, 0, 0);

type World = { capture?: CaptureState; footage?: FakeFootage; isRetired?: boolean; hasFootage?: boolean };

function statusOf({ capture, footage = new FakeFootage(), isRetired = false, hasFootage = true }: World) {
  const channel = footage.add("yard", "Yard", "Europe/Berlin", isRetired);
  if (hasFootage) footage.recordingList.push(fakeRecording("yard", now - 2 * HOUR, now - HOUR));
  const today = new CoverageReader(footage, footage).today(channel, now);
  const newest = footage.lastBefore("yard", Infinity);
  return channelStatus(footage, { channel, capture, today, newest, nowMs: now });
}

const waiting: CaptureState = {
  state: "waiting",
  sinceMs: now - 1_000,
  attempts: 4,
  nextTryMs: now + 12_000,
};

describe("headlines", () => {
  test("recording", () => {
    const capture: CaptureState = { state: "recording", sinceMs: 0, attempts: 0, lastSampleMs: now - 4_999 };
    expect(statusOf({ capture })).toMatchObject({
      condition: "recording",
      headline: "Recording",
      isTrouble: false,
    });
  });

  test("recording, but nothing comes", () => {
    const capture: CaptureState = { state: "recording", sinceMs: 0, attempts: 0, lastSampleMs: now - 9_000 };
    expect(statusOf({ capture })).toMatchObject({
      condition: "stalled",
      headline: "Nothing came for 9 s",
      isTrouble: true,
    });
  });

  test("offline since the footage ended, not since the last try", () => {
    const footage = new FakeFootage();
    const end = { reason: "source-offline", detail: "connection refused" } as const;
    footage.outages.set("yard", { ...end, sinceMs: now - HOUR });
    const status = statusOf({ footage, capture: { ...waiting, end } });
    expect(status).toMatchObject({
      condition: "offline",
      headline: "Offline since 15:00 (connection refused)",
      note: "Next try in 12 s",
      isTrouble: true,
    });
    expect(status.dayWords).toBe("1 gap today, 1 h");
  });

  test("a source that never came", () => {
    const end = { reason: "source-auth", detail: "401 Unauthorized" } as const;
    expect(statusOf({ hasFootage: false, capture: { ...waiting, end } })).toMatchObject({
      condition: "never-seen",
      headline: "Never seen. User name or password refused (401 Unauthorized)",
      hasFootage: false,
    });
  });

  test("a change of format is no trouble until it lasts", () => {
    const footage = new FakeFootage();
    const end = { reason: "init-changed", detail: "" } as const;
    footage.outages.set("yard", { ...end, sinceMs: now - 3_000 });
    expect(statusOf({ footage, capture: { ...waiting, end } })).toMatchObject({
      condition: "connecting",
      isTrouble: false,
    });
    const later = new FakeFootage();
    later.outages.set("yard", { ...end, sinceMs: now - 30_000 });
    expect(statusOf({ footage: later, capture: { ...waiting, end } }).condition).toBe("offline");
  });

  test("connecting for the first time, switched off, stopped, retired", () => {
    const connecting: CaptureState = { state: "connecting", sinceMs: now, attempts: 1 };
    expect(statusOf({ capture: connecting, hasFootage: false }).headline).toBe("Connecting");
    expect(statusOf({}).headline).toBe("Switched off in the configuration");
    const stopped: CaptureState = { state: "stopped", sinceMs: now - HOUR, attempts: 0 };
    expect(statusOf({ capture: stopped }).headline).toBe("Stopped since 15:00");
    expect(statusOf({ isRetired: true }).condition).toBe("retired");
  });

  test("a missing program is this machine's fault, not that of the camera's format", () => {
    const end = { reason: "source-unsupported", detail: 'The program "ffmpeg" was not found' } as const;
    const capture: CaptureState = { ...waiting, end };
    const why = "(install it, for example with: apt install ffmpeg)";
    expect(statusOf({ capture, hasFootage: false }).headline).toBe(
      `Never seen. Not recording, ffmpeg was not found on this machine ${why}`,
    );
    expect(outageWords(end, now - HOUR, now, "Europe/Berlin")).toBe(
      `Not recording, ffmpeg was not found on this machine, since 15:00 ${why}`,
    );
    const other = { ...end, detail: 'The program "/opt/camera" was not found' };
    expect(outageWords(other, now - HOUR, now, "Europe/Berlin")).toBe(
      "Not recording, the program /opt/camera was not found on this machine, since 15:00 (install it, or correct its path)",
    );
    const format = { ...end, detail: "it sends pictures in mjpeg" };
    expect(outageWords(format, now - HOUR, now, "Europe/Berlin")).toBe(
      "Format can't be kept since 15:00 (it sends pictures in mjpeg)",
    );
  });

  test("every reason makes a sentence", () => {
    for (const reason of endReasons) {
      const sentence = outageWords({ reason, detail: "why" }, now - 26 * HOUR, now, "Europe/Berlin");
      expect(sentence).toMatch(/^[A-Z][a-z' ,]+ since Thu 19 Nov 2026, 14:00 \(why\)$/);
    }
  });
});

describe("the day in words", () => {
  const gap = (lengthMs: number) =>
    ({ startMs: 0, endMs: lengthMs, reason: "stopped", detail: "", isOpen: false }) as const;
  const today = { date: "2026-11-20", zone: "UTC", startMs: 0, endMs: 1, nowMs: 1 };
  const spans = [{ startMs: 0, endMs: 1 }];
  test.each([
    [{ ...today, spans, gaps: [gap(60_000), gap(120_000), gap(60_000)] }, "3 gaps today, 4 min"],
    [{ ...today, spans, gaps: [] }, "No gaps today"],
    [{ ...today, spans: [], gaps: [] }, "Nothing recorded today"],
    [{ ...today, spans: [], gaps: [gap(1)] }, "No footage today"],
  ])("%#", (day, expected) => expect(gapWords(day)).toBe(expected));
});

describe("the picture in words", () => {
  test("of the newest run while nothing is recorded", () => {
    const { picture } = statusOf({ capture: waiting });
    expect(picture && pictureWords(picture)).toBe("H.264, 1920 × 1080, 25 pictures a second, AAC sound");
  });

  test("with what was measured", () => {
    const picture = {
      videoCodec: "hvc1.1.6.L93.B0",
      width: 2560,
      height: 1440,
      bitrateBps: 4.12e6,
      keyIntervalMs: 10_000,
    };
    expect(pictureWords(picture)).toBe("H.265, 2560 × 1440, no sound, 4.1 Mbit/s, key frame every 10 s");
  });

  test("an unknown codec keeps its own name", () =>
    expect(codecWords("av01.0.04M.08")).toBe("av01.0.04M.08"));
});
