import { basename, relative, resolve, sep } from "node:path";
import { withStorage } from "../../archive/commands/with-root.ts";
import { withIndexIfThere } from "../../archive/commands/context.ts";
import { keptFromMs } from "../../archive/keep/retention-plan.ts";
import { adoptedFiles, FootageAdoption } from "../../archive/files/adopt.ts";
import { channelIdProblem, reservedIdSet } from "../../config/channel-id.ts";
import type { Config } from "../../config/config.ts";
import type { ConfigEditor } from "../../config/config-editor.ts";
import type { IndexDatabase } from "../../db/index/index-database.ts";
import type { AdoptedClipRow, AdoptedClipTable } from "../../db/state/adopted-clip-table.ts";
import type { Clock } from "../../platform/clock.ts";
import { NightjarError } from "../../platform/errors.ts";
import { diskFiles, type Files } from "../../platform/files.ts";
import { adoptChunks } from "./adopt-chunks.ts";
import { adoptDate } from "./adopt-dates.ts";
import type { Batch, FolderContext } from "./batch.ts";
import { clipRow } from "./clips.ts";
import { convertDates } from "./convert-dates.ts";
import { type ArchiveFolder, archiveFolders, channelOfFolder, type LeftFile } from "./layout.ts";

/** Paths that are named of those that are left for the same reason. */
const MAX_NAMED = 5;

export type FootageContext = {
  config: Config;
  editor: Pick<ConfigEditor, "apply" | "file">;
  clock: Clock;
  /** The folder of `--footage`, absolute. */
  folder: string;
  /** The id of `--channel`. */
  channel: string | undefined;
  isDryRun: boolean;
  stdout: (line: string) => void;
};

type Target = { folder: ArchiveFolder; channel: { id: string; zone: string }; isConfigured: boolean };

const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(folder + sep);

/** Whose footage lies where. Throws `bad-request` and `not-found`, saying what is wanted. */
async function targetsOf(files: Files, { config, folder, channel }: FootageContext): Promise<Target[]> {
  const { storage, zone, channels } = config;
  if ((await files.stat(folder))?.kind !== "folder") {
    throw new NightjarError(
      "not-found",
      `${folder}: found no folder there; wanted the footage of an earlier tool`,
    );
  }
  if (isBelow(folder, resolve(storage.path))) {
    throw new NightjarError("bad-request", `${folder} lies in Nightjar's own storage`, {
      details: ["What lies there is read in by: nightjar reindex"],
    });
  }
  const found = await archiveFolders(files, folder);
  if (found.length === 0) {
    throw new NightjarError("not-found", `${folder}: found no footage of an earlier tool`, {
      details: [
        "Wanted in it, or in a folder for each channel: YYYYMMDD_HHMMSS.ts, YYYY-MM-DD/video_HHMMSS.ts,",
        "YYYY-MM-DD/video.mp4, timelapses/Y-M-D.mp4 or moment/Y-M-D-h-m-s.mp4",
      ],
    });
  }
  if (channel !== undefined && found.length > 1) {
    throw new NightjarError("bad-request", `--channel ${channel}: ${folder} holds ${found.length} channels`, {
      details: found
        .map(({ path }) => `nightjar import --footage ${path} --channel ${channel}`)
        .slice(0, MAX_NAMED),
    });
  }
  return found.map((each): Target => {
    const wished = channel ?? basename(each.path);
    const id = channelOfFolder(wished, channels.keys());
    const configured = id === undefined ? undefined : channels.get(id);
    if (configured)
      return { folder: each, channel: { id: configured.id, zone: configured.zone }, isConfigured: true };
    const problem = channelIdProblem(wished, reservedIdSet([]));
    if (problem !== undefined || (channel === undefined && each.path === folder)) {
      throw new NightjarError(
        "bad-request",
        `${each.path}: whose footage it is does not show; wanted: --channel ID`,
        {
          details: channels.size === 0 ? [] : [`Channels: ${[...channels.keys()].slice(0, 20).join(", ")}`],
        },
      );
    }
    return { folder: each, channel: { id: wished, zone }, isConfigured: false };
  });
}

const lengthText = (ms: number): string => {
  const minutes = Math.round(ms / 60_000);
  return ms < 60_000 ? `${Math.round(ms / 1000)} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};
const filesText = (count: number): string => (count === 1 ? "1 file" : `${count} files`);

/** Says what came of a folder, and sums up. */
class Report {
  readonly #say: (line: string) => void;
  readonly #root: string;
  readonly #left: LeftFile[] = [];
  #there = 0;
  #failed = 0;
  #hasGuessedTimes = false;

  constructor({ stdout, folder }: FootageContext) {
    this.#say = stdout;
    this.#root = folder;
  }

  /** Footage could not be taken: the command ends with 1. */
  get isIncomplete(): boolean {
    return this.#failed > 0;
  }

  batch(batch: Batch, what: string): void {
    this.#there += batch.there;
    this.#failed += batch.failed;
    this.#hasGuessedTimes ||= batch.hasGuessedTimes;
    this.#left.push(...batch.left);
    if (batch.taken === 0) return;
    this.#say(`  took   ${what}: ${filesText(batch.taken)}, ${lengthText(batch.durationMs)}`);
  }

  clips(rows: readonly AdoptedClipRow[], there: number): void {
    for (const kind of ["timelapse", "moment"] as const) {
      const count = rows.filter((row) => row.kind === kind).length;
      if (count > 0)
        this.#say(`  took   ${count} ${kind}${count === 1 ? "" : "s"}, written down where they lie`);
    }
    this.#there += there;
  }

  left(left: readonly LeftFile[]): void {
    this.#left.push(...left);
  }

  end(guessed: string): void {
    if (this.#there > 0) this.#say(`  there  ${filesText(this.#there)}, adopted before`);
    if (this.#hasGuessedTimes) this.#say(`         ${guessed}`);
    const byReason = Map.groupBy(this.#left, ({ why }) => why);
    for (const [why, files] of byReason) {
      for (const { path } of files.slice(0, MAX_NAMED)) {
        this.#say(`  left   ${relative(this.#root, path) || path}: ${why}`);
      }
      if (files.length > MAX_NAMED) this.#say(`  left   ${files.length - MAX_NAMED} more: ${why}`);
    }
  }
}

/** What of the world an import looks at, and changes where it is no dry run. */
type Storage = {
  files: Files;
  index: Pick<IndexDatabase, "recordingsBetween"> | undefined;
  clips: AdoptedClipTable | undefined;
  adoptionOf: (channel: Target["channel"]) => FootageAdoption | undefined;
};

/** Writes down films that are not written down as they are. */
async function importClips(
  { files, clips }: Storage,
  { folder, channel }: Target,
  isDryRun: boolean,
  report: Report,
) {
  const known = (["timelapse", "moment"] as const).flatMap((kind) => clips?.list(channel.id, kind) ?? []);
  const byPath = new Map(known.map((row) => [row.path, row]));
  const rows: AdoptedClipRow[] = [];
  for (const clip of folder.clips) {
    const row = await clipRow(files, clip, channel);
    if (row && !Bun.deepEquals(byPath.get(row.path), row)) rows.push(row);
  }
  if (!isDryRun) clips?.put(rows);
  report.clips(rows, folder.clips.length - rows.length);
}

async function importTarget(context: FootageContext, target: Target, storage: Storage): Promise<boolean> {
  const { config, stdout, isDryRun } = context;
  const { folder, channel, isConfigured } = target;
  const report = new Report(context);
  const note = isConfigured ? "" : " (not configured: it is listed as a channel of before)";
  stdout(`${folder.path}: channel ${channel.id}${note}`);
  const configured = config.channels.get(channel.id);
  const source = configured?.source;
  const isWatched = source?.kind === "folder" && isBelow(folder.path, source.path);
  const folderContext: FolderContext = {
    files: storage.files,
    channel,
    isWatched,
    known: (fromMs, toMs) =>
      storage.index === undefined ? new Map() : adoptedFiles(storage.index, channel.id, fromMs, toMs),
    keptFromMs:
      configured === undefined ? Number.NEGATIVE_INFINITY : keptFromMs(configured, context.clock.nowMs()),
    adoption: storage.adoptionOf(channel),
  };
  for await (const batch of adoptChunks(folderContext, folder.path, folder.chunks))
    report.batch(batch, "chunks");
  if (isWatched && folder.dates.length > 0) {
    stdout(
      `  there  ${folder.dates.length} dates: the channel watches this folder, and takes its segments itself`,
    );
  }
  for (const date of folder.dates) report.batch(await adoptDate(folderContext, folder.path, date), date);
  await importClips(storage, target, isDryRun, report);
  report.left(folder.left);
  report.end(
    folder.chunks.length > 0
      ? "Of chunks whose names say no time, the time of the file less its length counts."
      : "video.mp4 says no time of day: it counts from midnight on, without the gaps that there were.",
  );
  return !report.isIncomplete;
}

/** `nightjar import --footage DIR`: ends with 0, with 1 when footage could not be taken. */
export async function importFootage(context: FootageContext): Promise<number> {
  const files = diskFiles();
  const targets = await targetsOf(files, context);
  const all = async (storage: Storage): Promise<number> => {
    let isComplete = true;
    for (const target of targets) isComplete = (await importTarget(context, target, storage)) && isComplete;
    const dated = targets.filter(({ folder, isConfigured }) => isConfigured && folder.dates.length > 0);
    await convertDates(
      dated.map(({ channel }) => channel.id),
      context,
    );
    return isComplete ? 0 : 1;
  };
  if (context.isDryRun) {
    const code = await withIndexIfThere(context, (index, state) =>
      all({ files, index, clips: state?.adoptedClips, adoptionOf: () => undefined }),
    );
    context.stdout("Nothing was written: --dry-run.");
    return code;
  }
  return await withStorage(context, async (storage) => {
    const { index, state } = storage;
    const adoptionOf = (channel: Target["channel"]) => new FootageAdoption(storage, channel);
    const code = await all({ files, index, clips: state.adoptedClips, adoptionOf });
    context.stdout("It stays where it is; not one byte of it was changed.");
    return code;
  });
}
