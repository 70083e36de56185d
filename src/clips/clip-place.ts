import { dirname, join } from "node:path";
import type { ClipRow } from "../db/state/clip-table.ts";
import { NightjarError, systemErrorCode } from "../platform/errors.ts";
import type { Files } from "../platform/files.ts";
import type { ClipPlace, NewClip } from "./clip.ts";
import { clipName, CLIPS_FOLDER } from "./clip-names.ts";

const MAX_SAME_NAME = 1000;

/** Where a film is to lie. `stem`: the path of what is being made, without its extension. */
export type PlaceContext = {
  files: Files;
  root: { id: string; path: string };
  channel: string;
  stem: string;
  nowMs: () => number;
  zone: () => string;
  /** Does the work when nobody else gives names. */
  naming: <T>(work: () => Promise<T>) => Promise<T>;
  /** Stores the row of a film whose files are durable. */
  store: (row: Omit<ClipRow, "id">) => ClipRow;
  /** It is over, one way or the other. */
  done: () => void;
};

async function unlinkIfThere(files: Files, path: string): Promise<void> {
  try {
    await files.unlink(path);
  } catch (error) {
    if (systemErrorCode(error) !== "ENOENT") throw error;
  }
}

async function sync(files: Files, path: string): Promise<void> {
  const file = await files.open(path);
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** The first of `name`, `name-2`, … below a folder that neither an MP4 nor a GIF has. */
async function freeStem(files: Files, folder: string, name: string): Promise<string> {
  for (let n = 1; n <= MAX_SAME_NAME; n++) {
    const stem = join(folder, n === 1 ? name : `${name}-${n}`);
    const taken = await Promise.all([".mp4", ".gif"].map((extension) => files.stat(`${stem}${extension}`)));
    if (taken.every((stat) => stat === undefined)) return stem;
  }
  throw new NightjarError("internal", `${MAX_SAME_NAME} films are called ${name}`);
}

/**
 * Names, syncs and stores what was made. The GIF is named first: a film is found again by its MP4, and has all its files
 * then.
 */
async function keep(context: PlaceContext, clip: NewClip): Promise<ClipRow> {
  const { files, root, channel, stem } = context;
  const [mp4, gif] = await Promise.all([files.stat(`${stem}.mp4`), files.stat(`${stem}.gif`)]);
  if (!mp4 || mp4.sizeBytes === 0) throw new NightjarError("internal", "No film was made");
  await Promise.all(
    [".mp4", ...(gif ? [".gif"] : [])].map((extension) => sync(files, `${stem}${extension}`)),
  );
  return context.naming(async () => {
    const folder = dirname(stem);
    const named = await freeStem(files, folder, clipName(clip, context.zone()));
    if (gif) await files.rename(`${stem}.gif`, `${named}.gif`);
    await files.rename(`${stem}.mp4`, `${named}.mp4`);
    await files.syncFolder(folder);
    const pathOf = (extension: string) =>
      `${channel}/${CLIPS_FOLDER}/${named.slice(folder.length + 1)}${extension}`;
    return context.store({
      kind: clip.kind,
      channel,
      startMs: Math.round(clip.startMs),
      endMs: Math.round(clip.endMs),
      localTime: clip.localTime,
      isWholeDay: clip.isWholeDay,
      root: root.id,
      path: pathOf(".mp4"),
      gifPath: gif ? pathOf(".gif") : null,
      durationMs: Math.round(clip.durationMs ?? 0),
      sizeBytes: mp4.sizeBytes + (gif?.sizeBytes ?? 0),
      createdMs: context.nowMs(),
    });
  });
}

/** A place in which one film is made, see the contract. `shown` makes of its row what others see. */
export function clipPlace<Shown>(
  context: PlaceContext,
  shown: (row: ClipRow) => Shown,
): Omit<ClipPlace, "keep"> & { keep(clip: NewClip): Promise<Shown> } {
  const { files, stem } = context;
  let isOver = false;
  return {
    mp4: `${stem}.mp4`,
    gif: `${stem}.gif`,
    async keep(clip) {
      const row = await keep(context, clip);
      isOver = true;
      context.done();
      return shown(row);
    },
    async drop() {
      if (isOver) return;
      isOver = true;
      try {
        await unlinkIfThere(files, `${stem}.mp4`);
        await unlinkIfThere(files, `${stem}.gif`);
      } finally {
        context.done();
      }
    },
  };
}
