import { describe, expect, test } from "bun:test";
import { HotBodies, type HotBody } from "../../../src/playback/hot-bodies.ts";

const MEGABYTE = 1 << 20;

const bodyOf = (sizeBytes: number, tag = "a"): HotBody => ({
  tag,
  contentType: "video/mp4",
  maxAgeSeconds: undefined,
  bytes: new Uint8Array(sizeBytes),
});

/** Asks, and says whether the body had to be made. */
async function isMade(hot: HotBodies, address: string, sizeBytes: number): Promise<boolean> {
  let made = false;
  await hot.get(address, async () => {
    made = true;
    return bodyOf(sizeBytes);
  });
  return made;
}

describe("hot bodies", () => {
  test("are made once for all who ask at the same time, and for those who ask later", async () => {
    const hot = new HotBodies();
    let made = 0;
    const ask = () =>
      hot.get("a", async () => {
        made++;
        await Bun.sleep(5);
        return bodyOf(10);
      });
    const answers = await Promise.all([ask(), ask(), ask()]);
    answers.push(await ask());
    expect(made).toBe(1);
    expect(answers.map(({ bytes }) => bytes instanceof Blob && bytes.size)).toEqual([10, 10, 10, 10]);
  });

  test("nothing is kept of a failure", async () => {
    const hot = new HotBodies();
    const failing = hot.get("a", async () => {
      throw new Error("gone");
    });
    expect(await failing.catch((error: unknown) => String(error))).toBe("Error: gone");
    expect(await isMade(hot, "a", 10)).toBe(true);
  });

  test("take up a bounded amount of memory: what is used stays, what is not makes room", async () => {
    const hot = new HotBodies();
    for (let index = 0; index < 16; index++) expect(await isMade(hot, `${index}`, MEGABYTE)).toBe(true);
    // Full of what was asked for just now.
    expect(await isMade(hot, "late", MEGABYTE)).toBe(true);
    expect(await isMade(hot, "late", MEGABYTE)).toBe(true);
    await Bun.sleep(1050);
    expect(await isMade(hot, "0", MEGABYTE)).toBe(false);
    expect(await isMade(hot, "late", MEGABYTE)).toBe(true);
    expect(await isMade(hot, "late", MEGABYTE)).toBe(false);
    expect(await isMade(hot, "0", MEGABYTE)).toBe(false);
    expect(await isMade(hot, "1", MEGABYTE)).toBe(true);
  });

  test("one that is too large is answered and not kept", async () => {
    const hot = new HotBodies();
    expect(await isMade(hot, "large", 5 * MEGABYTE)).toBe(true);
    expect(await isMade(hot, "large", 5 * MEGABYTE)).toBe(true);
  });
});
