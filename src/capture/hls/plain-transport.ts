import { ConnectionPool } from "./connection-pool.ts";
import { FetchFailure } from "./fetch-failure.ts";
import { PlainConnection } from "./plain-connection.ts";
import { type AddressesOf, hostOf, type Question, type Receiver, type Transport } from "./transport.ts";

/** Where a host has several addresses, the next one is tried after so long. */
const ATTEMPT_MS = 2000;
const HTTP_PORT = 80;
/** A field's name, and what may stand in its value: one character is one byte (RFC 9110 5.1, 5.5). */
const NAME = /^[!#$%&'*+.^_`|~\w-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * HTTP/1.1 in clear, over connections of its own for each source: without a proxy, to the very address that was
 * checked, and without a limit that sources share.
 */
export class PlainTransport implements Transport {
  readonly #pools = new Map<string, ConnectionPool>();

  constructor(private readonly addressesOf: AddressesOf) {}

  close(): void {
    for (const pool of this.#pools.values()) pool.closeWaiting();
    this.#pools.clear();
  }

  async ask({ url, headers }: Question, receiver: Receiver, signal: AbortSignal): Promise<void> {
    const request = requestText(url, headers);
    const pool = this.#pools.get(url.host) ?? new ConnectionPool();
    this.#pools.set(url.host, pool);
    try {
      const connection = await pool.take(() => this.#open(url, signal), signal);
      await connection.ask(request, receiver, signal);
      if (!connection.isClosed) pool.giveBack(connection);
    } catch (error) {
      // What ended one connection while it waited, may have ended the others.
      pool.closeWaiting();
      throw error;
    } finally {
      if (pool.isEmpty) this.#pools.delete(url.host);
    }
  }

  async #open(url: URL, signal: AbortSignal): Promise<PlainConnection> {
    const port = url.port === "" ? HTTP_PORT : Number(url.port);
    const addresses = await this.addressesOf(hostOf(url));
    const last = addresses.at(-1) ?? "";
    for (const address of addresses.slice(0, -1)) {
      try {
        const attempt = AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_MS)]);
        return await PlainConnection.open(address, port, attempt);
      } catch {
        signal.throwIfAborted();
      }
    }
    return await PlainConnection.open(last, port, signal);
  }
}

/**
 * The request (RFC 9112 3, 7.2 of RFC 9110).
 * @throws FetchFailure for a field that can't stand in one
 */
function requestText(url: URL, headers: Readonly<Record<string, string>>): string {
  const lines = [`GET ${url.pathname}${url.search} HTTP/1.1`];
  if (headers["host"] === undefined) lines.push(`host: ${url.host}`);
  for (const [name, value] of Object.entries(headers)) {
    if (!NAME.test(name) || !VALUE.test(value))
      throw new FetchFailure("broken", `the header ${JSON.stringify(name)} can't be sent as it is`);
    lines.push(`${name}: ${value}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}
