import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ChannelRegistry } from "../../../src/archive/channel-registry.ts";
import type { ChannelConfig } from "../../../src/config/config.ts";
import type { ChannelTotals } from "../../../src/db/index/index-database.ts";
import { StateDatabase } from "../../../src/db/state/state-database.ts";
import { systemClock } from "../../../src/platform/system-clock.ts";

const channel = (id: string, more: Partial<ChannelConfig> = {}): ChannelConfig => ({
  id,
  name: id,
  source: { kind: "demo", scene: "street" },
  audio: true,
  keep: {},
  zone: "UTC",
  was: [],
  enabled: true,
  ...more,
});

function withRegistry(
  totals: ChannelTotals[],
  check: (registry: ChannelRegistry, state: StateDatabase) => void,
) {
  const folder = mkdtempSync(join(tmpdir(), "nightjar-registry-"));
  const state = StateDatabase.open(join(folder, "state.db"));
  try {
    check(
      new ChannelRegistry({ state, index: { totals: () => totals }, clock: systemClock(), zone: "UTC" }),
      state,
    );
  } finally {
    state.close();
    rmSync(folder, { recursive: true });
  }
}

describe("channel registry", () => {
  test("a channel that leaves the configuration is retired with its last limits, and comes back", () => {
    withRegistry([], (registry) => {
      registry.apply([channel("front", { keep: { days: 5 } }), channel("yard")]);
      registry.apply([channel("yard")]);
      expect(registry.channels()).toMatchObject([
        { id: "yard", isRetired: false },
        { id: "front", isRetired: true, keep: { days: 5 } },
      ]);
      registry.apply([channel("front"), channel("yard")]);
      expect(registry.channels().map(({ id, isRetired }) => [id, isRetired])).toEqual([
        ["front", false],
        ["yard", false],
      ]);
    });
  });

  test("a former id is its heir's, not a retired channel", () => {
    withRegistry([], (registry) => {
      registry.apply([channel("garage-old")]);
      registry.apply([channel("garage", { was: ["garage-old"] })]);
      expect(registry.channels()).toMatchObject([{ id: "garage", was: ["garage-old"], isRetired: false }]);
    });
  });

  test("footage of which the lost state says nothing is listed as a retired channel without limits", () => {
    withRegistry(
      [{ channel: "attic", recordings: 1, sizeBytes: 1, startMs: 0, endMs: 1 }],
      (registry, state) => {
        registry.apply([channel("yard")]);
        expect(registry.channels()).toMatchObject([
          { id: "yard" },
          { id: "attic", isRetired: true, keep: {} },
        ]);
        expect(state.channels().map(({ id }) => id)).toEqual(["attic", "yard"]);
      },
    );
  });

  test("an id written in other letters is the same channel, with the footage of both", () => {
    withRegistry([], (registry) => {
      registry.apply([channel("Front")]);
      registry.apply([channel("front")]);
      expect(registry.channels()).toMatchObject([{ id: "front", was: ["Front"], isRetired: false }]);
    });
  });
});
