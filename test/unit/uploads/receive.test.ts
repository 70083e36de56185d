import { expect, test } from "bun:test";
import { errorText } from "../../../src/platform/errors.ts";
import { type Files, diskFiles, type OpenFile } from "../../../src/platform/files.ts";
import { receiveFile } from "../../../src/uploads/receive.ts";
import { tempFolder } from "../../support/temp.ts";

const MEGABYTE = 1024 * 1024;

/** A request whose body comes in pieces of a megabyte, each filled with its number. */
function requestOf(pieces: number): Request {
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent === pieces) controller.close();
      else controller.enqueue(new Uint8Array(MEGABYTE).fill(sent++));
    },
  });
  const headers = { "content-length": String(pieces * MEGABYTE) };
  return new Request("http://localhost/x", { method: "PUT", body, headers });
}

/** A file on the disk whose calls are noted, the ends of writes as well; `fails` says which of them throw. */
function notedFile(file: OpenFile, calls: string[], fails: (call: string) => boolean): OpenFile {
  const noted = async <T>(call: string, work: () => Promise<T>): Promise<T> => {
    calls.push(call);
    await Bun.sleep(2);
    const result = await work();
    if (fails(call)) throw Object.assign(new Error(`EIO: ${call}`), { code: "EIO" });
    calls.push(`${call} done`);
    return result;
  };
  return {
    path: file.path,
    write: (parts, position) => noted(`write ${position / MEGABYTE}`, () => file.write([...parts], position)),
    datasync: () => noted("datasync", () => file.datasync()),
    truncate: (size) => file.truncate(size),
    close: () => noted("close", () => file.close()),
  };
}

const files: Files = diskFiles();
const extension = "mp4";

test("pieces are written in their order while others come, and synced when all are written", async () => {
  await using folder = await tempFolder();
  const calls: string[] = [];
  const path = folder.file("a.part");
  const open = async () => {
    await Bun.sleep(5);
    calls.push("open");
    return notedFile(await files.create(path), calls, () => false);
  };
  const check = () => void calls.push("check");
  const received = await receiveFile(requestOf(5), { open, extension, files, check });
  expect(received).toMatchObject({ path, sizeBytes: 5 * MEGABYTE });
  expect(received.mtimeMs).toBe((await files.stat(path))!.modifiedMs);
  const bytes = await Bun.file(path).bytes();
  for (let n = 0; n < 5; n++)
    expect(bytes.subarray(n * MEGABYTE, (n + 1) * MEGABYTE).every((byte) => byte === n)).toBe(true);
  expect(calls[0]).toBe("open");
  const sync = calls.indexOf("datasync");
  const writes = calls.filter((call) => /^write \d+$/.test(call));
  expect(writes.length).toBeGreaterThan(1);
  for (const write of writes) {
    expect(calls.indexOf(`${write} done`)).toBeLessThan(sync);
    expect(calls[calls.indexOf(write) - 1]).toBe("check");
  }
  expect(calls.indexOf("datasync done")).toBeLessThan(calls.indexOf("close"));
});

test.each(["write 0", "write 1", "datasync"])(
  "a failing %s is told, and nothing is left of the file",
  async (call) => {
    await using folder = await tempFolder();
    const calls: string[] = [];
    const path = folder.file("a.part");
    const open = async () => notedFile(await files.create(path), calls, (each) => each.startsWith(call));
    const received = receiveFile(requestOf(4), { open, extension, files, check: () => undefined });
    expect(await received.catch(errorText)).toContain(`EIO: ${call}`);
    expect(calls).toContain("close");
    expect(await files.stat(path)).toBeUndefined();
  },
);

test("what the file can't be made for is told, and what is said before a write", async () => {
  await using folder = await tempFolder();
  const open = () => Promise.reject(new Error("no storage"));
  const check = () => undefined;
  const unopened = receiveFile(requestOf(2), { open, extension, files, check });
  expect(await unopened.catch(errorText)).toBe("no storage");
  const path = folder.file("a.part");
  const gone = () => {
    throw new Error("it went away");
  };
  const make = () => files.create(path);
  const stopped = receiveFile(requestOf(2), { open: make, extension, files, check: gone });
  expect(await stopped.catch(errorText)).toBe("it went away");
  expect(await files.stat(path)).toBeUndefined();
});

test("a body that is shorter than it was said to be is refused while its file is still being made", async () => {
  await using folder = await tempFolder();
  const path = folder.file("a.part");
  const body = new Uint8Array(10);
  const headers = { "content-length": "11" };
  const request = new Request("http://localhost/x", { method: "PUT", body, headers });
  const open = async () => {
    await Bun.sleep(20);
    return files.create(path);
  };
  const received = receiveFile(request, { open, extension, files, check: () => undefined });
  expect(await received.catch(errorText)).toContain("cut off");
  expect(await files.stat(path)).toBeUndefined();
});
