import { describe, expect, test } from "bun:test";
import { errorText } from "../../../src/platform/errors.ts";
import { Stills, type Jpeg, type StillRequest } from "../../../src/still/stills.ts";
import type { CodedPicture, DecodeOptions } from "../../../src/still/decode.ts";

/** A decoder that is done when the test says so. */
class SlowDecoder {
  readonly begun: string[] = [];
  readonly aborted: string[] = [];
  running = 0;
  most = 0;
  #finish: (() => void)[] = [];

  decode = async ({ sample }: CodedPicture, { signal }: DecodeOptions): Promise<Jpeg> => {
    const name = new TextDecoder().decode(sample);
    this.begun.push(name);
    this.running += 1;
    this.most = Math.max(this.most, this.running);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#finish.push(resolve);
    signal?.addEventListener("abort", () => {
      this.aborted.push(name);
      resolve();
    });
    await promise;
    this.running -= 1;
    return new Uint8Array(1000).fill(name.charCodeAt(0));
  };

  /** Ends all that runs. */
  async finish(): Promise<void> {
    for (const end of this.#finish.splice(0)) end();
    await Bun.sleep(1);
  }
}

const asked = (key: string, signal = new AbortController().signal): StillRequest => ({
  key,
  read: () => Promise.resolve({ init: new Uint8Array(), sample: new TextEncoder().encode(key) }),
  signal,
});

/** Message of what a promise is rejected with. */
const failure = (promise: Promise<unknown>): Promise<string> => promise.then(String, errorText);

describe("stills", () => {
  test("a picture is decoded once for all who ask, then comes from memory", async () => {
    const decoder = new SlowDecoder();
    const stills = new Stills({ decoders: 1, decode: decoder.decode });
    const all = Promise.all(Array.from({ length: 20 }, () => stills.still(asked("a"))));
    await Bun.sleep(1);
    await decoder.finish();
    const [first, ...others] = await all;
    expect(first?.length).toBe(1000);
    expect(others.every((jpeg) => jpeg === first)).toBeTrue();
    expect(await stills.still(asked("a"))).toBe(first!);
    expect(decoder.begun).toEqual(["a"]);
  });

  test("no more decoders run than are allowed, and all get their turn in order", async () => {
    const decoder = new SlowDecoder();
    const stills = new Stills({ decoders: 2, decode: decoder.decode });
    const names = ["a", "b", "c", "d", "e"];
    const all = Promise.all(names.map((name) => stills.still(asked(name))));
    for (let round = 0; round < 3; round++) {
      await Bun.sleep(1);
      await decoder.finish();
    }
    expect((await all).map((jpeg) => String.fromCharCode(jpeg[0]!))).toEqual(names);
    expect(decoder.most).toBe(2);
    expect(decoder.begun).toEqual(names);
  });

  test("what is asked for beyond the line is refused at once", async () => {
    const decoder = new SlowDecoder();
    const stills = new Stills({ decoders: 1, maxWaiting: 2, decode: decoder.decode });
    const kept = ["a", "b", "c"].map((name) => stills.still(asked(name)));
    await Bun.sleep(1);
    expect(await failure(stills.still(asked("d")))).toContain("Too many pictures");
    const joined = stills.still(asked("c"));
    for (let round = 0; round < 3; round++) {
      await decoder.finish();
    }
    expect(await joined).toBe(await kept[2]!);
  });

  test("a decoder ends when the last who waits has gone, and its turn is free again", async () => {
    const decoder = new SlowDecoder();
    const stills = new Stills({ decoders: 1, decode: decoder.decode });
    const [one, two, waiting] = [new AbortController(), new AbortController(), new AbortController()];
    const gone = [one, two].map(({ signal }) => stills.still(asked("a", signal)));
    const left = stills.still(asked("b", waiting.signal));
    await Bun.sleep(1);
    one.abort();
    expect(await failure(gone[0]!)).toContain("not ready in time");
    await Bun.sleep(1);
    expect(decoder.aborted).toEqual([]);
    waiting.abort();
    expect(await failure(left)).toContain("not ready in time");
    two.abort();
    expect(await failure(gone[1]!)).toContain("not ready in time");
    await Bun.sleep(1);
    expect(decoder.aborted).toEqual(["a"]);
    const next = stills.still(asked("c"));
    await Bun.sleep(1);
    await decoder.finish();
    expect((await next)[0]).toBe("c".charCodeAt(0));
    expect(decoder.begun).toEqual(["a", "c"]);
  });

  test("a picture that was made twice takes its place in memory once", async () => {
    const ends: (() => void)[] = [];
    const decode = async (): Promise<Jpeg> => {
      const { promise, resolve } = Promise.withResolvers<void>();
      ends.push(resolve);
      await promise;
      return new Uint8Array(1000);
    };
    const stills = new Stills({ decoders: 2, maxCachedBytes: 2500, decode });
    const impatient = new AbortController();
    const gone = failure(stills.still(asked("a", impatient.signal)));
    await Bun.sleep(1);
    impatient.abort();
    await gone;
    for (const name of ["a", "b"]) {
      const wanted = stills.still(asked(name));
      await Bun.sleep(1);
      for (const end of ends) end();
      await wanted;
    }
    await stills.still(asked("a"));
    expect(ends).toHaveLength(3);
  });

  test("whoever waits too long is told so", async () => {
    const decoder = new SlowDecoder();
    const stills = new Stills({ decoders: 1, patienceMs: 20, decode: decoder.decode });
    expect(await failure(stills.still(asked("a")))).toContain("not ready in time");
    await Bun.sleep(40);
    expect(decoder.aborted).toEqual(["a"]);
  });

  test("a failure is told to all who wait, and the next who asks tries again", async () => {
    let tries = 0;
    const decode = async (): Promise<Jpeg> => {
      tries += 1;
      await Bun.sleep(1);
      throw new Error("broken");
    };
    const stills = new Stills({ decoders: 1, decode });
    const results = await Promise.allSettled([stills.still(asked("a")), stills.still(asked("a"))]);
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await failure(stills.still(asked("a")))).toContain("broken");
    expect(tries).toBe(2);
  });

  test("memory is bounded: the least recently used picture goes first", async () => {
    let decoded = "";
    const decode = ({ sample }: CodedPicture): Promise<Jpeg> => {
      decoded += new TextDecoder().decode(sample);
      return Promise.resolve(new Uint8Array(1000));
    };
    const stills = new Stills({ decoders: 1, maxCachedBytes: 2500, decode });
    for (const name of ["a", "b", "a", "c", "a", "b"]) await stills.still(asked(name));
    expect(decoded).toBe("abcb");
  });
});
