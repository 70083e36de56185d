import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { FetchFailure } from "./fetch-failure.ts";
import {
  type AddressesOf,
  hostOf,
  MAX_CONNECTIONS,
  MAX_WAITING_CONNECTIONS,
  type Question,
  type Receiver,
  type Transport,
} from "./transport.ts";

/** HTTP over TLS, to the very address that was checked; the certificate is checked against the name. */
export class TlsTransport implements Transport {
  readonly #agent = new Agent({
    keepAlive: true,
    maxSockets: MAX_CONNECTIONS,
    maxFreeSockets: MAX_WAITING_CONNECTIONS,
  });

  readonly #lookup: LookupFunction;

  constructor(addressesOf: AddressesOf) {
    this.#lookup = (host, { all }, done) => void lookUp(addressesOf, host, all === true, done);
  }

  close(): void {
    this.#agent.destroy();
  }

  async ask(question: Question, receiver: Receiver, signal: AbortSignal): Promise<void> {
    const message = await this.#open(question, signal);
    try {
      if (receiver.head(message.statusCode ?? 0, message.headers)) await read(message, receiver, signal);
    } finally {
      if (!message.complete) message.destroy();
    }
  }

  #open({ url, headers }: Question, signal: AbortSignal): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const asked = request(
      {
        hostname: hostOf(url),
        port: url.port === "" ? undefined : url.port,
        path: url.pathname + url.search,
        headers,
        lookup: this.#lookup,
        agent: this.#agent,
      },
      resolve,
    );
    const onAbort = () => {
      asked.destroy();
      reject(signal.reason as Error);
    };
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    asked.on("error", reject);
    asked.end();
    return promise;
  }
}

async function lookUp(
  addressesOf: AddressesOf,
  host: string,
  all: boolean,
  done: Parameters<LookupFunction>[2],
): Promise<void> {
  let found: readonly string[];
  try {
    found = await addressesOf(host);
  } catch (error) {
    return done(error as NodeJS.ErrnoException, []);
  }
  const addresses = found.map((address) => ({ address, family: isIP(address) }));
  const [first] = addresses;
  if (all || first === undefined) done(null, addresses);
  else done(null, first.address, first.family);
}

async function read(message: IncomingMessage, receiver: Receiver, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = () => reject(signal.reason as Error);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  const brokenOff = () => reject(new FetchFailure("offline", "it broke the connection off"));
  message.on("error", reject).on("aborted", brokenOff).on("close", brokenOff).on("end", resolve);
  message.on("data", (bytes: Uint8Array) => {
    try {
      if (!receiver.data(bytes)) resolve();
    } catch (error) {
      reject(error as Error);
    }
  });
  try {
    await promise;
  } finally {
    signal.removeEventListener("abort", onAbort);
    message.removeAllListeners("data");
  }
}
