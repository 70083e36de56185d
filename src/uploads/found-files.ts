import { basename, dirname, join } from "node:path";
import type { KnownFile } from "../archive/files/file-footage.ts";
import { logOf } from "../platform/log.ts";
import type { ArrivalLog, FileState } from "./arrival-log.ts";
import { isInAgedSpan, isPastKeeping, lockKey, type FileChannel, type UploadDeps } from "./channel.ts";
import { chooseMeaning } from "./choose-hour.ts";
import { type MediaName, parseName, SIDECAR } from "./file-names.ts";
import { probeFile } from "./probe.ts";
import { agreedDuration, readSidecar } from "./sidecars.ts";
import { setTwinAside, twinsOf } from "./twins.ts";
import { meaningsOf } from "./wall-times.ts";

const log = logOf("uploads");

/** A file is whole when nothing changed for so long, in ms. */
const SETTLE_MS = 3000;
/** One that was changed last this long ago is whole at first sight, in ms. */
const OLD_MS = 60_000;

/** A file in a date's folder. */
export type Sighting = { date: string; name: string; media: MediaName; path: string; key: string };

/** `waiting`: it may still grow, and has to be looked at again soon. */
export type Taken = "taken" | "waiting" | "left";

/** Makes files that were found into segments, when they are whole. */
export class FoundFiles {
  readonly #deps: UploadDeps;
  readonly #channel: FileChannel;
  readonly #log: ArrivalLog;
  /** Since when (monotonic) a file has been as it is. */
  readonly #pending = new Map<string, FileState & { sinceMs: number }>();

  constructor(deps: UploadDeps, channel: FileChannel, arrivals: ArrivalLog) {
    this.#deps = deps;
    this.#channel = channel;
    this.#log = arrivals;
  }

  /** Looks at one file, unless it is to stop meanwhile. Throws `unavailable` when the archive takes nothing now. */
  async see(sighting: Sighting, known: KnownFile | undefined, signal: AbortSignal): Promise<Taken> {
    const { files, clock } = this.#deps;
    const { path, date, name, media } = sighting;
    const state = await this.#stateOf(path);
    if (!state || isSameState(state, known)) return this.#left(path);
    const { id, zone } = this.#channel.config();
    const meanings = meaningsOf(date, media, zone);
    const shown = `${date}/${name}`;
    if (!meanings)
      return this.#unreadable(shown, `its name states an offset that ${zone} does not have then`, state);
    if (!known && this.#isForgotten(sighting, meanings[0].startMs)) return this.#left(path);
    // An aged day's originals stay for an hour; what comes anew into its spans is not needed.
    if (!known && isInAgedSpan(this.#deps, id, meanings)) return this.#left(path);
    if (this.#log.isHopeless(shown, state, clock.nowMs())) return "left";
    if (!this.#isWhole(path, state)) return "waiting";
    return this.#channel.locks.with(lockKey(date, media.time), async () => {
      const now = (await this.#deps.footage.filesOf(id, date)).get(sighting.key);
      if (isSameState(state, now)) return this.#left(path);
      const probed = await probeFile(path, media.extension, signal).catch((error: unknown) => ({ error }));
      if (signal.aborted) return "waiting";
      if ("error" in probed)
        return this.#unreadable(shown, `it can't be read: ${String(probed.error)}`, state);
      if (!isSameState(state, await this.#stateOf(path))) return "waiting";
      const { findings, sizeBytes, crc32 } = probed;
      if ("unreadable" in findings) return this.#unreadable(shown, findings.unreadable, state);
      const folderKnown = await this.#deps.footage.filesOf(id, date);
      const meaning = await chooseMeaning(meanings, {
        folder: join(path, ".."),
        known: folderKnown,
        facts: findings.facts,
        arrivedMs: state.mtimeMs,
        isFirstTaken: false,
      });
      const stated = await readSidecar(files, path);
      const agreed = stated && agreedDuration(stated, findings.facts);
      const isWrong = agreed !== undefined && "wrong" in agreed;
      if (isWrong) this.#unreadable(shown + SIDECAR, agreed.wrong, { sizeBytes: 0, mtimeMs: 0 });
      const durationTicks = agreed && !isWrong ? agreed.ticks : findings.facts.durationTicks;
      const { startMs } = meaning;
      const twins = twinsOf(folderKnown, sighting.key, startMs);
      const longer = await this.#longerOf(sighting, folderKnown, twins, durationTicks);
      if (longer !== undefined) return this.#isTwin(sighting, state, longer);
      const settledMs = this.#deps.footage.settledMs(id);
      const isLate = !now && twins.length === 0 && settledMs !== undefined && startMs < settledMs;
      if (isLate && !this.#log.isLookingThrough) this.#log.cameLate(clock.nowMs());
      await this.#deps.footage.putFile(id, {
        date,
        name: sighting.key,
        sizeBytes,
        crc32,
        mtimeMs: state.mtimeMs,
        startMs,
        facts: { ...findings.facts, durationTicks },
      });
      for (const twin of twins) await this.#replaceTwin(sighting, twin);
      this.#log.setReadable(shown);
      if (!isWrong) this.#log.setReadable(shown + SIDECAR);
      this.#log.arrived(state.mtimeMs);
      this.#pending.delete(path);
      return "taken";
    });
  }

  /** Looks at a sidecar of a file that is a segment already, and takes its length over where that is news. */
  async seeSidecar(sighting: Sighting, known: KnownFile): Promise<void> {
    const { files, footage } = this.#deps;
    const { path, date, name, media, key } = sighting;
    const { id } = this.#channel.config();
    const shown = `${date}/${name}${SIDECAR}`;
    const stated = await readSidecar(files, path).catch(() => undefined);
    if (!stated) return this.#log.setReadable(shown);
    if ("ticks" in stated && stated.ticks === known.durationTicks) return this.#log.setReadable(shown);
    await this.#channel.locks.with(lockKey(date, media.time), async () => {
      const { findings } = await probeFile(path, media.extension);
      if ("unreadable" in findings) return;
      const agreed = agreedDuration(stated, findings.facts);
      if ("wrong" in agreed) {
        this.#unreadable(shown, agreed.wrong, { sizeBytes: 0, mtimeMs: 0 });
        return;
      }
      const { sizeBytes, mtimeMs, crc32, startMs } = known;
      const facts = { ...findings.facts, durationTicks: agreed.ticks };
      await footage.putFile(id, { date, name: key, sizeBytes, mtimeMs, crc32, startMs, facts });
      this.#log.setReadable(shown);
    });
  }

  /** The one of its twins, if any, that is not shorter and still there. */
  async #longerOf(
    { path, key }: Sighting,
    known: ReadonlyMap<string, KnownFile>,
    twins: readonly string[],
    durationTicks: number,
  ): Promise<string | undefined> {
    for (const twin of twins) {
      const isLonger = (known.get(twin)?.durationTicks ?? 0) >= durationTicks;
      const twinPath = key === path ? twin : join(dirname(path), twin);
      if (isLonger && (await this.#deps.files.stat(twinPath))) return twin;
    }
    return undefined;
  }

  /** A file of the same time is a segment, so this one is not; our own folder does not keep it. */
  async #isTwin({ date, name, path, key }: Sighting, state: FileState, longer: string): Promise<Taken> {
    if (key === path) return this.#unreadable(`${date}/${name}`, twinReason(longer), state);
    const { mtimeMs } = state;
    await setTwinAside(this.#deps, this.#channel, { folder: dirname(path), date, name, mtimeMs });
    return this.#left(path);
  }

  /** A longer file of the same time was taken. */
  async #replaceTwin({ date, name, path, key }: Sighting, twin: string): Promise<void> {
    const isOwn = key !== path;
    const state = await this.#stateOf(isOwn ? join(dirname(path), twin) : twin);
    if (state && isOwn) {
      const { mtimeMs } = state;
      await setTwinAside(this.#deps, this.#channel, { folder: dirname(path), date, name: twin, mtimeMs });
      return;
    }
    await this.#deps.footage.dropFile(this.#channel.config().id, date, twin);
    if (state) this.#unreadable(`${date}/${basename(twin)}`, twinReason(name), state);
  }

  /** Whether it was deleted from the archive, or would be at once. */
  #isForgotten({ key, path }: Sighting, startMs: number): boolean {
    const { id } = this.#channel.config();
    if (key === path) return this.#deps.footage.isForgotten(id, startMs);
    return isPastKeeping(this.#deps, id, startMs);
  }

  async #stateOf(path: string): Promise<FileState | undefined> {
    const stat = await this.#deps.files.stat(path);
    return stat?.kind === "file" ? { sizeBytes: stat.sizeBytes, mtimeMs: stat.modifiedMs } : undefined;
  }

  #isWhole(path: string, state: FileState): boolean {
    const { clock } = this.#deps;
    const ageMs = clock.nowMs() - state.mtimeMs;
    if (ageMs >= OLD_MS) return true;
    const before = this.#pending.get(path);
    const nowMs = clock.monotonicMs();
    const sinceMs = before && isSameState(state, before) ? before.sinceMs : nowMs;
    this.#pending.set(path, { ...state, sinceMs });
    return nowMs - sinceMs >= SETTLE_MS;
  }

  #left(path: string): Taken {
    this.#pending.delete(path);
    return "left";
  }

  #unreadable(shown: string, reason: string, state: FileState): Taken {
    const { clock } = this.#deps;
    if (this.#log.setUnreadable(shown, reason, state, clock.nowMs())) {
      const { id } = this.#channel.config();
      log.warn("{channel}: {name} is no segment: {reason}", { channel: id, name: shown, reason });
    }
    return "left";
  }
}

const twinReason = (longer: string): string =>
  `it is of the same time as ${basename(longer)}, which is not shorter`;

const isSameState = (state: FileState, other: FileState | undefined): boolean =>
  state.sizeBytes === other?.sizeBytes && state.mtimeMs === other.mtimeMs;

/** A name in a date's folder as what it is; `undefined` for what is none of ours. */
export function sightingOf(
  { root, isOwn }: { root: string; isOwn: boolean },
  date: string,
  name: string,
): { sighting: Sighting; isSidecar: boolean } | undefined {
  const parsed = parseName(name);
  if (!parsed) return undefined;
  const { media, isSidecar } = parsed;
  const mediaName = isSidecar ? name.slice(0, -SIDECAR.length) : name;
  const path = join(root, date, mediaName);
  return { sighting: { date, name: mediaName, media, path, key: isOwn ? mediaName : path }, isSidecar };
}
