import { expect } from "bun:test";
import { diskFiles, type Files, type OpenFile } from "../../../src/platform/files.ts";

/** A disk that fails on request: each hook may throw, or wait. */
export class FaultyDisk {
  onWrite: (path: string) => unknown = () => {};
  onDatasync: (path: string) => unknown = () => {};
  onCreate: (path: string) => unknown = () => {};
  /** Of a write that fails, so many bytes reach the disk first. */
  partialBytes = 0;

  files(): Files {
    const disk = diskFiles();
    const spoil = async (opening: Promise<OpenFile>): Promise<OpenFile> => {
      const file = await opening;
      const { path } = file;
      return {
        path,
        write: async (parts, at) => {
          try {
            await this.onWrite(path);
          } catch (error) {
            await file.write([Buffer.concat(parts).subarray(0, this.partialBytes)], at);
            throw error;
          }
          await file.write(parts, at);
        },
        datasync: async () => {
          await this.onDatasync(path);
          await file.datasync();
        },
        truncate: (size) => file.truncate(size),
        close: () => file.close(),
      };
    };
    return {
      ...disk,
      create: async (path) => {
        await this.onCreate(path);
        return spoil(disk.create(path));
      },
      open: (path) => spoil(disk.open(path)),
    };
  }
}

/** A hook that fails with a system error's code. */
export const fails = (code: string) => () => {
  throw Object.assign(new Error(`${code}: the disk says no`), { code });
};

/** Resolves when the condition holds; fails after a second. */
export async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !condition(); i += 1) await Bun.sleep(2);
  expect(condition()).toBe(true);
}
