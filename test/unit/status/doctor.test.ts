import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configFromObject, loadConfig } from "../../../src/config/load.ts";
import { systemClock } from "../../../src/platform/system-clock.ts";
import { runDoctor } from "../../../src/status/doctor.ts";
import { checkLines, type DoctorCheck } from "../../../src/status/doctor-check.ts";
import { diskKind, measureWrites } from "../../../src/status/doctor-disk.ts";
import { ffmpegCheck, isTooOld, namesInList, versionOf } from "../../../src/status/doctor-ffmpeg.ts";
import { cpuFeatures, elfBits, machineChecks, pageSizeOf } from "../../../src/status/doctor-machine.ts";
import { portChecks } from "../../../src/status/doctor-ports.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nightjar-doctor-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a check is a line, and its advice another", () => {
  expect(checkLines({ name: "clock", state: "warn", found: "late", advice: "Set it." })).toEqual([
    "warn  clock          late",
    "                     Set it.",
  ]);
});

describe("ffmpeg", () => {
  test("is found and complete here", async () => {
    expect(await ffmpegCheck()).toMatchObject({ name: "ffmpeg", state: "ok" });
  });

  test("lists and versions are read", () => {
    const list =
      " D  = Demuxing supported\n --\n D  rtsp            RTSP input\n  E ipod            iPod\n DE mov,mp4,m4a     QuickTime\n V....D libx264     x\n";
    expect([...namesInList(list)]).toEqual(
      expect.arrayContaining(["rtsp", "mov", "mp4", "m4a", "ipod", "libx264"]),
    );
    expect(versionOf("ffmpeg version 5.1.9-0+deb12u1 Copyright (c)")).toBe("5.1.9-0+deb12u1");
    expect(versionOf("")).toBe("of an unknown version");
  });

  test.each([
    ["4.4.2-0ubuntu0.22.04.1", true],
    ["5.0.3", true],
    ["n5.0", true],
    ["5.1.9-0+deb12u1", false],
    ["n5.1.4", false],
    ["6.0", false],
    ["10.0.1", false],
    ["2024-03-14-git-1e2d3c4", false],
    ["N-113007-g8d24a28d06", false],
    ["of an unknown version", false],
  ])("%p is too old for what it is asked to do: %p", (version, wanted) => {
    expect(isTooOld(version)).toBe(wanted);
  });
});

describe("the machine", () => {
  test("says something of every part", () => {
    const checks = machineChecks({
      ...systemClock(),
      nowMs: () => Date.UTC(2000, 0, 1),
      synchronised: () => undefined,
    });
    expect(checks.map(({ name }) => name)).toEqual([
      "system",
      "processor",
      "page size",
      "memory",
      "clock",
      "clock chip",
    ]);
    expect(checks[4]).toMatchObject({ state: "fail", found: "2000-01-01 00:00:00 UTC is in the past" });
    const clock = (synchronised: boolean | undefined) =>
      machineChecks({ ...systemClock(), synchronised: () => synchronised })[4]?.state;
    expect([clock(true), clock(false), clock(undefined)]).toEqual(["ok", "warn", "warn"]);
  });

  test("files of the kernel are read", () => {
    expect(cpuFeatures("processor : 0\nFeatures\t: fp asimd aes\n").has("aes")).toBe(true);
    expect(cpuFeatures("flags : fpu\n").has("aes")).toBe(false);
    expect(cpuFeatures("").has("aes")).toBe(false);
    const auxv = new BigUint64Array([33n, 1n, 6n, 16_384n, 0n, 0n]);
    expect(pageSizeOf(new Uint8Array(auxv.buffer))).toBe(16_384);
    expect(pageSizeOf(new Uint8Array(auxv.buffer, 0, 20))).toBeUndefined();
    expect(elfBits(new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 1]))).toBe(32);
    expect(elfBits(new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 2]))).toBe(64);
    expect(elfBits(new Uint8Array(5))).toBeUndefined();
  });
});

describe("disks", () => {
  const disk = (name: string, device: string, files: Record<string, string>, partition?: string) => {
    const own = join(folder, "sys/devices", name);
    for (const [file, text] of Object.entries({ ...files })) {
      mkdirSync(join(own, file, ".."), { recursive: true });
      writeFileSync(join(own, file), `${text}\n`);
    }
    const target = partition === undefined ? own : join(own, partition);
    mkdirSync(target, { recursive: true });
    mkdirSync(join(folder, "sys/dev/block"), { recursive: true });
    symlinkSync(target, join(folder, "sys/dev/block", device));
    return diskKind(device, join(folder, "sys"));
  };

  test("are told apart", () => {
    expect(
      disk("mmc0/block/mmcblk0", "179:2", { "queue/rotational": "0", "device/type": "SD" }, "mmcblk0p2"),
    ).toBe("SD card");
    expect(disk("mmc1/block/mmcblk1", "179:8", { "queue/rotational": "0", "device/type": "MMC" })).toBe(
      "eMMC",
    );
    expect(disk("usb2/2-1/block/sdb", "8:17", { "queue/rotational": "1" }, "sdb1")).toBe("USB disk");
    expect(disk("ata1/block/sda", "8:1", { "queue/rotational": "1" }, "sda1")).toBe("hard disk");
    expect(disk("pci/nvme0n1", "259:0", { "queue/rotational": "0" })).toBe("SSD");
    expect(diskKind("0:99", join(folder, "sys"))).toBe("unknown");
  });

  test("are measured within about a second, and nothing stays behind", async () => {
    const own = mkdtempSync(join(folder, "speed-"));
    const started = performance.now();
    const { bytesPerSecond, slowestSyncMs } = await measureWrites(own);
    expect(performance.now() - started).toBeLessThan(5000);
    expect(bytesPerSecond).toBeGreaterThan(0);
    expect(slowestSyncMs).toBeGreaterThan(0);
    expect(readdirSync(own)).toEqual([]);
  });
});

describe("ports", () => {
  test("in use by others and by Nightjar are told apart", async () => {
    const other = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const address = other.address();
    const otherPort = typeof address === "object" && address !== null ? address.port : 0;
    using own = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: () => Response.json({ status: "ok", version: "1", uptimeSeconds: 1 }),
    });
    using gone = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("") });
    const freePort = gone.port ?? 0;
    await gone.stop(true);
    const host = "127.0.0.1";
    const checks = await portChecks([
      { host, port: otherPort },
      { host: "0.0.0.0", port: own.port ?? 0 },
      { host, port: freePort },
      { host: "192.0.2.1", port: freePort },
    ]);
    await new Promise((resolve) => other.close(resolve));
    expect(checks.map(({ state }) => state)).toEqual(["fail", "ok", "ok", "fail"]);
    expect(checks[1]?.found).toContain("Nightjar's own");
    expect(checks[3]?.found).toContain("not an address of this machine");
  });
});

describe("the whole", () => {
  const doctor = async (loadConfigFile: () => ReturnType<typeof loadConfig>, json: boolean) => {
    const lines: string[] = [];
    const stdout = (line: string) => lines.push(line);
    const code = await runDoctor({ loadConfig: loadConfigFile, clock: systemClock(), json, stdout });
    return { code, text: lines.join("\n") };
  };

  test("looks at folders and ports of the configuration", async () => {
    using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("") });
    const options = { folder, systemZone: "UTC", reservedIds: [] };
    const { code, text } = await doctor(() => configFromObject({ listen: server.port ?? 0 }, options), true);
    const checks = JSON.parse(text) as DoctorCheck[];
    expect(checks.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        "configuration",
        "ffmpeg",
        "data",
        "data disk",
        "storage",
        "storage disk",
        "room",
        "disk speed",
        "port",
      ]),
    );
    expect(checks.find(({ name }) => name === "port")?.state).toBe("fail");
    expect(code).toBe(1);
    expect(readdirSync(folder)).not.toContain("nightjar-data");
  });

  test("goes on without a configuration that can be read", async () => {
    const file = join(folder, "bad.yaml");
    writeFileSync(file, "auth: x\n");
    const { code, text } = await doctor(
      () => loadConfig({ file, env: {}, cwd: folder, systemZone: "UTC", reservedIds: [] }),
      false,
    );
    expect(code).toBe(1);
    expect(text).toContain("bad.yaml:1: auth: found");
    expect(text).toContain("processor");
  });
});
