import { beforeAll, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { buildInit } from "../../src/media/fmp4/init.ts";
import type { CodedPicture } from "../../src/still/decode.ts";
import { errorText } from "../../src/platform/errors.ts";
import { ReadyDecoder } from "../../src/still/ready-decoder.ts";
import { encodeClip } from "../support/recorded-clip.ts";
import { waitFor } from "../support/wait.ts";

/** Ids of this process's decoders that run. */
const allDecoders = (): number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const [, rest = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ");
        const [state, parent] = rest.split(" ");
        return (
          state !== "Z" &&
          parent === String(process.pid) &&
          readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("mjpeg")
        );
      } catch {
        return false;
      }
    })
    .map(Number);

/** Message of what a promise is rejected with. */
const failure = (promise: Promise<unknown>): Promise<string> => promise.then(String, errorText);

/** Those that tests before these have left to wait. */
let others: readonly number[] = [];
const decoders = (): number[] => allDecoders().filter((pid) => !others.includes(pid));

let picture: CodedPicture;
beforeAll(() => {
  others = allDecoders();
  const { parameters, video } = encodeClip({ seconds: 1, hasSound: false });
  picture = { init: buildInit(parameters), sample: video[0]!.payload };
});

test("a decoder waits for the next picture of a size that is asked for again, is used for it, and ends idle", async () => {
  const decoder = new ReadyDecoder(1000);
  const first = await decoder.decode(picture, {});
  expect(decoders()).toEqual([]);
  expect(await decoder.decode(picture, {})).toEqual(first);
  const spare = decoders();
  expect(spare.length).toBe(1);
  expect(await decoder.decode(picture, {})).toEqual(first);
  expect(decoders().length).toBe(1);
  expect(decoders()).not.toEqual(spare);
  await decoder.decode(picture, { widthPixels: 64 });
  await waitFor("no decoder", () => decoders().length === 0);
  expect(await decoder.decode(picture, {})).toEqual(first);
});

test("a picture that can't be decoded fails alone", async () => {
  const decoder = new ReadyDecoder(500);
  const good = await decoder.decode(picture, {});
  await decoder.decode(picture, {});
  const broken = { init: picture.init, sample: new Uint8Array(2000) };
  expect(await failure(decoder.decode(broken, {}))).toContain("can't be decoded");
  const noInit = { init: new Uint8Array(9), sample: picture.sample };
  expect(await failure(decoder.decode(noInit, {}))).toContain("box");
  expect(await decoder.decode(picture, {})).toEqual(good);
  await waitFor("no decoder", () => decoders().length === 0);
});

test("a decoder that nobody waits for is ended", async () => {
  const controller = new AbortController();
  const decoding = new ReadyDecoder().decode(picture, { signal: controller.signal });
  controller.abort();
  expect(await failure(decoding)).toContain("stopped");
  expect(decoders()).toEqual([]);
});

test("a spare that was killed meanwhile is not missed", async () => {
  const decoder = new ReadyDecoder(500);
  await decoder.decode(picture, {});
  const good = await decoder.decode(picture, {});
  for (const pid of decoders()) process.kill(pid, "SIGKILL");
  await waitFor("no decoder", () => decoders().length === 0);
  await Bun.sleep(250);
  expect(await decoder.decode(picture, {})).toEqual(good);
  await waitFor("no decoder", () => decoders().length === 0);
});
