import { mkdir } from "node:fs/promises";
import { z } from "zod";
import { checkedList, SECOND_MS, wallTimes } from "../integration/clock-support.ts";
import { TimeCamera } from "../rtsp/time-camera.ts";
import { channelReport, waitForRecording } from "../support/channels.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { Nightjar, nightjarCommand } from "../support/nightjar.ts";
import { freePort } from "../support/ports.ts";
import { waitFor } from "../support/wait.ts";

/** Midnight of a Monday in UTC: the day before is 6, a Sunday. */
export const MIDNIGHT_MS = Date.UTC(2026, 10, 23);
export const YESTERDAY = "2026-11-22";
export const TODAY = "2026-11-23";

/** From the start to midnight. */
const EVENING_MS = 95_000;
const WRONG_BY_MS = -40 * 60_000;

const CAMERAS = {
  day: {},
  changed: {},
  mute: { sound: "none" },
  alaw: { sound: "alaw" },
  h265: { codec: "h265" },
} as const;

/** What `nightjar ls --json` tells of gaps. Times in ms UTC. */
const listing = z.object({
  channels: z.array(
    z.object({
      days: z.array(
        z.object({
          gaps: z.array(z.object({ startMs: z.number(), endMs: z.number(), reason: z.string() })),
        }),
      ),
    }),
  ),
});
const gapsOf = ({ days }: z.infer<typeof listing>["channels"][number]) => days.flatMap(({ gaps }) => gaps);

/** A time without footage, in ms UTC, and why, in the order of the reasons. */
export type ToldGap = { startMs: number; endMs: number; reasons: string[] };

export const channels = Object.keys(CAMERAS) as (keyof typeof CAMERAS)[];

/**
 * Cameras whose pictures say when they were taken, recorded by the executable over a midnight of a clock of its own:
 * killed, started with a clock that is 40 minutes slow and then set right, a camera that goes away and comes back,
 * another that comes back with another size, stopped and started. It records on.
 */
export class WatchedDay implements AsyncDisposable {
  readonly #cameras = new Map<string, TimeCamera>();
  #server: Nightjar | undefined;

  private constructor(
    readonly folder: string,
    readonly clock: FakeClock,
  ) {}

  /** `folder`: for the configuration, the footage, and the clock. Takes about two minutes and a half. */
  static async record(folder: string): Promise<WatchedDay> {
    await mkdir(folder, { recursive: true });
    const clock = new FakeClock(folder);
    clock.show(MIDNIGHT_MS - EVENING_MS);
    const day = new WatchedDay(folder, clock);
    try {
      await day.#live();
      return day;
    } catch (error) {
      await day[Symbol.asyncDispose]();
      throw error;
    }
  }

  get server(): Nightjar {
    if (!this.#server) throw new Error("the server does not run");
    return this.#server;
  }

  /** What the archive's clock shows when the cameras' shows this, ms UTC. */
  archiveMs(cameraMs: number): number {
    return cameraMs + this.#rightOffsetMs;
  }

  #launcher: readonly string[] = [];
  #rightOffsetMs = 0;
  #ports = new Map<string, number>();

  async #live(): Promise<void> {
    this.#rightOffsetMs = this.clock.offsetMs;
    for (const id of channels) {
      this.#ports.set(id, await freePort());
      await this.#camera(id);
    }
    await this.#start();
    await Bun.sleep(12_000);
    await this.server.kill();
    await this.server.nothingLeft();
    await Bun.sleep(5000);
    this.clock.set(this.#rightOffsetMs + WRONG_BY_MS);
    this.#launcher = this.clock.reboot();
    await this.#start();
    await Bun.sleep(14_000);
    this.clock.set(this.#rightOffsetMs);
    await this.#isLive();
    await Bun.sleep(8000);
    await this.#cameras.get("day")?.[Symbol.asyncDispose]();
    await Bun.sleep(9000);
    await this.#camera("day");
    await this.#until(MIDNIGHT_MS + 10_000);
    await this.#cameras.get("changed")?.[Symbol.asyncDispose]();
    await this.#camera("changed", { width: 1280, height: 720 });
    await Bun.sleep(16_000);
    await this.server.stop();
    await this.#start();
    await Bun.sleep(20_000);
  }

  async #camera(id: keyof typeof CAMERAS, change: { width?: number; height?: number } = {}): Promise<void> {
    const port = this.#ports.get(id) ?? 0;
    this.#cameras.set(id, await TimeCamera.start({ ...CAMERAS[id], ...change, port, isSteady: true }));
  }

  async #start(): Promise<void> {
    const sources = channels.map((id) => [id, { source: `rtsp://127.0.0.1:${this.#ports.get(id)}/time` }]);
    this.#server = await Nightjar.start({
      folder: this.folder,
      env: this.clock.env,
      launcher: this.#launcher,
      config: {
        auth: "none",
        timezone: "UTC",
        storage: { path: "./footage", flush: "1s", min_free: "1MB" },
        channels: Object.fromEntries(sources),
      },
    });
    await waitForRecording(this.#server, channels, { timeoutMs: 60_000 });
  }

  async #isLive(): Promise<void> {
    for (const id of channels) {
      await waitFor(
        `${id} live after the clock was set`,
        async () => {
          const list = checkedList(await this.server.text(`/${id}/live.m3u8?player=vlc`));
          return Math.abs((wallTimes(list).at(-1)?.endMs ?? 0) - this.clock.nowMs) < 6 * SECOND_MS;
        },
        { timeoutMs: 40_000, everyMs: 500 },
      );
    }
  }

  async #until(atMs: number): Promise<void> {
    await Bun.sleep(Math.max(0, atMs - this.clock.nowMs));
  }

  /** Gaps of a channel's present day, by their reasons. */
  async gapReasons(id: string): Promise<string[]> {
    return (await channelReport(this.server, id)).day.gaps.map(({ reason }) => reason);
  }

  /** All gaps that a channel's footage has, in order; those that follow one another without footage between are one. */
  async gapsTold(id: string): Promise<ToldGap[]> {
    const { stdout } = await nightjarCommand(["ls", id, "--json"], { folder: this.folder });
    const joined: ToldGap[] = [];
    for (const { startMs, endMs, reason } of listing.parse(JSON.parse(stdout)).channels.flatMap(gapsOf)) {
      const last = joined.at(-1);
      if (last?.endMs === startMs) Object.assign(last, { endMs, reasons: [...last.reasons, reason] });
      else joined.push({ startMs, endMs, reasons: [reason] });
    }
    return joined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    for (const camera of this.#cameras.values()) await camera[Symbol.asyncDispose]();
  }
}
