import { mkdir } from "node:fs/promises";
import { finished } from "./processes.ts";

async function mustRun(...argv: string[]): Promise<void> {
  const done = await finished(argv);
  if (done.code !== 0) throw new Error(`${argv.join(" ")}: ${done.stderr}`);
}

/** An ext4 file system of its own in an image file, mounted by a loop device. Needs root. */
export class LoopDisk implements AsyncDisposable {
  #isMounted = false;

  private constructor(
    readonly image: string,
    /** Where it is mounted. */
    readonly path: string,
  ) {}

  /** Makes an image of that size and mounts it. */
  static async make(image: string, path: string, sizeBytes: number): Promise<LoopDisk> {
    await mustRun("truncate", "-s", String(sizeBytes), image);
    await mustRun("/sbin/mkfs.ext4", "-q", "-F", "-m", "0", image);
    const disk = new LoopDisk(image, path);
    await disk.mount();
    return disk;
  }

  /**
   * A second disk with what this one holds on its platters now, as after a power cut: what was written and not
   * synced is missing. Mounting it replays the file system's own journal.
   */
  async cutCopy(image: string, path: string): Promise<LoopDisk> {
    await mustRun("cp", "--sparse=always", this.image, image);
    const copy = new LoopDisk(image, path);
    await copy.mount();
    return copy;
  }

  async mount(): Promise<void> {
    await mkdir(this.path, { recursive: true });
    await mustRun("mount", "-o", "loop", this.image, this.path);
    this.#isMounted = true;
  }

  /** Takes it away, also while files on it are open: who has them open can still write to them. */
  async unmount(): Promise<void> {
    await mustRun("umount", "--lazy", this.path);
    this.#isMounted = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isMounted) await this.unmount();
  }
}
