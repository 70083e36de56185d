import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { BitReader, withoutEmulationPrevention } from "../../../src/media/bits.ts";
import { convertTicks, convertTicksNearest, msToTicks, ticksToMs } from "../../../src/media/ticks.ts";
import { ByteReader, ByteWriter } from "../../../src/media/varint.ts";
import { NightjarError } from "../../../src/platform/errors.ts";

const settings = { seed: 20_261_121, numRuns: 500 };
const MAX_SIGNED = 2 ** 52 - 1;

describe("varints", () => {
  const item = fc.oneof(
    fc.record({ kind: fc.constant("unsigned" as const), value: fc.maxSafeNat() }),
    fc.record({ kind: fc.constant("unsigned" as const), value: fc.nat(300) }),
    fc.record({
      kind: fc.constant("signed" as const),
      value: fc.integer({ min: -MAX_SIGNED, max: MAX_SIGNED }),
    }),
    fc.record({ kind: fc.constant("text" as const), value: fc.string({ unit: "binary" }) }),
  );

  test("are read as they were written", () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 60 }), (items) => {
        const writer = new ByteWriter(1);
        for (const { kind, value } of items) {
          if (kind === "text") writer.text(value);
          else writer[kind](value);
        }
        const reader = new ByteReader(writer.finish());
        for (const { kind, value } of items) expect(reader[kind]()).toBe(value);
        expect(reader.isAtEnd).toBe(true);
      }),
      settings,
    );
  });

  test("have the bytes of LEB128", () => {
    expect([...new ByteWriter().unsigned(624_485).signed(-1).signed(1).unsigned(127).finish()]).toEqual([
      0xe5, 0x8e, 0x26, 1, 2, 127,
    ]);
    expect(new ByteWriter().unsigned(Number.MAX_SAFE_INTEGER).lengthBytes).toBe(8);
  });

  test("any bytes give numbers or an error for people", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.array(fc.constantFrom("unsigned", "signed", "text")),
        (bytes, reads) => {
          const reader = new ByteReader(bytes);
          for (const read of reads as ("unsigned" | "signed" | "text")[])
            returnsOrRefuses(() => reader[read]());
        },
      ),
      settings,
    );
  });

  test("what can't be stored or read is refused", () => {
    for (const value of [-1, 0.5, 2 ** 53, Number.NaN]) {
      expect(() => new ByteWriter().unsigned(value)).toThrow(NightjarError);
    }
    expect(() => new ByteWriter().signed(2 ** 52)).toThrow(NightjarError);
    expect(() => new ByteReader(new Uint8Array(9).fill(0xff)).unsigned()).toThrow("over 2^53 - 1");
    expect(() => new ByteReader(Uint8Array.of(0x80)).unsigned()).toThrow("inside of a number");
  });
});

describe("ticks", () => {
  const ticks = fc.maxSafeInteger();
  const scale = fc.oneof(
    fc.constantFrom(1000, 90_000, 48_000, 44_100, 12_800),
    fc.integer({ min: 1, max: 2 ** 32 - 1 }),
  );
  const floor = (a: bigint, b: bigint): bigint => (a % b < 0n ? a / b - 1n : a / b);
  const isSafe = (value: bigint): boolean => Number.isSafeInteger(Number(value));

  test("are converted exactly, rounded down, or refused when too large", () => {
    fc.assert(
      fc.property(ticks, scale, scale, (value, from, to) => {
        const exact = floor(BigInt(value) * BigInt(to), BigInt(from));
        if (isSafe(exact)) expect(BigInt(convertTicks(value, from, to))).toBe(exact);
        else expect(() => convertTicks(value, from, to)).toThrow(NightjarError);
      }),
      settings,
    );
  });

  test("are converted to the nearest one, halves up", () => {
    fc.assert(
      fc.property(ticks, scale, scale, (value, from, to) => {
        const exact = floor(2n * BigInt(value) * BigInt(to) + BigInt(from), 2n * BigInt(from));
        if (isSafe(exact)) expect(BigInt(convertTicksNearest(value, from, to))).toBe(exact);
        else expect(() => convertTicksNearest(value, from, to)).toThrow(NightjarError);
      }),
      settings,
    );
  });

  test("milliseconds survive every scale of at least 1000", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -4e12, max: 4e12 }),
        fc.integer({ min: 1000, max: 200_000 }),
        (ms, scale) => {
          if (!Number.isSafeInteger(ms * scale)) return;
          expect(ticksToMs(msToTicks(ms, scale), scale)).toBe(ms);
        },
      ),
      settings,
    );
    expect(ticksToMs(45, 90_000)).toBe(1);
    expect(ticksToMs(-45, 90_000)).toBe(0);
    expect(convertTicks(-1, 90_000, 48_000)).toBe(-1);
  });

  test("what is no time or no scale is refused", () => {
    expect(() => convertTicks(0.5, 1000, 90_000)).toThrow("a time is 0.5");
    expect(() => convertTicks(1, 0, 90_000)).toThrow("A timescale is 0");
    expect(() => ticksToMs(1, Number.NaN)).toThrow("A timescale is NaN");
  });
});

describe("bits", () => {
  test("are the digits of the bytes", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 30 }),
        fc.array(fc.integer({ min: 0, max: 32 })),
        (bytes, counts) => {
          let digits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
          const reader = new BitReader(bytes, "The test");
          for (const count of counts) {
            if (count > digits.length) {
              expect(() => reader.bits(count)).toThrow("The test ends too early");
              return;
            }
            expect(reader.bits(count)).toBe(count === 0 ? 0 : Number.parseInt(digits.slice(0, count), 2));
            digits = digits.slice(count);
          }
          expect(reader.remainingBits).toBe(digits.length);
        },
      ),
      settings,
    );
  });

  test("Exp-Golomb numbers up to 32 bits", () => {
    const reader = new BitReader(Uint8Array.of(0b1_010_011_0, 0b0100_0010, 0b1_0000000), "The test");
    expect([reader.ue(), reader.ue(), reader.se(), reader.se(), reader.ue()]).toEqual([0, 1, -1, 2, 4]);
    const largest = Uint8Array.of(0, 0, 0, 0, 0x80, 0, 0, 0, 0);
    expect(new BitReader(largest, "The test").ue()).toBe(2 ** 32 - 1);
    expect(() => new BitReader(new Uint8Array(9), "The test").ue()).toThrow("over 32 bits");
  });

  test("emulation prevention bytes are taken out, and no others", () => {
    const plain = withoutEmulationPrevention(Uint8Array.of(3, 0, 0, 3, 0, 0, 3, 3, 0, 3, 0, 0, 4, 0, 0, 3));
    expect([...plain]).toEqual([3, 0, 0, 0, 0, 3, 0, 3, 0, 0, 4, 0, 0]);
  });
});

function returnsOrRefuses(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(NightjarError);
  }
}
