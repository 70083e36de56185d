import { closeSync, openSync, readFileSync } from "node:fs";
import { libc } from "./libc.ts";

/** linux/prctl.h */
const PR_SET_PDEATHSIG = 1;

/**
 * Lets this process outlive the one that started it. It is built with `--no-orphans`, so that its own children end
 * with it; that also has the kernel kill it with its parent, such as a shell that somebody logs out of.
 */
export function outliveParent(): void {
  libc({ prctl: { args: ["int", "u64", "u64", "u64", "u64"], returns: "int" } })?.prctl(
    PR_SET_PDEATHSIG,
    0,
    0,
    0,
    0,
  );
}

function canOpenTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
}

/** Whether SIGHUP is ignored now, as `nohup` has it. */
function ignoresHangUp(): boolean {
  try {
    const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";
    return (BigInt(`0x${mask}`) & 1n) === 1n;
  } catch {
    return false;
  }
}

/**
 * Tells a SIGHUP that the terminal sent because it was closed from one that a person sent. To be asked before SIGHUP
 * is handled; the answer says whether the terminal that was there then is gone. Under `nohup` it never is.
 */
export function watchTerminal(): () => boolean {
  const isWatched = !ignoresHangUp() && canOpenTerminal();
  return () => isWatched && !canOpenTerminal();
}
