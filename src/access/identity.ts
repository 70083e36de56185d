import type { Role } from "./policy.ts";

/** Whose request it is. */
export type Identity = {
  role: Role;
  /** The user, or the token's name; empty where everyone may do everything (`auth: none`). */
  name: string;
  /** How they were recognised. `open`: no accounts are asked for. */
  how: "open" | "session" | "basic" | "token" | "ticket";
  /** Makes what `ticketFor` gives; absent where players need none. */
  ticket?: (() => string) | undefined;
};

/** Finds out whose request it is; `undefined` for a stranger. */
export type Identify = (request: Request) => Identity | undefined | Promise<Identity | undefined>;

/** Everyone is the admin: those who reach the server own the machine. */
export const openIdentity: Identity = { role: "admin", name: "", how: "open" };

const identities = new WeakMap<Request, Identity>();

/** Remembers whose request it is, for those who answer it. The guard alone calls it. */
export const setIdentity = (request: Request, identity: Identity): void => {
  identities.set(request, identity);
};

/** Whose request it is, as the guard found out; `undefined` for a stranger on a route for anyone. */
export const identityOf = (request: Request): Identity | undefined => identities.get(request);

/**
 * The start of a path, `/-/t/<ticket>`, that lets a player read playlists, media and stills with the rights of a viewer
 * and without a password; to be put before a path that leaves a page. Empty where nobody has to sign in.
 */
export const ticketFor = (identity: Identity | undefined): string => identity?.ticket?.() ?? "";
