import { createHmac, timingSafeEqual } from "node:crypto";
import { TICKET_PREFIX } from "../access/ticket-path.ts";

/** Whose rights a ticket carries: a user (`u`) or a token (`t`), by number. */
export type TicketOwner = { kind: "u" | "t"; id: number };

const DAY_SECONDS = 86_400;
const KEEP_DAYS = 30;
/** 128 bits of the signature: short enough for QR codes, too many to guess. */
const SIGNATURE_BYTES = 16;

const ticketText = /^(([ut])([0-9a-z]{1,10})-([0-9a-z]{1,8}))-([A-Za-z0-9_-]{22})$/;

/** The signature covers the owner's own secret, so that a ticket ends when the password changes. */
const signature = (secret: string, ownersHash: string, text: string): Buffer =>
  createHmac("sha256", secret).update(`${text}\n${ownersHash}`).digest().subarray(0, SIGNATURE_BYTES);

/**
 * `/-/t/<ticket>` for an owner; good for at least 30 days. The end is rounded up to a day, so that an address that is
 * shown again is the same one.
 * @param secret of this installation
 * @param ownersHash hash of the owner's password or token
 */
export function ticketPath(secret: string, owner: TicketOwner, ownersHash: string, nowMs: number): string {
  const endDay = Math.ceil(nowMs / 1000 / DAY_SECONDS) + KEEP_DAYS;
  const text = `${owner.kind}${owner.id.toString(36)}-${(endDay * DAY_SECONDS).toString(36)}`;
  return `${TICKET_PREFIX}${text}-${signature(secret, ownersHash, text).toString("base64url")}`;
}

/** Whose ticket it is; `undefined` when it is none, was altered, has ended, or its owner is gone. */
export function ticketOwner(
  secret: string,
  ticket: string,
  hashOf: (owner: TicketOwner) => string | undefined,
  nowMs: number,
): TicketOwner | undefined {
  const [, text, kind, id, end, given] = ticketText.exec(ticket) ?? [];
  if (text === undefined || id === undefined || end === undefined || given === undefined) return undefined;
  const owner: TicketOwner = { kind: kind === "u" ? "u" : "t", id: Number.parseInt(id, 36) };
  const ownersHash = Number.isSafeInteger(owner.id) ? hashOf(owner) : undefined;
  if (ownersHash === undefined || Number.parseInt(end, 36) * 1000 <= nowMs) return undefined;
  return timingSafeEqual(signature(secret, ownersHash, text), Buffer.from(given, "base64url"))
    ? owner
    : undefined;
}
