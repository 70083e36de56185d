import { Accounts } from "../../../src/accounts/accounts.ts";
import { setPeer } from "../../../src/access/peer.ts";
import { StateDatabase } from "../../../src/db/state/state-database.ts";
import { StandingClock } from "../../support/memory-footage.ts";
import { tempFolder } from "../../support/temp.ts";

export const PASSWORD = "correct horse";
export const NOW_MS = Date.UTC(2026, 10, 20, 11);

/** Accounts on a real database, with a clock that stands. */
export type World = AsyncDisposable & {
  accounts: Accounts;
  clock: StandingClock;
  /** The same database, as another process has it open. */
  beside(): Accounts;
};

export async function worldOf(publicUrl?: string): Promise<World> {
  const folder = await tempFolder();
  const clock = new StandingClock(NOW_MS);
  const databases: StateDatabase[] = [];
  const open = (): Accounts => {
    const state = StateDatabase.open(folder.file("state.db"));
    databases.push(state);
    return new Accounts({ tables: state.accounts, clock, publicUrl });
  };
  return {
    accounts: open(),
    clock,
    beside: open,
    async [Symbol.asyncDispose]() {
      for (const state of databases) state.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** A request from an address. */
export function requestOf(
  headers: Record<string, string> = {},
  { path = "/", address = "192.168.0.7", method = "GET" } = {},
): Request {
  const request = new Request(`http://nightjar.test${path}`, { headers, method });
  setPeer(request, () => address);
  return request;
}

export const basic = (name: string, password: string): { authorization: string } => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`,
});

/** The `Cookie` header for a `Set-Cookie` value. */
export const cookieOf = (setCookie: string): { cookie: string } => ({
  cookie: `other=1; ${setCookie.split(";")[0] ?? ""}; last=2`,
});
