import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configFromObject, loadConfig } from "../../../src/config/load.ts";
import { runTool } from "../../../src/platform/process.ts";
import { accountOf, hasGroup, isUserName, runChecked } from "../../../src/service/account.ts";
import { copyExecutable, prepareFolder, servicePathOf } from "../../../src/service/folders.ts";
import { type InstallContext, runServiceInstall } from "../../../src/service/install.ts";
import { sampleConfig } from "../../../src/service/sample.ts";
import { serviceUnit } from "../../../src/service/unit.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nightjar-service-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const plain = {
  executable: "/usr/local/bin/nightjar",
  configFile: "/etc/nightjar/nightjar.yaml",
  dataFolder: "/var/lib/nightjar",
  storagePath: "/var/lib/nightjar/archive",
  watchedFolders: [],
  user: "nightjar",
  groups: [],
  needsLowPort: false,
};

const valueOf = (unit: string, name: string) => new RegExp(`^${name}=(.*)$`, "m").exec(unit)?.[1];

describe("the unit", () => {
  test("runs the server as its own user, for ever, with little rights", () => {
    const unit = serviceUnit(plain);
    expect(valueOf(unit, "ExecStart")).toBe(
      "/usr/local/bin/nightjar serve --config /etc/nightjar/nightjar.yaml",
    );
    for (const line of [
      "User=nightjar",
      "Restart=always",
      "KillSignal=SIGTERM",
      "TimeoutStopSec=10",
      "NoNewPrivileges=yes",
      "ProtectSystem=strict",
      "PrivateTmp=yes",
      "ProtectHome=yes",
      "StateDirectory=nightjar",
      "ConfigurationDirectory=nightjar",
      "ReadWritePaths=-/etc/nightjar",
      "CapabilityBoundingSet=",
    ]) {
      expect(unit.split("\n")).toContain(line);
    }
    expect(unit).not.toMatch(/MemoryDenyWriteExecute|ProtectClock|PrivateDevices|SupplementaryGroups/);
  });

  test("lets a configuration elsewhere alone", () => {
    const unit = serviceUnit({ ...plain, configFile: "/srv/nightjar.yaml" });
    expect(unit).not.toContain("ReadWritePaths");
  });

  test("opens what the configuration needs, and no more", () => {
    const unit = serviceUnit({
      ...plain,
      dataFolder: "/home/pi/data",
      storagePath: '/mnt/my "100%" disk',
      groups: ["video"],
      needsLowPort: true,
      executable: "/opt/n$1/nightjar",
    });
    expect(valueOf(unit, "ReadWritePaths")).toBe(
      String.raw`-/home/pi/data "-/mnt/my \"100%%\" disk" -/etc/nightjar`,
    );
    expect(valueOf(unit, "ProtectHome")).toBe("read-only");
    expect(valueOf(unit, "AmbientCapabilities")).toBe("CAP_NET_BIND_SERVICE");
    expect(valueOf(unit, "SupplementaryGroups")).toBe("video");
    expect(valueOf(unit, "ExecStart")).toStartWith('"/opt/n$$1/nightjar" serve');
    expect(() => serviceUnit({ ...plain, storagePath: "/mnt/a\nUser=root" })).toThrow("control characters");
  });

  test("reads watched folders in homes, and writes to managed ones alone", () => {
    const yard = { path: "/home/pi/yard", manage: false };
    const read = serviceUnit({ ...plain, watchedFolders: [yard] });
    expect([valueOf(read, "ReadWritePaths"), valueOf(read, "ProtectHome")]).toEqual([
      "-/etc/nightjar",
      "read-only",
    ]);
    const kept = serviceUnit({ ...plain, watchedFolders: [{ path: "/srv/yard", manage: true }] });
    expect([valueOf(kept, "ReadWritePaths"), valueOf(kept, "ProtectHome")]).toEqual([
      "-/srv/yard -/etc/nightjar",
      "yes",
    ]);
  });

  test("is understood by systemd", async () => {
    const executable = join(folder, "night jar");
    writeFileSync(executable, "#!/bin/sh\n", { mode: 0o755 });
    const file = join(folder, "nightjar.service");
    const options = {
      ...plain,
      user: "root",
      executable,
      groups: ["video"],
      needsLowPort: true,
      storagePath: "/mnt/a b",
    };
    writeFileSync(file, serviceUnit(options));
    const limits = { timeoutMs: 20_000, maxOutputBytes: 100_000 };
    const { code, stderr } = await runTool(["systemd-analyze", "verify", "--man=no", file], limits);
    expect(stderr.split("\n").filter((line) => line.includes("nightjar"))).toEqual([]);
    expect(code).toBe(0);
  });
});

describe("folders", () => {
  test("an executable in a passing place is copied, also over itself", async () => {
    expect(servicePathOf("/home/pi/nightjar")).toBe("/usr/local/bin/nightjar");
    expect(servicePathOf("/tmp/nightjar")).toBe("/usr/local/bin/nightjar");
    expect(servicePathOf("/opt/nightjar/nightjar")).toBe("/opt/nightjar/nightjar");
    const from = join(folder, "from");
    const to = join(folder, "to");
    writeFileSync(from, "new");
    writeFileSync(to, "old");
    await copyExecutable(from, to);
    expect(readFileSync(to, "utf8")).toBe("new");
    expect(statSync(to).mode & 0o777).toBe(0o755);
  });

  test("are made or handed over, but not when somebody's things are in them", async () => {
    const account = { uid: 12_345, gid: 12_345 };
    const missing = join(folder, "a/b");
    expect(await prepareFolder(missing, "cam", account)).toContain(`Made ${missing}`);
    expect(statSync(missing)).toMatchObject(account);
    expect(await prepareFolder(missing, "cam", account)).toBeUndefined();
    const fresh = join(folder, "fresh");
    mkdirSync(join(fresh, "lost+found"), { recursive: true });
    expect(await prepareFolder(fresh, "cam", account)).toContain(`Gave ${fresh}`);
    expect(statSync(fresh)).toMatchObject(account);
    writeFileSync(join(fresh, "x"), "");
    chownSync(fresh, 0, 0);
    expect(await prepareFolder(fresh, "cam", account)).toContain(`chown -R cam: ${fresh}`);
    expect(statSync(fresh).uid).toBe(0);
  });
});

test("users", async () => {
  expect(await accountOf("root")).toEqual({ uid: 0, gid: 0 });
  expect(await accountOf("no-such-user-here")).toBeUndefined();
  expect(isUserName("nightjar") && isUserName("_cam-1")).toBe(true);
  expect(isUserName("-x") || isUserName("a b") || isUserName("") || isUserName("Root")).toBe(false);
  expect(hasGroup("root:x:0:\nvideo:x:44:pi\n", "video")).toBe(true);
  expect(hasGroup("videos:x:44:pi\n", "video")).toBe(false);
  const failure = await runChecked(["sh", "-c", "echo no >&2; exit 3"]).catch((error: unknown) =>
    String(error),
  );
  expect(failure).toContain("failed with 3: no");
});

describe("service install", () => {
  const install = async (changes: Partial<InstallContext>) => {
    const lines: string[] = [];
    const code = await runServiceInstall({
      loadConfig: (file) => loadConfig({ file, env: {}, cwd: folder, systemZone: "UTC", reservedIds: [] }),
      executable: "/opt/nightjar",
      isStandalone: true,
      print: false,
      stdout: (line) => lines.push(line),
      ...changes,
    });
    return { code, text: lines.join("\n") };
  };

  test("--print shows the unit for a configuration, and changes nothing", async () => {
    const configFile = join(folder, "nightjar.yaml");
    writeFileSync(configFile, "auth: none\nlisten: 0.0.0.0:80\nstorage: { path: /mnt/cctv }\n");
    const { code, text } = await install({ print: true, configFile, user: "cam" });
    expect(code).toBe(0);
    expect(valueOf(text, "User")).toBe("cam");
    expect(valueOf(text, "ReadWritePaths")).toBe(`-${folder}/nightjar-data -/mnt/cctv`);
    expect(valueOf(text, "CapabilityBoundingSet")).toBe("CAP_NET_BIND_SERVICE");
    expect(valueOf(text, "ExecStart")).toBe(`/opt/nightjar serve --config ${configFile}`);
  });

  test("a runtime that runs the source is no service", async () => {
    const { code, text } = await install({ isStandalone: false });
    expect(code).toBe(1);
    expect(text).toContain("npm run build");
  });

  test("a name that is no user's is refused", async () => {
    const refusal = await install({ user: "a b" }).catch((error: unknown) => String(error));
    expect(refusal).toContain('--user is "a b"');
  });
});

test("the sample configuration is valid, as it is and with its comments taken away", () => {
  const file = join(folder, "sample.yaml");
  const options = { file, env: {}, cwd: folder, systemZone: "UTC", reservedIds: [] };
  writeFileSync(file, sampleConfig);
  expect(loadConfig(options)).toMatchObject({ listen: configFromObject({}, { ...options, folder }).listen });
  writeFileSync(
    file,
    sampleConfig.replaceAll(/^# (?=listen:|auth:|storage:)/gm, "").replaceAll(/^#(?= {2})/gm, ""),
  );
  expect([...loadConfig(options).channels.keys()]).toEqual(["front-door"]);
});
