import { basename, dirname } from "node:path";
import type { DiskSpace, Files, FileStat, FolderEntry, OpenFile } from "../../../src/platform/files.ts";

const PAGE_BYTES = 4096;

type Change = { atBytes: number; bytes: Uint8Array } | { sizeBytes: number };
/** What a file holds for its readers, what of it is durable, and the changes between the two. */
type Inode = { now: Uint8Array; durable: Uint8Array; pending: Change[] };

function apply(before: Uint8Array, change: Change): Uint8Array {
  if ("sizeBytes" in change) {
    const cut = new Uint8Array(change.sizeBytes);
    cut.set(before.subarray(0, change.sizeBytes));
    return cut;
  }
  const after = new Uint8Array(Math.max(before.length, change.atBytes + change.bytes.length));
  after.set(before);
  after.set(change.bytes, change.atBytes);
  return after;
}

/** A write as the pages it touches: each may reach the disk or not. */
function pagesOf(change: Change): Change[] {
  if ("sizeBytes" in change) return [change];
  const pages: Change[] = [];
  for (let at = 0; at < change.bytes.length;) {
    const left = PAGE_BYTES - ((change.atBytes + at) % PAGE_BYTES);
    pages.push({ atBytes: change.atBytes + at, bytes: change.bytes.subarray(at, at + left) });
    at += left;
  }
  return pages;
}

const systemError = (code: string, path: string): Error =>
  Object.assign(new Error(`${code}: ${path}`), { code });

/**
 * A file system in memory that knows what a power cut may leave: of everything that was not synced, each page of
 * each write, and each name that came or went, is there or not, whatever came before or after it.
 */
export class PowerCutFiles implements Files {
  readonly #names = new Map<string, Inode | "folder">();
  readonly #durableNames = new Map<string, Inode | "folder">();
  #operations = 0;
  #cutAt = Number.POSITIVE_INFINITY;
  #random: () => number = Math.random;
  #onCut: (left: PowerCutFiles) => void = () => {};
  #isDead = false;

  /** The power goes at the n-th operation from now; nothing that is called then or later ever ends. */
  cutAfter(operations: number, random: () => number): Promise<PowerCutFiles> {
    this.#cutAt = this.#operations + operations;
    this.#random = random;
    const { promise, resolve } = Promise.withResolvers<PowerCutFiles>();
    this.#onCut = resolve;
    return promise;
  }

  /** The power goes now. */
  die(random: () => number): PowerCutFiles {
    this.#isDead = true;
    return this.#left(random);
  }

  /** What would be there after a power cut now. */
  #left(random: () => number): PowerCutFiles {
    const left = new PowerCutFiles();
    const paths = [...new Set([...this.#names.keys(), ...this.#durableNames.keys()])].sort();
    for (const path of paths) {
      const durable = this.#durableNames.get(path);
      const now = this.#names.get(path);
      const node = durable === now || random() < 0.5 ? durable : now;
      const parent = dirname(path);
      if (node === undefined || (left.#names.get(parent) !== "folder" && paths.includes(parent))) continue;
      const kept = node === "folder" ? node : this.#contentsAfter(node, random);
      left.#names.set(path, kept);
      left.#durableNames.set(path, kept);
    }
    return left;
  }

  #contentsAfter(inode: Inode, random: () => number): Inode {
    let bytes = inode.durable;
    for (const change of inode.pending.flatMap(pagesOf)) if (random() < 0.5) bytes = apply(bytes, change);
    return { now: bytes, durable: bytes, pending: [] };
  }

  async #operation(): Promise<void> {
    this.#operations += 1;
    if (this.#operations === this.#cutAt) {
      this.#onCut(this.die(this.#random));
    }
    if (this.#isDead) await new Promise<never>(() => {});
    await Promise.resolve();
  }

  #file(path: string): Inode {
    const found = this.#names.get(path);
    if (found === undefined || found === "folder") throw systemError("ENOENT", path);
    return found;
  }

  #openFile(path: string, inode: Inode): OpenFile {
    const change = async (made: Change): Promise<void> => {
      await this.#operation();
      inode.now = apply(inode.now, made);
      inode.pending.push(made);
    };
    return {
      path,
      write: (parts, atBytes) => change({ atBytes, bytes: new Uint8Array(Buffer.concat(parts)) }),
      truncate: (sizeBytes) => change({ sizeBytes }),
      datasync: async () => {
        const { now } = inode;
        const count = inode.pending.length;
        await this.#operation();
        inode.durable = now;
        inode.pending.splice(0, count);
      },
      close: async () => {},
    };
  }

  async create(path: string): Promise<OpenFile> {
    await this.#operation();
    if (this.#names.has(path)) throw systemError("EEXIST", path);
    if (this.#names.get(dirname(path)) !== "folder") throw systemError("ENOENT", path);
    const inode: Inode = { now: new Uint8Array(), durable: new Uint8Array(), pending: [] };
    this.#names.set(path, inode);
    return this.#openFile(path, inode);
  }

  async open(path: string): Promise<OpenFile> {
    return this.#openFile(path, this.#file(path));
  }

  async makeFolder(path: string): Promise<string[]> {
    await this.#operation();
    const made: string[] = [];
    for (let folder = path; folder !== "/" && !this.#names.has(folder); folder = dirname(folder))
      made.unshift(folder);
    for (const folder of made) this.#names.set(folder, "folder");
    return made;
  }

  async syncFolder(path: string): Promise<void> {
    const isIn = (name: string) => dirname(name) === path;
    const now = [...this.#names].filter(([name]) => isIn(name));
    await this.#operation();
    for (const name of [...this.#durableNames.keys()].filter(isIn)) this.#durableNames.delete(name);
    for (const [name, node] of now) this.#durableNames.set(name, node);
  }

  async read(path: string): Promise<Uint8Array> {
    await this.#operation();
    return this.#file(path).now.slice();
  }

  async readRange(path: string, offsetBytes: number, lengthBytes: number): Promise<Uint8Array> {
    return (await this.read(path)).subarray(offsetBytes, offsetBytes + lengthBytes);
  }

  async writeWhole(path: string, bytes: Uint8Array): Promise<void> {
    await this.#operation();
    const inode: Inode = { now: bytes, durable: bytes, pending: [] };
    this.#names.set(path, inode);
    this.#durableNames.set(path, inode);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#operation();
    this.#names.set(to, this.#file(from));
    this.#names.delete(from);
  }

  async unlink(path: string): Promise<void> {
    await this.#operation();
    this.#file(path);
    this.#names.delete(path);
  }

  async truncate(path: string, sizeBytes: number): Promise<void> {
    await (await this.open(path)).truncate(sizeBytes);
  }

  async list(path: string): Promise<FolderEntry[] | undefined> {
    await this.#operation();
    if (this.#names.get(path) !== "folder") return undefined;
    return [...this.#names]
      .filter(([name]) => dirname(name) === path)
      .map(([name, node]) => ({ name: basename(name), kind: node === "folder" ? "folder" : "file" }));
  }

  async stat(path: string): Promise<FileStat | undefined> {
    await this.#operation();
    const found = this.#names.get(path);
    if (found === undefined) return undefined;
    const sizeBytes = found === "folder" ? 0 : found.now.length;
    return { kind: found === "folder" ? "folder" : "file", sizeBytes, modifiedMs: 0, device: 1 };
  }

  async space(): Promise<DiskSpace> {
    return { totalBytes: 1e12, freeBytes: 1e12 };
  }
}
