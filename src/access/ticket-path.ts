import { carryPeer } from "./peer.ts";

/** What stands before the path of an address that carries a ticket. */
export const TICKET_PREFIX = "/-/t/";

const withTicket = /^(https?:\/\/[^/]+)\/-\/t\/([A-Za-z0-9_.-]{1,100})(\/.*)$/;

const tickets = new WeakMap<Request, string>();

/** The ticket in a request's address, checked by nobody yet. */
export const ticketIn = (request: Request): string | undefined => tickets.get(request);

/**
 * Takes a ticket off the front of the path before routes are looked for, so that each address below it means what it
 * means without one, and relative addresses in playlists keep it by themselves.
 */
export function withoutTicket(request: Request): Request {
  const [, origin, ticket, path] = withTicket.exec(request.url) ?? [];
  if (origin === undefined || ticket === undefined || path === undefined) return request;
  const plain = new Request(`${origin}${path}`, request);
  carryPeer(request, plain);
  tickets.set(plain, ticket);
  return plain;
}

/** Lets a request that stands for another one have the other's ticket. */
export const carryTicket = (from: Request, to: Request): void => {
  const ticket = tickets.get(from);
  if (ticket !== undefined) tickets.set(to, ticket);
};
