import { readFileSync } from "node:fs";
import { errorText, NightjarError } from "../platform/errors.ts";
import { runTool } from "../platform/process.ts";

const LIMITS = { timeoutMs: 30_000, maxOutputBytes: 100_000 };

/** A user of this system by its numbers. */
export type Account = { uid: number; gid: number };

/** A user's name as useradd(8) takes it. */
export const isUserName = (name: string): boolean => /^[a-z_][a-z0-9_-]{0,31}$/.test(name);

/**
 * Runs a system tool that must succeed.
 * @throws NightjarError `unavailable` with what it said.
 */
export async function runChecked(argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runTool(argv, LIMITS);
  if (code === 0) return stdout;
  throw new NightjarError(
    "unavailable",
    `${argv.join(" ")} failed with ${code ?? "a signal"}: ${stderr.trim()}`,
  );
}

/** A user's numbers; `undefined` when there is no such user. */
export async function accountOf(user: string): Promise<Account | undefined> {
  const answers = await Promise.all([
    runTool(["id", "-u", user], LIMITS),
    runTool(["id", "-g", user], LIMITS),
  ]);
  const [uid, gid] = answers.map(({ code, stdout }) => (code === 0 ? Number(stdout.trim()) : undefined));
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}

/** The command that makes a user who owns nothing and can't log in. */
export const userCommand = (user: string): string[] => [
  "useradd",
  "--system",
  "--user-group",
  "--home-dir",
  "/var/lib/nightjar",
  "--no-create-home",
  "--shell",
  "/usr/sbin/nologin",
  user,
];

/** Whether the text of `/etc/group` has a group. */
export const hasGroup = (groups: string, name: string): boolean =>
  groups.split("\n").some((line) => line.startsWith(`${name}:`));

/** Groups that a Pi's own camera needs, as far as this system has them. */
export function cameraGroups(): string[] {
  try {
    const groups = readFileSync("/etc/group", "utf8");
    return ["video"].filter((name) => hasGroup(groups, name));
  } catch (error) {
    throw new NightjarError("unavailable", `/etc/group can't be read: ${errorText(error)}`, { cause: error });
  }
}
