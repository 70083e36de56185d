type Cookie = {
  name: string;
  value: string;
  domain: string;
  isHostOnly: boolean;
  path: string;
  isSecure: boolean;
  /** ms UTC; absent: until the source is stopped. */
  untilMs?: number;
};

const MAX_COOKIES = 50;
const MAX_COOKIE_CHARACTERS = 4096;
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** RFC 6265 5.1.3. */
const matchesDomain = (host: string, domain: string): boolean =>
  host === domain || host.endsWith(`.${domain}`);

/** RFC 6265 5.1.4. */
const matchesPath = (path: string, cookiePath: string): boolean =>
  path === cookiePath ||
  (path.startsWith(cookiePath) && (cookiePath.endsWith("/") || path[cookiePath.length] === "/"));

/** RFC 6265 5.1.4: the folder of what was asked for. */
const defaultPath = (path: string): string => path.slice(0, Math.max(1, path.lastIndexOf("/")));

/** The cookies of one source (RFC 6265), in memory: what hosts want to have back while they are asked for segments. */
export class CookieJar {
  #cookies: Cookie[] = [];

  constructor(private readonly nowMs: () => number) {}

  /** Takes the Set-Cookie headers of an answer. What can't be understood is left out, as browsers do. */
  take(url: URL, headers: readonly string[]): void {
    for (const header of headers) {
      const cookie = this.#parse(url, header);
      if (cookie === undefined) continue;
      const { name, domain, path } = cookie;
      const rest = this.#cookies.filter(
        (other) => other.name !== name || other.domain !== domain || other.path !== path,
      );
      this.#cookies = [...rest, cookie].slice(-MAX_COOKIES);
    }
  }

  /** The Cookie header for a request; `undefined` when there is nothing to send. */
  header(url: URL): string | undefined {
    const nowMs = this.nowMs();
    this.#cookies = this.#cookies.filter(({ untilMs }) => untilMs === undefined || untilMs > nowMs);
    const host = url.hostname.toLowerCase();
    const found = this.#cookies.filter(
      ({ domain, isHostOnly, path, isSecure }) =>
        (isHostOnly ? host === domain : matchesDomain(host, domain)) &&
        matchesPath(url.pathname, path) &&
        (!isSecure || url.protocol === "https:"),
    );
    if (found.length === 0) return undefined;
    const longestFirst = found.toSorted((a, b) => b.path.length - a.path.length);
    return longestFirst.map(({ name, value }) => `${name}=${value}`).join("; ");
  }

  #parse(url: URL, header: string): Cookie | undefined {
    if (header.length > MAX_COOKIE_CHARACTERS || /\p{Cc}/u.test(header)) return undefined;
    const [pair = "", ...attributes] = header.split(";").map((part) => part.trim());
    const equals = pair.indexOf("=");
    const name = pair.slice(0, equals).trim();
    if (equals <= 0 || !NAME.test(name)) return undefined;
    const host = url.hostname.toLowerCase();
    const cookie: Cookie = {
      name,
      value: pair.slice(equals + 1).trim(),
      domain: host,
      isHostOnly: true,
      path: defaultPath(url.pathname),
      isSecure: false,
    };
    let maxAge: string | undefined;
    for (const attribute of attributes) {
      const [key = "", value = ""] = attribute.split(/=(.*)/s).map((part) => part.trim());
      switch (key.toLowerCase()) {
        case "domain": {
          const domain = value.replace(/^\./, "").toLowerCase();
          if (domain === "") break;
          // A host may not set cookies for others; nor for a whole ending such as `com`.
          if (!matchesDomain(host, domain) || (domain !== host && !domain.includes("."))) return undefined;
          cookie.domain = domain;
          cookie.isHostOnly = false;
          break;
        }
        case "path":
          if (value.startsWith("/")) cookie.path = value;
          break;
        case "secure":
          cookie.isSecure = true;
          break;
        case "max-age":
          maxAge = value;
          break;
        case "expires": {
          const ms = Date.parse(value);
          if (!Number.isNaN(ms)) cookie.untilMs ??= ms;
          break;
        }
      }
    }
    if (maxAge !== undefined && /^-?\d{1,10}$/.test(maxAge))
      cookie.untilMs = this.nowMs() + Number(maxAge) * 1000;
    return cookie;
  }
}
