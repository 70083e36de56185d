import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RecordingArchive } from "../../../src/archive/archive.ts";
import type { Roots } from "../../../src/archive/roots/root.ts";
import type { ArchiveChannel, ArchiveSettings } from "../../../src/archive/settings.ts";
import { defaultSettings } from "../../support/archive-settings.ts";
import type { RunRecorder } from "../../../src/capture/recording-sink.ts";
import { IndexDatabase } from "../../../src/db/index/index-database.ts";
import { audioParameters } from "../../../src/media/aac.ts";
import { videoParameters } from "../../../src/media/nal.ts";
import type { Fragment, RunParameters } from "../../../src/media/parameters.ts";
import type { RunEnd } from "../../../src/media/reasons.ts";
import type { Clock } from "../../../src/platform/clock.ts";
import { diskFiles, type Files, type OpenFile } from "../../../src/platform/files.ts";
import { giveMemory } from "../../../src/platform/given-memory.ts";
import { PowerCutFiles } from "./power-cut-files.ts";

/** Wall, monotonic and boot time that a test moves; who sleeps wakes when `wake` is called. */
export class RigClock implements Clock {
  bootId = "boot-1";
  isSynchronised: boolean | undefined = true;
  wallMs: number;
  #monotonicMs = 60_000;
  #sleepers = new Set<() => void>();

  constructor(wallMs: number) {
    this.wallMs = wallMs;
  }

  nowMs = (): number => this.wallMs;
  monotonicMs = (): number => this.#monotonicMs;
  bootMs = (): number => this.#monotonicMs;
  synchronised = (): boolean | undefined => this.isSynchronised;

  pass(ms: number): void {
    this.wallMs += ms;
    this.#monotonicMs += ms;
  }

  /** The machine was off: time since boot begins again. */
  reboot(bootId: string): void {
    this.bootId = bootId;
    this.#monotonicMs = 1000;
  }

  /** Those who sleep now never wake. */
  forget(): void {
    this.#sleepers.clear();
  }

  wake(): void {
    for (const sleeper of this.#sleepers) sleeper();
  }

  async sleep(_ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#sleepers.add(resolve);
    signal?.addEventListener("abort", () => resolve(), { once: true });
    await promise;
    this.#sleepers.delete(resolve);
  }
}

const SPS = "6742c00ada109b011000000300100000030328f1226a";
const PPS = "68ce0fc8";
const WIDE_SPS = "6742c00ada0826c044000003000400000300ca3c489a80";
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));

/** Parameters of pictures, and of sound where `audioScale` is given; `isWide` makes another init. */
export function rigParameters(audio: boolean, isWide = false): RunParameters {
  const video = videoParameters("h264", [bytes(isWide ? WIDE_SPS : SPS), bytes(PPS)]);
  return audio ? { video, audio: audioParameters(Uint8Array.of(0x11, 0x90)) } : { video };
}

/** Pictures at 25 a second with a key frame every 2 s, and sound, as a camera sends them: half a second at a time. */
export class Camera {
  #halves = 0;
  #pictures = 0;
  #frames = 0;
  failure: RunEnd | undefined;
  readonly recorder: RunRecorder;

  constructor(
    private readonly rig: Rig,
    channel: string,
    private readonly parameters: RunParameters = rigParameters(true),
    private readonly pictureBytes = 400,
  ) {
    this.recorder = rig.archive.openRun(channel, parameters, (end) => {
      this.failure = end;
    });
  }

  /** Sends so many seconds, and lets the clock pass. */
  send(seconds: number): void {
    for (let half = 0; half < seconds * 2; half += 1) {
      this.rig.clock.pass(500);
      for (const fragment of this.#halfSecond()) {
        giveMemory(fragment.payload);
        this.recorder.fragment(fragment);
      }
    }
  }

  /** Sends one picture a minute, for days at a time; segments have to be as long. */
  sendMinutes(minutes: number): void {
    for (let i = 0; i < minutes; i += 1) {
      this.rig.clock.pass(60_000);
      this.recorder.fragment({
        track: "video",
        decodeTicks: this.#pictures * 3600,
        samples: [{ sizeBytes: 4, durationTicks: 60 * 90_000, compositionOffsetTicks: 0, isKey: true }],
        payload: new Uint8Array(4),
        arrivalMs: this.rig.clock.monotonicMs(),
      });
      this.#pictures += 60 * 25;
    }
  }

  #halfSecond(): Fragment[] {
    const arrivalMs = this.rig.clock.monotonicMs();
    this.#halves += 1;
    const count = Math.floor(this.#halves * 12.5) - this.#pictures;
    const video: Fragment = {
      track: "video",
      decodeTicks: this.#pictures * 3600,
      samples: Array.from({ length: count }, (_, i) => ({
        sizeBytes: this.pictureBytes,
        durationTicks: 3600,
        compositionOffsetTicks: 0,
        isKey: (this.#pictures + i) % 50 === 0,
      })),
      payload: new Uint8Array(count * this.pictureBytes).fill(1 + (this.#pictures % 255)),
      arrivalMs,
    };
    this.#pictures += count;
    const { audio } = this.parameters;
    if (!audio) return [video];
    const until = Math.floor((this.#pictures * 3600 * audio.timescale) / 90_000 / audio.frameTicks);
    const frames = until - this.#frames;
    const sound: Fragment = {
      track: "audio",
      decodeTicks: this.#frames * audio.frameTicks,
      samples: Array.from({ length: frames }, () => ({
        sizeBytes: 60,
        durationTicks: audio.frameTicks,
        compositionOffsetTicks: 0,
        isKey: true,
      })),
      payload: crypto.getRandomValues(new Uint8Array(frames * 60)),
      arrivalMs,
    };
    this.#frames = until;
    return [video, sound];
  }
}

export class RigRoots implements Roots {
  missing: RunEnd | undefined;
  #listeners: ((id: string) => void)[] = [];

  constructor(
    public id: string,
    public path: string,
  ) {}

  current = (): { id: string; path: string } | { missing: RunEnd } =>
    this.missing ? { missing: this.missing } : { id: this.id, path: this.path };
  look = async (): Promise<void> => {};
  pathOf = (id: string): string | undefined => (id === this.id && !this.missing ? this.path : undefined);
  onChange = (listener: (id: string) => void): void => void this.#listeners.push(listener);

  /** The disk goes, or comes back. */
  change(missing: RunEnd | undefined): void {
    this.missing = missing;
    for (const listener of this.#listeners) listener(this.id);
  }
}

/** The disk, with its open files known: those of an archive that was killed have to be closed by somebody. */
function trackedFiles(disk: Files, open: Set<OpenFile>): Files {
  const track = async (opening: Promise<OpenFile>): Promise<OpenFile> => {
    const file = await opening;
    open.add(file);
    const close = file.close.bind(file);
    file.close = async () => {
      if (open.delete(file)) await close();
    };
    return file;
  };
  if (disk instanceof PowerCutFiles) return disk;
  return { ...disk, create: (path) => track(disk.create(path)), open: (path) => track(disk.open(path)) };
}

export type RigOptions = {
  wallMs?: number;
  files?: Files;
  channels?: Partial<ArchiveChannel>[];
  settings?: Partial<ArchiveSettings>;
  storage?: string;
};

/** An archive on a real disk with real databases, a simulated clock and cameras that send what a test says. */
export class Rig implements AsyncDisposable {
  readonly clock: RigClock;
  readonly roots: RigRoots;
  readonly #openFiles = new Set<OpenFile>();
  files: Files;
  index: IndexDatabase;
  archive: RecordingArchive;

  private constructor(
    readonly folder: string,
    private readonly options: RigOptions,
  ) {
    this.clock = new RigClock(options.wallMs ?? Date.UTC(2025, 5, 1, 10, 20));
    this.roots = new RigRoots("root1", options.storage ?? join(folder, "storage"));
    this.index = IndexDatabase.open(join(folder, "index.db"));
    this.files = trackedFiles(options.files ?? diskFiles(), this.#openFiles);
    this.archive = this.#newArchive();
  }

  static async make(options: RigOptions = {}): Promise<Rig> {
    const folder = await mkdtemp(join(tmpdir(), "nightjar-write-"));
    const rig = new Rig(folder, options);
    await rig.files.makeFolder(rig.roots.path);
    await rig.archive.start();
    return rig;
  }

  #newArchive(): RecordingArchive {
    const channels = (this.options.channels ?? [{}]).map((channel) => ({
      id: "front",
      name: "Front door",
      zone: "Europe/Berlin",
      keep: {},
      was: [],
      isRetired: false,
      hasSound: true,
      ...channel,
    }));
    return new RecordingArchive({
      clock: this.clock,
      files: this.files,
      index: this.index,
      roots: this.roots,
      settings: { ...defaultSettings, channels: () => channels, ...this.options.settings },
    });
  }

  camera(channel = "front", parameters?: RunParameters, pictureBytes?: number): Camera {
    return new Camera(this, channel, parameters, pictureBytes);
  }

  /** Resolves when as many segments of the channel are listed. */
  async stored(segments: number, channel = "front"): Promise<void> {
    const count = () => this.all(channel).reduce((sum, recording) => sum + recording.segments.length, 0);
    for (let i = 0; i < 500 && count() < segments; i += 1) await Bun.sleep(2);
    if (count() !== segments) throw new Error(`${count()} segments are listed; wanted: ${segments}`);
  }

  all(channel = "front") {
    return this.archive.recordings(channel, 0, Number.MAX_SAFE_INTEGER);
  }

  /** The program is killed: what it had in memory is gone, what it wrote is there. Another start follows. */
  async killAndStart(files?: Files): Promise<void> {
    if (files) this.files = files;
    this.clock.forget();
    this.archive = this.#newArchive();
    await this.archive.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.archive.close();
    for (const file of this.#openFiles) await file.close();
    this.index.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
