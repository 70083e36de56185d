import { expect, test } from "bun:test";
import { TargetDurations } from "../../../src/playback/target-durations.ts";

test("a target duration grows, also over restarts, and never falls", () => {
  const kept = new Map<string, number>();
  const store = {
    read: (channel: string) => kept.get(channel) ?? 0,
    raise(channel: string, seconds: number) {
      kept.set(channel, Math.max(kept.get(channel) ?? 0, seconds));
    },
  };
  const before = new TargetDurations(2000, store);
  expect([before.grow("a", 1), before.grow("a", 5), before.grow("a", 2), before.grow("b", 3)]).toEqual([
    2, 5, 5, 3,
  ]);
  const after = new TargetDurations(2000, store);
  expect([after.grow("a", 2), after.grow("b", 2)]).toEqual([5, 3]);
});
