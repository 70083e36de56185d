import { describe, expect, test } from "bun:test";
import type { ChannelStatus as CaptureState } from "../../../src/capture/channel-status.ts";
import type { Clock } from "../../../src/platform/clock.ts";
import { healthHttpStatus, healthOf, STARTING_MS } from "../../../src/status/health.ts";
import { StatusReader, type StatusDeps } from "../../../src/status/status.ts";
import { FakeFootage, fakeRecording } from "./fake-footage.ts";

const now = Date.UTC(2026, 10, 20, 15, 0, 0);

const clock: Clock = {
  nowMs: () => now,
  monotonicMs: () => 0,
  bootMs: () => 0,
  bootId: "boot",
  synchronised: () => true,
  sleep: async () => undefined,
};

const recording: CaptureState = { state: "recording", sinceMs: 0, attempts: 0, lastSampleMs: now };
const offline: CaptureState = {
  state: "waiting",
  sinceMs: now,
  attempts: 9,
  end: { reason: "source-offline", detail: "connection refused" },
};

function health(captures: CaptureState[], change: Partial<StatusDeps> = {}, uptimeMs = STARTING_MS) {
  const footage = new FakeFootage();
  captures.forEach((_, n) => {
    footage.add(`cam${n}`);
    footage.recordingList.push(fakeRecording(`cam${n}`, now - 10_000, now));
  });
  const reader = new StatusReader({
    clock,
    footage,
    history: footage,
    capture: (channel) => captures[Number(channel.slice(3))],
    source: () => undefined,
    arrivals: () => undefined,
    storage: () => ({ path: "/mnt/cctv", isFull: false, messages: [] }),
    ffmpeg: () => "/usr/bin/ffmpeg",
    databaseTrouble: () => undefined,
    version: "1.0.0",
    ...change,
  });
  const found = healthOf(reader.all(), uptimeMs);
  return {
    status: found.status,
    http: healthHttpStatus(found),
    codes: found.reasons.map((reason) => reason.code),
    found,
  };
}

describe("health", () => {
  test("all is well", () => {
    expect(health([recording])).toMatchObject({ status: "ok", http: 200, codes: [] });
  });

  test("no channel is configured: nothing is wrong", () => {
    expect(health([])).toMatchObject({ status: "ok", http: 200, codes: [] });
  });

  test("one of two channels is offline: degraded, and named", () => {
    const { status, http, found } = health([recording, offline]);
    expect([status, http]).toEqual(["degraded", 200]);
    expect(found.reasons).toEqual([
      { code: "channel-not-recording", channel: "cam1", message: "Offline since 15:00 (connection refused)" },
    ]);
    expect(found.channels).toEqual({ configured: 2, recording: 1 });
  });

  test("none records: failing, but not in the first half minute", () => {
    expect(health([offline, offline])).toMatchObject({ status: "failing", http: 503 });
    expect(health([offline, offline]).codes[0]).toBe("nothing-recorded");
    expect(health([offline, offline], {}, STARTING_MS - 1)).toMatchObject({ status: "starting", http: 200 });
  });

  test("where nothing is sent, the sender may be at fault: no failure, and nobody misses ffmpeg", () => {
    const change: Partial<StatusDeps> = {
      source: () => ({ kind: "upload" }),
      arrivals: () => ({
        lastArrivalMs: now - 3 * 3_600_000,
        lateFiles: 0,
        quarantinedFiles: 0,
        unreadable: [],
        unreadableFiles: 0,
      }),
      ffmpeg: () => undefined,
    };
    expect(health([offline], change)).toMatchObject({
      status: "degraded",
      http: 200,
      codes: ["channel-not-recording"],
    });
  });

  test("the storage is missing or full: failing at once", () => {
    const missing = {
      path: "/mnt/cctv",
      isFull: false,
      messages: [],
      missing: { reason: "disk-missing", detail: "not mounted" },
    };
    const storage = () => missing as ReturnType<StatusDeps["storage"]>;
    expect(health([recording], { storage }, 0)).toMatchObject({
      status: "failing",
      http: 503,
      codes: ["storage-missing"],
    });
    const full = () => ({ path: "/mnt/cctv", isFull: true, messages: [] });
    expect(health([recording], { storage: full })).toMatchObject({
      status: "failing",
      http: 503,
      codes: ["storage-full"],
    });
  });

  test("databases that don't answer are asked for nothing else", () => {
    const footage = new FakeFootage();
    footage.channels = () => {
      throw new Error("the index was asked");
    };
    const databaseTrouble = () => "index.db can't be read";
    expect(health([], { footage, databaseTrouble })).toMatchObject({
      http: 503,
      codes: ["database-unusable"],
    });
  });

  test("what does not stop recording is said with 200", () => {
    const unsure = { ...clock, synchronised: () => false };
    const storage = () => ({ path: "/mnt/cctv", isFull: false, messages: ["Held back."] });
    expect(health([recording], { clock: unsure, storage })).toMatchObject({
      status: "ok",
      http: 200,
      codes: ["storage-message", "clock-unsynchronised"],
    });
    expect(health([recording], { ffmpeg: () => undefined })).toMatchObject({
      status: "degraded",
      codes: ["ffmpeg-missing"],
    });
  });
});
