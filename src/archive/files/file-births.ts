import type { RunRow } from "../../db/index/rows.ts";
import type { MediaFacts } from "../../media/media-facts.ts";
import { VIDEO_TIMESCALE } from "../../media/parameters.ts";
import { nextLocalHourMs } from "../../platform/zone.ts";
import { newId } from "../ids.ts";
import type { WriteContext } from "../write/write-context.ts";
import type { FileDay } from "./file-day.ts";
import type { FoundFile } from "./file-footage.ts";
import { freeFilesPath, isForeignFile } from "./file-paths.ts";
import { FileRecording } from "./file-recording.ts";

const HOUR_MS = 3_600_000;
/** Numbers of an hour: recordings of later hours have higher ones, in whatever order they came. */
const HOUR_NUMBERS = 4096;
/** Of runs of files, which nobody dates anew: it is not this machine's clock that names them. */
const NO_BOOT = "";

/** Finds the recordings and runs that files of a channel belong to, and makes those that are not there. */
export class FileBirths {
  readonly #context: WriteContext;
  readonly #channel: string;
  readonly #runs: RunRow[] = [];

  constructor(context: WriteContext, channel: string) {
    this.#context = context;
    this.#channel = channel;
  }

  /** A run that may not be in the index yet. */
  run(id: string): RunRow | undefined {
    return this.#runs.find((run) => run.id === id);
  }

  /** The recording of a date that a file belongs to: of its hour of local time, its init and its kind of folder. */
  async recording(
    day: FileDay,
    { name, startMs, facts }: FoundFile,
    place: { root: { id: string; path: string }; zone: string },
  ): Promise<FileRecording> {
    const { root, zone } = place;
    const run = this.#runOf(facts, startMs);
    const hourEndMs = nextLocalHourMs(startMs, zone);
    const isForeign = isForeignFile(name);
    const all = [...day.recordings.values()];
    const known = all.find(({ facts: each }) => {
      const isHour = each.hourEndMs === hourEndMs && each.root === root.id;
      return isHour && each.run.id === run.id && each.isForeign === isForeign;
    });
    if (known) return known;
    const hour = { channel: this.#channel, date: day.date, hourEndMs, zone };
    const path = await freeFilesPath(this.#context, root, hour, (one) =>
      all.some(({ facts: each }) => each.path === one && each.root === root.id),
    );
    const numbers = new Set(all.map(({ facts: each }) => each.firstMediaSequence));
    let firstMediaSequence = Math.max(0, Math.floor((hourEndMs - HOUR_MS) / HOUR_MS)) * HOUR_NUMBERS;
    while (numbers.has(firstMediaSequence)) firstMediaSequence += 1;
    const recording = new FileRecording({
      id: newId(),
      channel: this.#channel,
      root: root.id,
      path,
      zone,
      run,
      firstMediaSequence,
      discontinuitySequence: this.#context.index.counter(this.#channel)?.discontinuitySequence ?? 0,
      date: day.date,
      hourEndMs,
      isForeign,
    });
    day.recordings.set(recording.facts.id, recording);
    return recording;
  }

  /** All files with one init are of one run; those whose init was there before go on with its timeline. */
  #runOf({ parameters }: MediaFacts, startMs: number): RunRow {
    const { format, init, ...rest } = parameters;
    const known = this.#runs.find((run) => run.format === format && Buffer.compare(run.init, init) === 0);
    if (known) return known;
    const { index } = this.#context;
    const stored = index.runsWithInit(this.#channel, format, init);
    const timelines = [index.counter(this.#channel)?.timeline ?? 0, ...this.#runs.map((run) => run.timeline)];
    const run = stored.find(({ bootId }) => bootId === NO_BOOT) ?? {
      id: newId(),
      channel: this.#channel,
      timeline: stored[0]?.timeline ?? Math.max(...timelines) + 1,
      init: new Uint8Array(init),
      format,
      ...rest,
      videoTimescale: VIDEO_TIMESCALE,
      startMs,
      endMs: startMs,
      endReason: null,
      endDetail: null,
      bootId: NO_BOOT,
      realtimeMs: 0,
      boottimeMs: 0,
      unsure: false,
    };
    this.#runs.push(run);
    return run;
  }
}
