import { chownSync, existsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { StateDatabase } from "../db/state/state-database.ts";
import type { Clock } from "../platform/clock.ts";
import { prepareDataFolder, requireData } from "../platform/data-folder.ts";
import { NightjarError } from "../platform/errors.ts";
import { Accounts, type User } from "./accounts.ts";
import { checkedName, checkedRole } from "./rules.ts";

export type UserCommandContext = {
  config: Pick<Config, "dataFolder" | "file" | "auth">;
  clock: Clock;
  stdout: (line: string) => void;
  args: { arguments: readonly string[]; options: Readonly<Record<string, string | true>> };
  /** Asks for a password; the text says whose. */
  readPassword: (what: string) => Promise<string>;
};

/** A database that root made belongs to whom its folder belongs to: the server need not be root. */
function giveToFoldersOwner(folder: string, path: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(folder);
  for (const file of [path, `${path}-wal`, `${path}-shm`]) if (existsSync(file)) chownSync(file, uid, gid);
}

/** Opens the accounts that are there, beside a running server, which reads them anew with each request. */
async function withKnownAccounts<T>(
  context: UserCommandContext,
  work: (accounts: Accounts) => Promise<T> | T,
): Promise<T> {
  requireData(context.config, ["state.db"]);
  return await withAccounts(context, work);
}

/** The same where they may be the first: makes what is missing. */
async function withAccounts<T>(
  { config, clock }: UserCommandContext,
  work: (accounts: Accounts) => Promise<T> | T,
): Promise<T> {
  const { dataFolder } = config;
  prepareDataFolder(dataFolder);
  const path = join(dataFolder, "state.db");
  const state = StateDatabase.open(path);
  try {
    const accounts = new Accounts({ tables: state.accounts, clock });
    if (state.isNew) giveToFoldersOwner(dataFolder, path);
    return await work(accounts);
  } finally {
    state.close();
  }
}

const nameOf = ({ args }: UserCommandContext): string => args.arguments[0] ?? "";

function userOf(accounts: Accounts, name: string): User {
  const user = accounts.userNamed(name);
  if (user) return user;
  const known = accounts.users().map((each) => each.name);
  throw new NightjarError("not-found", `There is no user ${JSON.stringify(name)}`, {
    details: [
      known.length > 0
        ? `Users: ${known.slice(0, 20).join(", ")}`
        : "There are no users yet: nightjar user add NAME",
    ],
  });
}

/** `nightjar user add NAME`. Ends with 0. */
export async function runUserAdd(context: UserCommandContext): Promise<number> {
  const { args, config, stdout, readPassword } = context;
  return await withAccounts(context, async (accounts) => {
    const name = checkedName(nameOf(context));
    if (accounts.userNamed(name)) {
      throw new NightjarError("conflict", `There is a user ${JSON.stringify(name)} already`);
    }
    const given = args.options["role"];
    const role = typeof given === "string" ? checkedRole(given) : accounts.isEmpty() ? "admin" : "viewer";
    await accounts.addUser({ name, role, password: await readPassword(`Password for ${name}`) });
    stdout(`${name} may sign in as ${role}.`);
    if (config.auth === "none") stdout("Nobody has to while the configuration says auth: none.");
    return 0;
  });
}

/** `nightjar user passwd NAME`. Ends with 0. */
export async function runUserPasswd(context: UserCommandContext): Promise<number> {
  return await withKnownAccounts(context, async (accounts) => {
    const { id, name } = userOf(accounts, nameOf(context));
    await accounts.setPassword(id, await context.readPassword(`New password for ${name}`));
    context.stdout(`The password of ${name} is changed, and ${name} is signed out everywhere.`);
    return 0;
  });
}

/** `nightjar user rm NAME`. Ends with 0. */
export async function runUserRm(context: UserCommandContext): Promise<number> {
  return await withKnownAccounts(context, (accounts) => {
    const { id, name } = userOf(accounts, nameOf(context));
    accounts.removeUser(id);
    context.stdout(`${name} is removed.`);
    return 0;
  });
}

/** `nightjar user list`. Ends with 0. */
export async function runUserList(context: UserCommandContext): Promise<number> {
  return await withKnownAccounts(context, (accounts) => {
    const users = accounts.users();
    const width = Math.max(...users.map(({ name }) => name.length), 0);
    for (const { name, role } of users) context.stdout(`${name.padEnd(width)}  ${role}`);
    if (users.length === 0) context.stdout("There are no users yet: nightjar user add NAME");
    return 0;
  });
}
