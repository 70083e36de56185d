import type { Recording } from "../../src/db/index/rows.ts";
import { MemoryFootage } from "../support/memory-footage.ts";

/** Footage whose segments are there once their time has passed, as if they were being recorded. */
export class GrowingFootage extends MemoryFootage {
  constructor(channel: string, firstTicks: number) {
    super(channel, "UTC", firstTicks);
    const between = this.recordings;
    this.recordings = (...asked) => between(...asked).flatMap((each) => this.#grown(each) ?? []);
  }

  /** A gap before what was recorded last, from what was recorded before it. Times in ms UTC. */
  noteGap(recording: Recording, startMs: number): void {
    const { channel, id, startMs: endMs } = recording;
    this.gapList.push({ channel, startMs, endMs, reason: "source-offline", detail: "", recording: id });
  }

  #grown(recording: Recording): Recording | undefined {
    const nowMs = Date.now();
    if (recording.endMs <= nowMs) return recording;
    const segments = recording.segments.filter((each) => each.startMs + each.durationTicks / 90 <= nowMs);
    const last = segments.at(-1);
    return last && { ...recording, segments, endMs: last.startMs + last.durationTicks / 90, state: "open" };
  }
}
