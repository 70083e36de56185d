import { expect, test } from "bun:test";
import { codeSpans } from "../../../src/platform/code-memory.ts";

const mapping = (range: string, rights: string, path: string, ownKb: number): string =>
  [
    `${range} ${rights} 01838000 fe:00 3081                           ${path}`,
    "Size:              24804 kB",
    "Rss:                8740 kB",
    `Anonymous:         ${String(ownKb).padStart(6)} kB`,
    "LazyFree:              0 kB",
    "VmFlags: rd ex mr mw me",
    "",
  ].join("\n");

test("code is what lies in memory of the executable's file, unchanged and unchangeable", () => {
  const smaps = [
    mapping("00200000-01a39000", "r--p", "/opt/the nightjar", 0),
    mapping("01a40000-0684a000", "r-xp", "/opt/the nightjar", 0),
    mapping("0684a000-0685f000", "rw-p", "/opt/the nightjar", 0),
    mapping("0685f000-06861000", "r--p", "/opt/the nightjar", 12),
    mapping("54728200000-54768200000", "rw-p", "", 31_176),
    mapping("7f4968000000-7f4968026000", "r--p", "/usr/lib/libc.so.6", 0),
    mapping("7f496e8dc000-7f49ae8dc000", "r-xp", "", 0),
  ].join("");
  expect(codeSpans(smaps)).toEqual([
    { startBytes: 0x20_0000n, sizeBytes: 0x183_9000n },
    { startBytes: 0x1a4_0000n, sizeBytes: 0x4e0_a000n },
  ]);
});

test("a debugger's break points are not undone", () => {
  expect(codeSpans(mapping("01a40000-0684a000", "r-xp", "/opt/nightjar", 4))).toEqual([]);
});
