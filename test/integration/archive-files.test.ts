import { describe, expect, test } from "bun:test";
import { journalPathOf } from "../../src/archive/write/recording-paths.ts";
import type { RunRecorder } from "../../src/capture/recording-sink.ts";
import { decodeErrors, frameHashes, probe } from "../support/ffmpeg.ts";
import { encodeClip, type Clip } from "../support/recorded-clip.ts";
import { Rig } from "../unit/archive/rig.ts";

const SECONDS = 9;
const journalOptions = { inputArguments: ["-allowed_extensions", "ALL"] };

/** Hands a clip on as a source does: half a second of each track at a time. */
function send(
  rig: Rig,
  recorder: RunRecorder,
  clip: Clip,
  soundUntilSeconds = Number.POSITIVE_INFINITY,
): void {
  const audioScale = clip.parameters.audio?.timescale ?? 1;
  for (let half = 0; half < SECONDS * 2; half += 1) {
    rig.clock.pass(500);
    const arrivalMs = rig.clock.monotonicMs();
    for (const track of ["video", "audio"] as const) {
      const scale = track === "video" ? 90_000 : audioScale;
      const isNow = (ticks: number) => Math.floor((ticks / scale) * 2) === half;
      const taken = clip[track].filter(
        ({ ticks }) => isNow(ticks) && (track === "video" || ticks / scale < soundUntilSeconds),
      );
      if (!taken[0]) continue;
      recorder.fragment({
        track,
        decodeTicks: taken[0].ticks,
        samples: taken.map(({ sample }) => sample),
        payload: new Uint8Array(Buffer.concat(taken.map(({ payload }) => payload))),
        arrivalMs,
      });
    }
  }
}

async function record(rig: Rig, clip: Clip, soundUntilSeconds?: number): Promise<string> {
  const recorder = rig.archive.openRun("front", clip.parameters, (end) => {
    throw new Error(end.detail);
  });
  send(rig, recorder, clip, soundUntilSeconds);
  await recorder.close({ reason: "source-offline", detail: "" });
  await rig.archive.flushNow();
  return rig.archive.mediaPath(rig.all().at(-1)!)!;
}

describe("a recording on disk", () => {
  for (const codec of ["libx264", "libx265"] as const) {
    test(`${codec}: file and journal each open in ffmpeg, every picture is there, sound to the end`, async () => {
      await using rig = await Rig.make();
      const clip = encodeClip({ seconds: SECONDS, codec });
      const path = await record(rig, clip);
      expect(await decodeErrors(path)).toBe("");
      expect(await decodeErrors(journalPathOf(path), journalOptions)).toBe("");
      const pictures = await frameHashes(path, "v");
      expect(pictures).toHaveLength(SECONDS * 25);
      expect(pictures[0]!.timeSeconds).toBe(0);
      expect((await frameHashes(journalPathOf(path), "v", journalOptions)).map((f) => f.hash)).toEqual(
        pictures.map((f) => f.hash),
      );
      const sound = await frameHashes(path, "a", { copy: true });
      const last = sound.at(-1)!;
      expect(Math.abs(last.timeSeconds + last.durationSeconds - SECONDS)).toBeLessThan(0.045);
    }, 20_000);
  }

  test("a second file of the same channel begins at 0 as well, and sound that stops goes on as silence", async () => {
    await using rig = await Rig.make();
    const clip = encodeClip({ seconds: SECONDS });
    await record(rig, clip);
    const path = await record(rig, clip, 4);
    expect(rig.all()[1]!.baseTicks).toBe(SECONDS * 90_000);
    expect(await decodeErrors(path)).toBe("");
    const { streams } = await probe(path);
    expect(streams.map((s) => Number(s.start_time))).toEqual([0, expect.closeTo(0, 1)]);
    const sound = await frameHashes(path, "a", { copy: true });
    for (const [i, frame] of sound.entries())
      if (i > 0) expect(frame.timeSeconds - sound[i - 1]!.timeSeconds).toBeLessThan(0.045);
    expect(sound.at(-1)!.timeSeconds).toBeGreaterThan(SECONDS - 0.09);
  }, 20_000);
});
