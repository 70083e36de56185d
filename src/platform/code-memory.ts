import { readFileSync } from "node:fs";
import { logOf } from "./log.ts";
import { libc } from "./libc.ts";

const log = logOf("main");

/** When the code of the start is let go of, in milliseconds. */
const FIRST_MS = 5000;
/** How often what was used once is let go of after that, in milliseconds. */
const PERIOD_MS = 600_000;

/** asm-generic/mman-common.h: the pages are left out of this process's memory until it needs them again. */
const MADV_DONTNEED = 4;

type Span = { startBytes: bigint; sizeBytes: bigint };

/**
 * Where the executable's file lies in memory and nobody can write, of the text of `/proc/self/smaps`. A span that holds a
 * page of its own instead of the file's, as a debugger leaves, is left out: letting go of it would undo that.
 */
export function codeSpans(smaps: string): Span[] {
  const spans: Span[] = [];
  let executable: string | undefined;
  let span: Span | undefined;
  for (const line of smaps.split("\n")) {
    const [, start, end, rights = "", path = ""] =
      /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ \d+ *(.*)$/.exec(line) ?? [];
    if (start !== undefined && end !== undefined) {
      // The program's own file comes first.
      executable ??= path;
      const startBytes = BigInt(`0x${start}`);
      const isCode = path.startsWith("/") && path === executable && !rights.includes("w");
      span = isCode ? { startBytes, sizeBytes: BigInt(`0x${end}`) - startBytes } : undefined;
    } else if (span && /^Anonymous: +0 kB$/.test(line)) spans.push(span);
  }
  return spans;
}

/**
 * Has the program's code count as its memory only while it is used. The start alone goes through half of it (what reads
 * and compiles scripts, what makes databases), and the kernel leaves that in a process's memory as long as no other
 * asks for it. What is needed again comes back from the file, mostly from the system's memory, without being read.
 */
export function letGoOfCode(firstMs = FIRST_MS, periodMs = PERIOD_MS): void {
  const c = libc({ madvise: { args: ["u64", "u64", "int"], returns: "int" } });
  if (!c) return;
  const letGo = () => {
    try {
      for (const { startBytes, sizeBytes } of codeSpans(readFileSync("/proc/self/smaps", "utf8")))
        c.madvise(startBytes, sizeBytes, MADV_DONTNEED);
    } catch (error) {
      log.debug("the program's memory can't be looked at: {error}", { error });
      return;
    }
    setTimeout(letGo, periodMs).unref();
  };
  setTimeout(letGo, firstMs).unref();
}
