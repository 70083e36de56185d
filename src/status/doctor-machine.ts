import { closeSync, existsSync, openSync, readFileSync, readSync } from "node:fs";
import { cpus, machine, release, totalmem } from "node:os";
import type { Clock } from "../platform/clock.ts";
import type { DoctorCheck } from "./doctor-check.ts";
import { sizeWords } from "./words.ts";

const readText = (path: string): string => {
  try {
    return readFileSync(path, "utf8").replaceAll("\0", "").trim();
  } catch {
    return "";
  }
};

/** Processor features of the text of `/proc/cpuinfo`: `flags` on x86, `Features` on ARM. */
export function cpuFeatures(cpuinfo: string): Set<string> {
  return new Set(/^(?:flags|Features)\s*:\s*(.*)$/m.exec(cpuinfo)?.[1]?.split(/\s+/));
}

function processorCheck(): DoctorCheck {
  const cpuinfo = readText("/proc/cpuinfo");
  const board = readText("/proc/device-tree/model");
  const model = /^model name\s*:\s*(.+)$/m.exec(cpuinfo)?.[1] ?? cpus()[0]?.model ?? "unknown";
  const aes = cpuFeatures(cpuinfo).has("aes")
    ? "with AES instructions"
    : "without AES instructions: encryption is slow";
  const what = [board, model].filter((text) => text !== "").join(", ");
  return { name: "processor", state: "ok", found: `${what}, ${cpus().length} cores, ${aes}` };
}

const AT_PAGESZ = 6n;

/** The page size in bytes of the contents of `/proc/self/auxv` on a 64-bit system (getauxval(3)). */
export function pageSizeOf(auxv: Uint8Array): number | undefined {
  const view = new DataView(auxv.buffer, auxv.byteOffset, auxv.byteLength);
  for (let offset = 0; offset + 16 <= auxv.length; offset += 16) {
    if (view.getBigUint64(offset, true) === AT_PAGESZ) return Number(view.getBigUint64(offset + 8, true));
  }
  return undefined;
}

function pageSizeCheck(): DoctorCheck {
  const name = "page size";
  let bytes: number | undefined;
  try {
    bytes = pageSizeOf(readFileSync("/proc/self/auxv"));
  } catch {
    bytes = undefined;
  }
  if (bytes === undefined) return { name, state: "warn", found: "unknown" };
  if (bytes === 4096) return { name, state: "ok", found: "4 KB" };
  const advice =
    "Not tried yet. On a Raspberry Pi 5, kernel=kernel8.img in /boot/firmware/config.txt gives 4 KB.";
  return { name, state: "warn", found: `${bytes / 1024} KB`, advice };
}

/** Whether an ELF file is for 32 or 64 bits, by its fifth byte (EI_CLASS); `undefined` if it is none. */
export function elfBits(head: Uint8Array): 32 | 64 | undefined {
  if (head[0] !== 0x7f || head[1] !== 0x45 || head[2] !== 0x4c || head[3] !== 0x46) return undefined;
  return head[4] === 1 ? 32 : head[4] === 2 ? 64 : undefined;
}

function userlandCheck(): DoctorCheck {
  const name = "system";
  const found = `Linux ${release()}, ${machine()}`;
  const head = new Uint8Array(5);
  try {
    const descriptor = openSync("/bin/sh", "r");
    try {
      readSync(descriptor, head, 0, head.length, 0);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return { name, state: "ok", found };
  }
  if (elfBits(head) !== 32) return { name, state: "ok", found: `${found}, 64 bits` };
  const advice = "Install a 64-bit system; Nightjar doesn't run on a 32-bit one.";
  return { name, state: "fail", found: `${found}, with 32-bit programs`, advice };
}

const LITTLE_MEMORY_BYTES = 200e6;

function memoryCheck(): DoctorCheck {
  const kilobytes = /^MemAvailable:\s*(\d+) kB$/m.exec(readText("/proc/meminfo"))?.[1];
  const availableBytes = kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  const available = availableBytes === undefined ? "" : `, ${sizeWords(availableBytes)} available`;
  const found = `${sizeWords(totalmem())}${available}`;
  if (availableBytes === undefined || availableBytes >= LITTLE_MEMORY_BYTES)
    return { name: "memory", state: "ok", found };
  return {
    name: "memory",
    state: "warn",
    found,
    advice: "Nightjar takes about 100 MB, and ffmpeg 20 MB a camera.",
  };
}

/** 2024: nothing of this program was there before. */
const EARLIEST_MS = Date.UTC(2024, 0, 1);

function clockCheck(clock: Clock): DoctorCheck {
  const name = "clock";
  const time = new Date(clock.nowMs()).toISOString().slice(0, 19).replace("T", " ");
  const synchronised = clock.synchronised();
  if (clock.nowMs() < EARLIEST_MS) {
    const advice =
      "Footage is dated anew once the clock is set. Look after the time service: timedatectl status";
    return { name, state: "fail", found: `${time} UTC is in the past`, advice };
  }
  if (synchronised === true) return { name, state: "ok", found: `${time} UTC, synchronised` };
  const found = `${time} UTC, ${synchronised === false ? "not synchronised" : "the kernel does not say whether synchronised"}`;
  return {
    name,
    state: "warn",
    found,
    advice: "A time service keeps footage at the right time: timedatectl set-ntp true",
  };
}

function clockChipCheck(): DoctorCheck {
  if (existsSync("/sys/class/rtc/rtc0")) return { name: "clock chip", state: "ok", found: "present" };
  const advice =
    "After a power cut the time is wrong until the network gives it; footage of that time is dated anew.";
  return { name: "clock chip", state: "warn", found: "none", advice };
}

/** The machine: system, processor, memory, clock. */
export const machineChecks = (clock: Clock): DoctorCheck[] => [
  userlandCheck(),
  processorCheck(),
  pageSizeCheck(),
  memoryCheck(),
  clockCheck(clock),
  clockChipCheck(),
];
