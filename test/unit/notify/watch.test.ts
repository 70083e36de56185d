import { describe, expect, test } from "bun:test";
import type { ChannelSeen, Notice, Observation, Trouble } from "../../../src/notify/notice.ts";
import { Watch, type Told, type WatchRules } from "../../../src/notify/watch.ts";

const T = Date.UTC(2026, 10, 21, 14);
const ALL: WatchRules = { events: ["offline", "online", "storage", "storage-back"], afterMs: 30_000 };

const channel = (state: ChannelSeen["state"], change: Partial<ChannelSeen> = {}): ChannelSeen => ({
  id: "yard",
  name: "Yard",
  state,
  reason: state === "offline" ? "source-offline" : "",
  detail: state === "offline" ? "connection refused" : "",
  sinceMs: T,
  words: state === "offline" ? "Offline since 14:00 (connection refused)" : "",
  zone: "UTC",
  ...change,
});

/** Looks each second of a story; each part lasts so many seconds. */
function story(
  rules: Partial<WatchRules>,
  parts: readonly { seconds: number; channels?: ChannelSeen[]; troubles?: Trouble[] }[],
  told?: Told,
): { notices: (Notice & { second: number })[]; told: Told } {
  const watch = new Watch({ ...ALL, ...rules }, told);
  const notices: (Notice & { second: number })[] = [];
  let second = 0;
  for (const { seconds, channels = [], troubles = [] } of parts) {
    for (let left = seconds; left > 0; left--, second++) {
      const seen: Observation = {
        nowMs: T + second * 1000,
        monotonicMs: second * 1000,
        channels,
        troubles,
        zone: "UTC",
      };
      notices.push(...watch.see(seen).map((notice) => ({ ...notice, second })));
    }
  }
  return { notices, told: watch.told };
}

const events = (notices: readonly (Notice & { second: number })[]): string[] =>
  notices.map(({ event, channel: id, reason, second }) => `${second} ${event} ${id ?? reason}`);

describe("channels", () => {
  test("an outage is told after its grace, once, and its end with what is missing", () => {
    const { notices } = story({}, [
      { seconds: 10, channels: [channel("recording")] },
      { seconds: 120, channels: [channel("offline", { sinceMs: T + 10_000 })] },
      { seconds: 60, channels: [channel("recording", { sinceMs: T + 130_000 })] },
    ]);
    expect(events(notices)).toEqual(["40 offline yard", "130 online yard"]);
    expect(notices[0]).toMatchObject({
      name: "Yard",
      state: "offline",
      reason: "source-offline",
      detail: "connection refused",
      sinceMs: T + 10_000,
      text: "Offline since 14:00 (connection refused)",
    });
    expect(notices[1]?.text).toBe("Recording again since 14:02; 2 min are missing");
  });

  test("one that connects again in time is no alarm, nor is one that is just starting or not meant to record", () => {
    const outage = [
      { seconds: 29, channels: [channel("offline")] },
      { seconds: 5, channels: [channel("recording")] },
    ];
    expect(story({}, [...outage, ...outage, ...outage]).notices).toEqual([]);
    expect(story({}, [{ seconds: 90, channels: [channel("unknown")] }]).notices).toEqual([]);
    expect(story({}, [{ seconds: 90, channels: [channel("off")] }]).notices).toEqual([]);
  });

  test("a start in which the source is never reached is told", () => {
    const { notices } = story({ afterMs: 10_000 }, [
      { seconds: 3, channels: [channel("unknown")] },
      { seconds: 30, channels: [channel("offline")] },
    ]);
    expect(events(notices)).toEqual(["13 offline yard"]);
  });

  test("what was told before a restart is not told again, but its end is", () => {
    const before = story({}, [{ seconds: 60, channels: [channel("offline")] }]);
    expect(events(before.notices)).toEqual(["30 offline yard"]);
    const after = story(
      {},
      [
        { seconds: 60, channels: [channel("offline")] },
        { seconds: 2, channels: [channel("recording", { sinceMs: T + 3_600_000 })] },
      ],
      before.told,
    );
    expect(events(after.notices)).toEqual(["60 online yard"]);
    expect(after.notices[0]?.text).toContain("1 h are missing");
    expect(after.told.channels).toEqual({});
  });

  test("one that is switched off or taken out is forgotten without a word", () => {
    const told = { channels: { yard: T }, troubles: {} };
    expect(story({}, [{ seconds: 40, channels: [channel("off")] }], told)).toEqual({
      notices: [],
      told: { channels: {}, troubles: {} },
    });
    expect(story({}, [{ seconds: 1 }], told).told.channels).toEqual({});
    // A restart for a changed address takes a moment in which it is not recorded.
    const moment = [
      { seconds: 5, channels: [channel("off")] },
      { seconds: 5, channels: [channel("recording")] },
    ];
    expect(events(story({}, moment, told).notices)).toEqual(["5 online yard"]);
  });

  test("only the channels and events asked for are told", () => {
    const gate = channel("offline", { id: "Gate", name: "Gate" });
    const parts = [{ seconds: 40, channels: [channel("offline"), gate] }];
    expect(events(story({ channels: ["gate"] }, parts).notices)).toEqual(["30 offline Gate"]);
    expect(story({ events: ["online"] }, parts).notices).toEqual([]);
  });
});

describe("what stops everything", () => {
  const missing: Trouble = { reason: "storage-missing", detail: "/mnt: not mounted", sinceMs: T };

  test("is told once, not for each channel, and so is its end", () => {
    const dark = [
      channel("offline", { reason: "disk-missing" }),
      channel("offline", { id: "gate", reason: "disk-missing" }),
    ];
    const { notices } = story({}, [
      { seconds: 100, channels: dark, troubles: [missing] },
      { seconds: 10, channels: [channel("recording"), channel("recording", { id: "gate" })] },
    ]);
    expect(events(notices)).toEqual(["30 storage storage-missing", "100 storage-back storage-missing"]);
    expect(notices[0]?.text).toBe("/mnt: not mounted");
    expect(notices[1]?.text).toBe("The storage is there again; trouble began 14:00");
  });

  test("a camera that is away meanwhile is told all the same; whoever hears of channels only hears of each", () => {
    const away = [{ seconds: 40, channels: [channel("offline")], troubles: [missing] }];
    expect(events(story({}, away).notices)).toEqual(["30 storage storage-missing", "30 offline yard"]);
    const dark = [
      { seconds: 40, channels: [channel("offline", { reason: "disk-missing" })], troubles: [missing] },
    ];
    expect(events(story({ events: ["offline"] }, dark).notices)).toEqual(["30 offline yard"]);
  });

  test("a slow disk has already cost something, so it is told at once", () => {
    const slow: Trouble = { reason: "disk-slow", detail: "too slow for Yard", sinceMs: T };
    const { notices } = story({}, [{ seconds: 5, troubles: [slow] }, { seconds: 5 }]);
    expect(events(notices)).toEqual(["0 storage disk-slow", "5 storage-back disk-slow"]);
  });

  test("a moment of it is not told", () => {
    expect(
      story({}, [{ seconds: 20, troubles: [missing] }, { seconds: 1 }, { seconds: 20, troubles: [missing] }])
        .notices,
    ).toEqual([]);
  });
});
