import type { Fields } from "./body.ts";

/** One question: an address of `http:` or `https:`, and header fields that can stand in one. */
export type Question = { url: URL; headers: Readonly<Record<string, string>> };

/** Takes an answer as it comes. What it throws ends the exchange, and is what `Transport.ask` rejects with. */
export type Receiver = {
  /** @returns whether the body is wanted */
  head(status: number, fields: Fields): boolean;
  /** Some of the body, the sender's again afterwards. @returns whether more is wanted */
  data(bytes: Uint8Array): boolean;
};

/** How an answer is had: over plain connections or over TLS. */
export interface Transport {
  /**
   * Asks once. Resolves when the whole answer was received, or as much of it as is wanted; rejects with a FetchFailure
   * or an error with a `code`, and with the signal's reason when that is aborted. The connection is used again only
   * after a whole answer.
   */
  ask(question: Question, receiver: Receiver, signal: AbortSignal): Promise<void>;
  /** Closes the connections that wait for another request. */
  close(): void;
}

/** The IP addresses that a host may be connected at, at least one. */
export type AddressesOf = (host: string) => Promise<readonly string[]>;

/** At most so many connections to one host, and so many of them that wait. */
export const MAX_CONNECTIONS = 8;
export const MAX_WAITING_CONNECTIONS = 2;

/** A host as it is looked up and connected to: of an IPv6 address without its brackets. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, "$1");
