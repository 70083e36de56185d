import { lookup as lookupName } from "node:dns/promises";
import { isIP } from "node:net";
import { version } from "../../platform/version.ts";
import { CookieJar } from "./cookie-jar.ts";
import { field, type ByteRange } from "./body.ts";
import { Exchanger, type Answer, type Limits } from "./exchange.ts";
import { FetchFailure } from "./fetch-failure.ts";
import { isPrivateAddress } from "./private-address.ts";

/** The world's names and addresses; another stands in for it where that is tried. */
export type Network = {
  /** IP addresses of a host name, at least one; or an error with a `code`. */
  resolve: (host: string) => Promise<readonly string[]>;
  isPrivate: (address: string) => boolean;
};

const realNetwork: Network = {
  resolve: async (host) => (await lookupName(host, { all: true })).map(({ address }) => address),
  isPrivate: isPrivateAddress,
};

export type ClientOptions = {
  /** The configured address; its user name and password go to its own origin alone. */
  address: string;
  /** Go to the same origin. */
  headers: ReadonlyMap<string, string>;
  /** Whether private addresses may be asked although the configured one is public. */
  allowPrivate: boolean;
  nowMs: () => number;
  network?: Network | undefined;
};

export type GetOptions = {
  limits: Limits;
  signal: AbortSignal;
  range?: ByteRange | undefined;
  onBytes?: ((count: number) => void) | undefined;
};

/** What was got, and the address behind all redirects. */
export type Got = { bytes: Uint8Array; url: URL };

const MAX_REDIRECTS = 10;
const REDIRECTS = [301, 302, 303, 307, 308];

/** Fetches for one source: with its cookies and its password, and never from where it has no business. */
export class HlsClient {
  readonly #origin: string;
  readonly #jar: CookieJar;
  readonly #exchanger: Exchanger;
  readonly #network: Network;
  readonly #ownHeaders: Record<string, string>;
  /** Whether private addresses may be asked; known once the configured host has been looked up, and kept. */
  #mayBePrivate: boolean | undefined;

  constructor(private readonly options: ClientOptions) {
    const url = new URL(options.address);
    this.#origin = url.origin;
    this.#jar = new CookieJar(options.nowMs);
    this.#network = options.network ?? realNetwork;
    this.#ownHeaders = { ...basicAuth(url) };
    for (const [name, value] of options.headers) this.#ownHeaders[name.toLowerCase()] = value;
    this.#exchanger = new Exchanger((host) => this.#addressesOf(host));
  }

  close(): void {
    this.#exchanger.close();
  }

  /**
   * Gets what an address leads to, over redirects.
   * @throws FetchFailure
   */
  async get(address: string | URL, options: GetOptions): Promise<Got> {
    let url = asked(new URL(address));
    for (let count = 0; count <= MAX_REDIRECTS; count += 1) {
      const answer = await this.#askTwice(url, options);
      const location = field(answer.fields, "location");
      if (!REDIRECTS.includes(answer.status) || location === undefined) {
        if (answer.status === 200 || answer.status === 206) return { bytes: answer.bytes, url };
        throw new FetchFailure("status", `answered ${answer.status}`, answer.status);
      }
      if (!URL.canParse(location, url.href))
        throw new FetchFailure("broken", "it redirected to what is no address");
      url = asked(new URL(location, url.href));
    }
    throw new FetchFailure("broken", `it redirected more than ${MAX_REDIRECTS} times`);
  }

  /** A connection that was kept may be closed by the other side in the very moment in which it is used again. */
  async #askTwice(url: URL, options: GetOptions): Promise<Answer> {
    let count = 0;
    const counted = {
      ...options,
      onBytes: (bytes: number) => {
        count += bytes;
        options.onBytes?.(bytes);
      },
    };
    try {
      return await this.#ask(url, counted);
    } catch (error) {
      if (!(error instanceof FetchFailure) || error.kind !== "offline" || count > 0) throw error;
      return await this.#ask(url, options);
    }
  }

  async #ask(url: URL, options: GetOptions): Promise<Answer> {
    const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
    // Names are checked as they are looked up; what is an address already, is not looked up.
    if (isIP(host) !== 0) await this.#addressesOf(host);
    const isOwn = url.origin === this.#origin;
    const headers: Record<string, string> = { "user-agent": `Nightjar/${version}`, ...basicAuth(url) };
    if (isOwn) Object.assign(headers, this.#ownHeaders);
    const cookies = [headers["cookie"], this.#jar.header(url)].filter((text) => text !== undefined);
    if (cookies.length > 0) headers["cookie"] = cookies.join("; ");
    const answer = await this.#exchanger.ask(url, { ...options, headers });
    const cookiesSet = answer.fields["set-cookie"] ?? [];
    this.#jar.take(url, typeof cookiesSet === "string" ? [cookiesSet] : cookiesSet);
    return answer;
  }

  /** The addresses that a host may be connected at. */
  async #addressesOf(host: string): Promise<readonly string[]> {
    const found = await this.#resolve(host);
    const isOwnHost = host === new URL(this.options.address).hostname.replace(/^\[(.*)\]$/, "$1");
    const { isPrivate } = this.#network;
    // A source of the local network may lead to others there. What was public at first, stays so, whatever its name
    // is said to be later.
    if (isOwnHost) this.#mayBePrivate ??= this.options.allowPrivate || found.every(isPrivate);
    const allowed = this.#mayBePrivate === true ? found : found.filter((address) => !isPrivate(address));
    if (allowed.length > 0) return allowed;
    throw new FetchFailure(
      "blocked",
      `it leads to ${host}, an address of the local network; \`allow_private: true\` would allow that`,
    );
  }

  async #resolve(host: string): Promise<readonly string[]> {
    return isIP(host) === 0 ? await this.#network.resolve(host) : [host];
  }
}

/** @throws FetchFailure for what is not fetched by HTTP */
function asked(url: URL): URL {
  if (url.protocol === "http:" || url.protocol === "https:") return url;
  throw new FetchFailure("blocked", `it leads to a ${url.protocol} address`);
}

function decodedPart(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function basicAuth({ username, password }: URL): { authorization?: string } {
  if (username === "" && password === "") return {};
  const pair = `${decodedPart(username)}:${decodedPart(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
}
