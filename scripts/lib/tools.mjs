import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { output, root, run, which } from "./run.mjs";
import { fail, say } from "./say.mjs";

/** The runtime that everything here is built and tested with. */
export const BUN_VERSION = "1.4.5";

const MINIMUM_NODE_MAJOR = 18;
const bunFolder = join(root, ".bun");

/** Where npm may have put a Bun that runs: its own package, or the platform's when install scripts are refused. */
function bunCandidates() {
  const platform = join(bunFolder, "node_modules/@oven");
  const platforms = existsSync(platform) ? readdirSync(platform) : [];
  return [
    join(bunFolder, "node_modules/bun/bin/bun.exe"),
    ...platforms.map((name) => join(platform, name, "bin/bun")),
  ];
}

const installedBun = () =>
  bunCandidates().find((path) => existsSync(path) && output(path, ["--version"]).text.trim() === BUN_VERSION);

/** Puts the folder that holds Bun first in `PATH`, so that scripts of packages find the same one. */
function useBun(path) {
  process.env.PATH = [join(bunFolder, "node_modules/.bin"), dirname(path), process.env.PATH ?? ""].join(
    delimiter,
  );
  return path;
}

/** Path of Bun at the pinned version; installs it below `.bun` from the npm registry when it is not there. */
export async function ensureBun() {
  const nodeMajor = Number(process.versions.node.split(".")[0]);
  if (nodeMajor < MINIMUM_NODE_MAJOR) {
    fail(`Node ${process.versions.node} is too old; wanted: ${MINIMUM_NODE_MAJOR} or newer`);
  }
  const found = installedBun();
  if (found !== undefined) return useBun(found);
  say(`installing Bun ${BUN_VERSION} from the npm registry into .bun/`);
  const args = [
    "install",
    "--prefix",
    bunFolder,
    "--no-save",
    "--no-package-lock",
    "--no-audit",
    "--no-fund",
  ];
  const done = await run("npm", [...args, `bun@${BUN_VERSION}`], { quiet: true });
  const installed = installedBun();
  if (installed === undefined) {
    fail(`Bun ${BUN_VERSION} could not be installed:`, ...done.text.trim().split("\n").slice(-15));
  }
  return useBun(installed);
}

/** Installs the packages of the lock file, when they are not those that are installed. */
export async function ensurePackages(bun) {
  const stamp = join(root, "node_modules/.nightjar-installed");
  const lock = ["bun.lock", "package.json"].map((name) => readFileSync(join(root, name)));
  const wanted = createHash("sha256").update(Buffer.concat(lock)).digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  say("installing the packages of bun.lock");
  const done = await run(bun, ["install", "--frozen-lockfile"], { quiet: true });
  if (done.code !== 0)
    fail("the packages could not be installed:", ...done.text.trim().split("\n").slice(-15));
  writeFileSync(stamp, wanted);
}

/**
 * Sees to it that each tool's package is installed. A tool is `{ package, program }`, or `{ package, file }` for
 * what is no program; `why` says in a few words what they are for. Without the right to install, it prints the
 * command that does, and ends.
 */
export async function ensureApt(tools, { why }) {
  const isThere = (tool) =>
    tool.program === undefined ? isInstalled(tool.package) : which(tool.program) !== undefined;
  const missing = tools.filter((tool) => !isThere(tool)).map((tool) => tool.package);
  if (missing.length === 0) return;
  const install = `apt-get install -y --no-install-recommends ${missing.join(" ")}`;
  if (which("apt-get") === undefined) {
    fail(`missing for ${why}: ${missing.join(", ")}`, "Install them with your system's package manager.");
  }
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && output("sudo", ["-n", "true"]).code !== 0) {
    fail(
      `missing for ${why}: ${missing.join(", ")}, and there is no right to install them. Run:`,
      `sudo apt-get update && sudo ${install}`,
    );
  }
  say(`installing with apt, for ${why}: ${missing.join(" ")}`);
  const command = isRoot ? [] : ["sudo", "-n"];
  const env = ["env", "DEBIAN_FRONTEND=noninteractive"];
  const apt = async (...args) => {
    const [program, ...rest] = [...command, ...env, "apt-get", ...args];
    return run(program, rest, { quiet: true });
  };
  const wanted = ["install", "-y", "--no-install-recommends", ...missing];
  const updated = await apt("update");
  const done = await apt(...wanted);
  const lacking = tools.filter((tool) => !isThere(tool)).map((tool) => tool.package);
  if (done.code === 0 && lacking.length === 0) return;
  const lines = `${updated.code === 0 ? "" : updated.text}${done.text}`.trim().split("\n").slice(-15);
  fail(`apt could not install ${(lacking.length > 0 ? lacking : missing).join(", ")}:`, ...lines);
}

const isInstalled = (name) =>
  output("dpkg-query", ["-W", "-f", "${db:Status-Status}", name]).text.trim() === "installed";

/** What the executable itself needs. */
export const ffmpegTools = [
  { package: "ffmpeg", program: "ffmpeg" },
  { package: "ffmpeg", program: "ffprobe" },
];

/** What the tests need besides: an RTSP server, a browser, players, and checkers. */
export const testTools = [
  ...ffmpegTools,
  { package: "python3-gi" },
  { package: "gir1.2-gst-rtsp-server-1.0" },
  { package: "gstreamer1.0-plugins-base" },
  { package: "gstreamer1.0-plugins-good" },
  { package: "gstreamer1.0-plugins-bad" },
  { package: "gstreamer1.0-plugins-ugly" },
  { package: "gstreamer1.0-libav" },
  { package: "gstreamer1.0-x" },
  { package: "chromium", program: "chromium" },
  { package: "vlc-bin", program: "cvlc" },
  { package: "vlc-plugin-base" },
  { package: "qemu-user", program: "qemu-aarch64" },
  { package: "libc6-arm64-cross" },
  { package: "libxml2-utils", program: "xmllint" },
  { package: "nginx-light", program: "nginx" },
  { package: "glib-networking" },
  { package: "openssl", program: "openssl" },
  { package: "curl", program: "curl" },
  { package: "bindfs", program: "bindfs" },
  { package: "libfaketime" },
  { package: "e2fsprogs", program: "mkfs.ext4" },
  { package: "mount", program: "mount" },
  { package: "util-linux", program: "setpriv" },
  { package: "fonts-dejavu-core" },
];
