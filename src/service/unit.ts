import { isWithin } from "../platform/mounts.ts";
import { NightjarError } from "../platform/errors.ts";

export type UnitOptions = {
  /** Absolute paths. */
  executable: string;
  configFile: string;
  dataFolder: string;
  storagePath: string;
  /** Folders that channels watch; of managed ones old files are deleted. */
  watchedFolders: readonly { path: string; manage: boolean }[];
  user: string;
  /** Further groups of the user, such as `video` for a Pi's own camera; they must exist. */
  groups: readonly string[];
  /** Whether a port below 1024 is among the addresses to listen on. */
  needsLowPort: boolean;
};

/** `/var/lib/nightjar` and `/etc/nightjar` are made by systemd under these names. */
const STATE_FOLDER = "/var/lib/nightjar";
/** Its pages add cameras to the configuration that lies there; one that lies elsewhere is only read. */
export const CONFIG_FOLDER = "/etc/nightjar";

/** A path for a unit file (systemd.syntax(7)): quoted, specifiers taken literally. */
function unitPath(path: string, prefix = ""): string {
  if (/[\p{Cc}]/u.test(path)) {
    throw new NightjarError(
      "config",
      `The path ${JSON.stringify(path)} holds control characters; a service can't use it`,
    );
  }
  const text = `${prefix}${path}`.replaceAll("%", "%%");
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

/** In a command line a dollar sign begins a variable. */
const argument = (path: string): string => unitPath(path).replaceAll("$", "$$$$");

const homes = ["/home", "/root", "/run/user"];

/**
 * The text of the systemd unit (systemd.exec(5), systemd.service(5)). Left out on purpose:
 * MemoryDenyWriteExecute, because the runtime compiles code as it runs; ProtectClock, because it also forbids to
 * ask whether the clock is synchronised; PrivateDevices, because a Pi's own camera is a device;
 * RequiresMountsFor, because Nightjar runs without its storage and says so.
 */
export function serviceUnit(options: UnitOptions): string {
  const { dataFolder, storagePath, watchedFolders } = options;
  const managed = watchedFolders.filter(({ manage }) => manage).map(({ path }) => path);
  const folders = [...new Set([dataFolder, storagePath, ...managed])].filter(
    (folder) => !isWithin(folder, STATE_FOLDER),
  );
  const writable = [...folders, ...(isWithin(options.configFile, CONFIG_FOLDER) ? [CONFIG_FOLDER] : [])];
  const watched = watchedFolders.map(({ path }) => path);
  const used = [...folders, ...watched, options.configFile, options.executable];
  const usesHome = used.some((path) => homes.some((home) => isWithin(path, home)));
  const capability = options.needsLowPort ? "CAP_NET_BIND_SERVICE" : "";
  const sections = [
    [
      "[Unit]",
      "Description=Nightjar records cameras and plays them back",
      "Wants=network-online.target",
      "After=network-online.target local-fs.target remote-fs.target time-sync.target",
      "StartLimitIntervalSec=0",
    ],
    [
      "[Service]",
      "Type=exec",
      `User=${options.user}`,
      ...(options.groups.length === 0 ? [] : [`SupplementaryGroups=${options.groups.join(" ")}`]),
      `ExecStart=${argument(options.executable)} serve --config ${argument(options.configFile)}`,
      "ExecReload=/bin/kill -HUP $MAINPID",
      `WorkingDirectory=${STATE_FOLDER}`,
      "StateDirectory=nightjar",
      "StateDirectoryMode=0750",
      "ConfigurationDirectory=nightjar",
      "UMask=0027",
      "Environment=NODE_ENV=production",
    ],
    [
      "Restart=always",
      "RestartSec=2",
      "KillSignal=SIGTERM",
      "KillMode=mixed",
      "TimeoutStopSec=10",
      "LimitNOFILE=65536",
      "Nice=-5",
      "IOSchedulingClass=best-effort",
      "IOSchedulingPriority=2",
      "OOMScoreAdjust=-200",
      // An encoder that takes too much memory ends alone.
      "OOMPolicy=continue",
    ],
    [
      "NoNewPrivileges=yes",
      "ProtectSystem=strict",
      ...(writable.length === 0
        ? []
        : [`ReadWritePaths=${writable.map((folder) => unitPath(folder, "-")).join(" ")}`]),
      `ProtectHome=${usesHome ? "read-only" : "yes"}`,
      "PrivateTmp=yes",
      "ProtectKernelTunables=yes",
      "ProtectKernelModules=yes",
      "ProtectKernelLogs=yes",
      "ProtectControlGroups=yes",
      "ProtectHostname=yes",
      "LockPersonality=yes",
      "RestrictNamespaces=yes",
      "RestrictRealtime=yes",
      "RestrictSUIDSGID=yes",
      "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",
      "SystemCallArchitectures=native",
      `CapabilityBoundingSet=${capability}`,
      `AmbientCapabilities=${capability}`,
    ],
    ["[Install]", "WantedBy=multi-user.target"],
  ];
  return `${sections.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}
