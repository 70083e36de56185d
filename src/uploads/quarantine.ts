import { unlink } from "node:fs/promises";
import { join } from "node:path";
import type { QuarantinedFile } from "../capture/channel-status.ts";
import type { Files } from "../platform/files.ts";
import type { DurableFolders } from "./folders.ts";
import { checksumOf } from "./probe.ts";

const FOLDER = "quarantine";
/** The sentence that says what is wrong lies beside the file. */
const REASON = ".reason";
/** How long a file is kept, in ms. */
const KEPT_MS = 7 * 86_400_000;

/** `<arrival in ms>-<date>-<name>`, which is all that an address may name. */
const FORM = /^(\d{1,15})-(\d{4}-\d{2}-\d{2})-(video_[\w+.-]{1,40})$/;

const parse = (id: string): { arrivedMs: number; name: string } | undefined => {
  const [, arrived, date, name] = FORM.exec(id) ?? [];
  if (arrived === undefined || name?.endsWith(REASON) === true) return undefined;
  return { arrivedMs: Number(arrived), name: `${date}/${name}` };
};

export type QuarantineEntry = { date: string; name: string; reason: string; arrivedMs: number };

/** What a channel received and could not take for a segment: `quarantine/` in its folder. */
export class QuarantineFolder {
  readonly #files: Files;
  readonly #folders: DurableFolders;
  readonly #path: string;

  /** @param channelFolder absolute path of the channel's folder on the storage */
  constructor(files: Files, folders: DurableFolders, channelFolder: string) {
    this.#files = files;
    this.#folders = folders;
    this.#path = join(channelFolder, FOLDER);
  }

  /** Moves a file here and makes that durable. One with the same bytes under the same name is here only once. */
  async take(path: string, { date, name, reason, arrivedMs }: QuarantineEntry): Promise<void> {
    await this.#folders.make(this.#path);
    const before = await this.#sameAs(path, `${date}/${name}`);
    if (before !== undefined) return this.#files.unlink(path);
    const id = await this.#freeId(arrivedMs, `${date}-${name}`);
    await this.#files.writeWhole(join(this.#path, id + REASON), new TextEncoder().encode(reason));
    await this.#files.rename(path, join(this.#path, id));
    await this.#files.syncFolder(this.#path);
  }

  /** Newest first. */
  async list(): Promise<QuarantinedFile[]> {
    const found: QuarantinedFile[] = [];
    for (const { name: id, kind } of (await this.#files.list(this.#path)) ?? []) {
      const known = parse(id);
      if (!known || kind !== "file") continue;
      const stat = await this.#files.stat(join(this.#path, id));
      if (stat) found.push({ id, ...known, reason: await this.#reasonOf(id), sizeBytes: stat.sizeBytes });
    }
    return found.sort((a, b) => b.arrivedMs - a.arrivedMs);
  }

  /** How many there are. */
  async count(): Promise<number> {
    return ((await this.#files.list(this.#path)) ?? []).filter(({ name }) => parse(name)).length;
  }

  async path(id: string): Promise<string | undefined> {
    const path = join(this.#path, id);
    return parse(id) && (await this.#files.stat(path))?.kind === "file" ? path : undefined;
  }

  async remove(id: string): Promise<boolean> {
    const path = await this.path(id);
    if (path === undefined) return false;
    await this.#files.unlink(path);
    await unlink(path + REASON).catch(() => undefined);
    return true;
  }

  /** Removes what is older than is kept. */
  async sweep(nowMs: number): Promise<void> {
    for (const { name } of (await this.#files.list(this.#path)) ?? []) {
      const arrivedMs = parse(name)?.arrivedMs;
      if (arrivedMs !== undefined && arrivedMs < nowMs - KEPT_MS) await this.remove(name);
    }
  }

  /** Removes the older half: nothing can be recorded any more for want of room. How many went. */
  async makeRoom(): Promise<number> {
    const all = await this.list();
    const older = all.slice(Math.floor(all.length / 2));
    for (const { id } of older) await this.remove(id);
    return older.length;
  }

  async #reasonOf(id: string): Promise<string> {
    try {
      return new TextDecoder().decode(await this.#files.readRange(join(this.#path, id + REASON), 0, 2000));
    } catch {
      return "it could not be read as media";
    }
  }

  async #sameAs(path: string, name: string): Promise<string | undefined> {
    const size = (await this.#files.stat(path))?.sizeBytes;
    const alike = (await this.list()).filter((each) => each.name === name && each.sizeBytes === size);
    if (alike.length === 0) return undefined;
    const crc = await checksumOf(path);
    for (const { id } of alike) if ((await checksumOf(join(this.#path, id))) === crc) return id;
    return undefined;
  }

  async #freeId(arrivedMs: number, name: string): Promise<string> {
    for (let ms = arrivedMs; ; ms++) {
      const id = `${ms}-${name}`;
      if (!(await this.#files.stat(join(this.#path, id)))) return id;
    }
  }
}
