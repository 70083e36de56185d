import { Database } from "bun:sqlite";
import { mkdirSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildApp } from "../../src/app.ts";
import { runStorageConfirm } from "../../src/archive/commands/storage.ts";
import { openArchive, type OpenArchive } from "../../src/archive/open-archive.ts";
import type { RunRecorder } from "../../src/capture/recording-sink.ts";
import type { RunSink, Source, SourceEnd } from "../../src/capture/source.ts";
import { ChannelSupervisor } from "../../src/capture/supervisor.ts";
import type { Config } from "../../src/config/config.ts";
import { configFromObject } from "../../src/config/load.ts";
import { parseMediaPlaylist, type ParsedMediaPlaylist } from "../../src/media/m3u8-parse.ts";
import type { Fragment } from "../../src/media/parameters.ts";
import { playlistFaults } from "../support/m3u8-validator.ts";
import { encodeClip, type Clip } from "../support/recorded-clip.ts";
import { SimulatedMachine, type SimulatedProcess } from "../support/simulated-machine.ts";

export const SECOND_MS = 1000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** Two seconds of pictures and sound, key frames each second: one segment. */
const realClip = encodeClip({ seconds: 2, size: "160x90" });
/** One group of pictures. */
const smallGop = encodeClip({ seconds: 1, size: "64x48", hasSound: false });

/** Pictures of the clip, sent for so many seconds. */
export const PICTURES_PER_SECOND = 25;

const fragmentOf = (
  track: "video" | "audio",
  taken: Clip["video"],
  decodeTicks: number,
  arrivalMs: number,
  stretch = 1,
): Fragment => ({
  track,
  decodeTicks,
  samples: taken.map(({ sample }) => ({ ...sample, durationTicks: sample.durationTicks * stretch })),
  payload: Buffer.concat(taken.map(({ payload }) => payload)),
  arrivalMs,
});

/** Sends one real group of pictures again and again, each as long as is wanted: so a day is recorded in seconds. */
export class SlowCamera {
  #ticks = 0;
  readonly #recorder: RunRecorder;

  constructor(
    private readonly house: House,
    private readonly gopMs: number,
  ) {
    this.#recorder = house.open.archive.openRun("cam", smallGop.parameters, (end) => {
      throw new Error(`${end.reason}: ${end.detail}`);
    });
  }

  /** Time goes by, at the end of which the pictures of that time arrive. */
  async sendUntil(wallMs: number): Promise<void> {
    const { machine } = this.house;
    const stretch = this.gopMs / 1000;
    while (machine.wallMs < wallMs) {
      await machine.pass(this.gopMs);
      this.#recorder.fragment(fragmentOf("video", smallGop.video, this.#ticks, machine.upMs, stretch));
      this.#ticks += this.gopMs * 90;
    }
    await machine.settled();
  }
}

/** A camera that a supervisor connects to: sends a clip in a loop, half a second at a time, while time goes by. */
class LoopCamera implements Source {
  readonly description = "a camera";
  #sink: RunSink | undefined;
  #halves = 0;
  #frames = 0;

  constructor(private readonly machine: SimulatedMachine) {}

  run(sink: RunSink, signal: AbortSignal): Promise<SourceEnd> {
    const { promise, resolve } = Promise.withResolvers<SourceEnd>();
    const end = () => {
      this.#sink = undefined;
      resolve(signal.reason as SourceEnd);
    };
    if (signal.aborted) end();
    else {
      signal.addEventListener("abort", end, { once: true });
      sink.begin(realClip.parameters);
      this.#sink = sink;
      this.#halves = 0;
      this.#frames = 0;
    }
    return promise;
  }

  /** What was seen in the last half second. */
  halfSecond(): void {
    const sink = this.#sink;
    if (!sink) return;
    const arrivalMs = this.machine.upMs;
    const at = this.#halves % 4;
    const [from, to] = [Math.floor(at * 12.5), Math.floor((at + 1) * 12.5)];
    const { video, audio } = realClip;
    const decodeTicks = (Math.floor(this.#halves / 4) * 50 + from) * 3600;
    sink.fragment(fragmentOf("video", video.slice(from, to), decodeTicks, arrivalMs));
    this.#halves += 1;
    const count = Math.floor((this.#halves * 24_000) / 1024) - this.#frames;
    const frames = Array.from({ length: count }, (_, i) => audio[(this.#frames + i) % audio.length]!);
    sink.fragment(fragmentOf("audio", frames, this.#frames * 1024, arrivalMs));
    this.#frames += count;
  }
}

/** Whether each list is one that players take, and what it says. */
export function checkedList(text: string, before?: string): ParsedMediaPlaylist {
  const faults = playlistFaults(text, before);
  if (faults.length > 0) throw new Error(`${faults.join("\n")}\n${text.slice(0, 3000)}`);
  return parseMediaPlaylist(text);
}

/** Wall time of each listed segment in ms UTC: as tagged, or counted on by durations. */
export function wallTimes(list: ParsedMediaPlaylist): { startMs: number; endMs: number; tagged: boolean }[] {
  let nextMs = Number.NaN;
  return list.segments.map(({ programDateTimeMs, durationSeconds }) => {
    const startMs = programDateTimeMs ?? nextMs;
    nextMs = startMs + durationSeconds * 1000;
    return { startMs, endMs: nextMs, tagged: programDateTimeMs !== undefined };
  });
}

export const sumSeconds = (list: ParsedMediaPlaylist): number =>
  list.segments.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);

export type HouseOptions = {
  zone?: string;
  keep?: Record<string, unknown>;
  flush?: string;
  /** Milliseconds UTC. */
  wallMs: number;
};

/**
 * A whole archive with one channel, `cam`: real files and databases, the real application over HTTP, on a machine
 * whose clocks the test moves.
 */
export class House implements AsyncDisposable {
  readonly machine: SimulatedMachine;
  readonly folder: string;
  process!: SimulatedProcess;
  open!: OpenArchive;
  app!: ReturnType<typeof buildApp>;
  #config!: Config;
  #camera: LoopCamera | undefined;
  #supervisor: ChannelSupervisor | undefined;

  private constructor(private readonly options: HouseOptions) {
    this.machine = new SimulatedMachine(options.wallMs);
    this.folder = mkdtempSync(join(tmpdir(), "nightjar-clock-"));
  }

  static async make(options: HouseOptions): Promise<House> {
    const house = new House(options);
    mkdirSync(join(house.folder, "data"));
    await house.start();
    return house;
  }

  get dataFolder(): string {
    return join(this.folder, "data");
  }

  get storage(): string {
    return join(this.folder, "footage");
  }

  /** The program starts, on what is there. */
  async start(): Promise<void> {
    const { zone = "Europe/Berlin", keep, flush = "5s" } = this.options;
    const channel = { source: "rtsp://127.0.0.1/cam", ...(keep ? { keep } : {}) };
    this.#config = configFromObject(
      {
        data: this.dataFolder,
        timezone: zone,
        auth: "none",
        listen: "127.0.0.1:6478",
        // The machine that runs the tests may have little room left: that is not what is tried here.
        storage: { path: this.storage, flush, min_free: "1MB" },
        segment: { max: { duration: "60s" } },
        channels: { cam: channel },
      },
      { folder: this.folder, systemZone: "UTC", reservedIds: [] },
    );
    this.process = this.machine.start();
    const { clock, files } = this.process;
    this.open = await openArchive({ config: this.#config, clock, files });
    await this.machine.settled();
    this.app = buildApp({
      playback: { footage: this.open.archive, clock, segmentTargetMs: 2000 },
      hosts: { isLoopbackOnly: true, publicUrl: undefined },
    });
  }

  /** The camera is connected and supervised. */
  connect(): void {
    this.#camera = new LoopCamera(this.machine);
    const { clock } = this.process;
    const options = { channelId: "cam", source: this.#camera, archive: this.open.archive, clock };
    this.#supervisor = new ChannelSupervisor({ ...options, random: () => 0 });
    this.#supervisor.start();
  }

  /** Records for so long. */
  async record(seconds: number): Promise<void> {
    for (let half = 0; half < seconds * 2 && !this.process.isDead; half += 1) {
      await this.machine.pass(500);
      this.#camera?.halfSecond();
      await this.machine.settled();
    }
  }

  /** A person says that the clock is right. */
  async confirm(): Promise<void> {
    const stdout = () => {};
    const args = { arguments: [], options: {} };
    await runStorageConfirm({ config: this.#config, clock: this.process.clock, stdout, args });
  }

  /** Killed, and nothing else: the next is `start`. */
  kill(): void {
    this.process.kill();
    this.#supervisor = undefined;
    this.#camera = undefined;
  }

  async stop(): Promise<void> {
    await this.#supervisor?.stop();
    await this.open.close();
    this.kill();
  }

  /** The answer to a GET; anything but a 200 is an error. */
  async get(path: string): Promise<string> {
    const response = await this.app.handle(new Request(`http://localhost${path}`));
    const body = await response.text();
    if (response.status !== 200) throw new Error(`${path}: ${response.status} ${body}`);
    return body;
  }

  async list(path: string, before?: string): Promise<ParsedMediaPlaylist> {
    return checkedList(await this.get(path), before);
  }

  /** All that is listed, by wall time. */
  all() {
    return this.open.archive.recordings("cam", 0, Number.MAX_SAFE_INTEGER);
  }

  gaps() {
    return this.open.archive
      .gaps("cam", 0, Number.MAX_SAFE_INTEGER)
      .map(({ startMs, endMs, reason }) => ({ startMs, endMs, reason }));
  }

  /** All tables that a journal can bring back. */
  tables(): Record<string, unknown[]> {
    const db = new Database(join(this.dataFolder, "index.db"), { readonly: true });
    const rows = (sql: string) => db.query(sql).all();
    const all = {
      run: rows("select * from run order by id"),
      recording: rows(
        "select id, root, path, run, start_ms, end_ms, first_media_sequence, discontinuity_sequence, base_ticks, size_bytes, segment_count, state, hex(segments) as segments from recording order by id",
      ),
      gap: rows("select start_ms, end_ms, reason, detail, recording from gap order by recording, start_ms"),
      // But for the target duration: it tells which lists were asked for.
      counter: rows(
        "select channel, next_media_sequence, discontinuity_sequence, timeline, next_ticks, newest_end_ms from counter order by channel",
      ),
      lock: rows("select * from lock order by recording"),
    };
    db.close();
    return all;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.process.isDead) await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
