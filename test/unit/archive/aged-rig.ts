import { AgedDayArchive } from "../../../src/archive/aged/aged-day-archive.ts";
import type { FolderDay } from "../../../src/archive/aged/aged-day.ts";
import { Deleter } from "../../../src/archive/keep/deletion.ts";
import { isAged } from "../../../src/db/index/rows.ts";
import { recordedSpans } from "../../../src/playback/coverage.ts";
import { ageByCopy } from "../../support/age-by-copy.ts";
import { rigParameters, type Rig } from "./rig.ts";

export const ALWAYS = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };

/** How days are said to be made smaller. */
export const BY = "settings";

/** What takes aged days of a rig. */
export const agedOf = (rig: Rig, managed?: string): AgedDayArchive =>
  new AgedDayArchive({
    clock: rig.clock,
    files: rig.files,
    index: rig.index,
    roots: rig.roots,
    idsOf: (channel) => [channel],
    managed: () => managed,
    fileFootage: rig.archive.fileFootage,
    onRootChange: (listener) => rig.roots.onChange(listener),
  });

export const deleterOf = (rig: Rig, managed?: string): Deleter => {
  const { clock, files, index, roots } = rig;
  const deleter = new Deleter({ clock, files, index, roots, managed: () => managed });
  deleter.filesGuard = rig.archive.fileFootage;
  return deleter;
};

/** Records seconds of the channel as a run that ends; a minute later, something else may follow. */
export async function recordRun(rig: Rig, seconds: number, isWide = false, channel = "front"): Promise<void> {
  const camera = rig.camera(channel, rigParameters(true, isWide));
  camera.send(seconds);
  await camera.recorder.close({ reason: "source-offline", detail: "no route" });
  await rig.archive.flushNow();
  rig.clock.pass(60_000);
}

/** The only day that there is to be aged. */
export function onlyDay(aged: AgedDayArchive, channel = "front"): FolderDay {
  const days = aged.days(channel, BY);
  if (days.length !== 1) throw new Error(`${days.length} days are to be aged; wanted: 1`);
  const { root, date } = days[0]!;
  return { channel, root, date };
}

/** Ages that day by copying it. */
export async function age(
  rig: Rig,
  aged: AgedDayArchive,
  channel = "front",
  initOf?: (init: Uint8Array) => Uint8Array,
): Promise<void> {
  const source = await aged.source(onlyDay(aged, channel), BY);
  if (!source) throw new Error("there is nothing to be aged");
  await aged.replace(source, await ageByCopy(source, rig.files, initOf));
}

/** The spans and gaps that people see, and the times of all that is listed. */
export const seen = (rig: Rig, channel = "front") => ({
  spans: recordedSpans(rig.archive, channel, ALWAYS),
  gaps: rig.archive
    .gaps(channel, ALWAYS.fromMs, ALWAYS.toMs)
    .map(({ startMs, endMs, reason, detail }) => ({ startMs, endMs, reason, detail })),
});

export const isAllAged = (rig: Rig, channel = "front"): boolean => rig.all(channel).every(isAged);

/** An init that says the same as another one and is none of a camera's. */
export function otherInit(init: Uint8Array): Uint8Array {
  const free = Uint8Array.of(0, 0, 0, 8, ...new TextEncoder().encode("free"));
  return new Uint8Array(Buffer.concat([init, free]));
}
