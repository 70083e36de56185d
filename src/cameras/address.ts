import { redactSource } from "../config/secret-text.ts";

/** A camera's address in parts; user name and password as written in the URL, percent-encoded. */
export type AddressParts = {
  /** With `://`. */
  scheme: string;
  user?: string;
  password?: string;
  /** `host:port/path?query`. */
  rest: string;
};

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

/**
 * Where the `@` behind user name and password is: the last one, since a password may hold characters that somebody
 * forgot to encode. Behind a host alone an `@` belongs to the path.
 */
function userInfoEnd(text: string): number {
  const [authority = ""] = /^[^/?#]*/.exec(text) ?? [];
  const isHost = /^(\[[^\]@]*\]|[^:@]*)(:\d*)?$/.test(authority);
  return isHost ? -1 : text.lastIndexOf("@");
}

/** Takes an address apart; one without a scheme is an RTSP camera's. */
export function splitAddress(text: string): AddressParts {
  const given = text.trim();
  const scheme = SCHEME.exec(given)?.[0] ?? "rtsp://";
  const after = given.startsWith(scheme) ? given.slice(scheme.length) : given;
  const at = userInfoEnd(after);
  if (at < 0) return { scheme, rest: after };
  const info = after.slice(0, at);
  const colon = info.indexOf(":");
  return {
    scheme,
    user: colon < 0 ? info : info.slice(0, colon),
    ...(colon < 0 ? {} : { password: info.slice(colon + 1) }),
    rest: after.slice(at + 1),
  };
}

/** Puts an address together. */
export function joinAddress({ scheme, user, password, rest }: AddressParts): string {
  if (user === undefined && password === undefined) return scheme + rest;
  return `${scheme}${user ?? ""}${password === undefined ? "" : `:${password}`}@${rest}`;
}

/** What stands for itself in the user part of a URL (RFC 3986, 3.2.1), without the colon. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** As written in a URL, with what has no place there encoded and the rest left alone. */
const mended = (text: string): string => text.replaceAll(/%(?![0-9a-f]{2})|[^\w.~!$&'()*+,;=:%-]/gi, encoded);

/** Host and port, in small letters: where a password goes to. */
export const hostOf = ({ rest }: AddressParts): string => rest.replace(/[/?#].*$/s, "").toLowerCase();

export type GivenAddress = {
  /** As typed: a URL, or only a host. */
  address: string;
  /** As typed, not encoded; empty when nothing was typed. */
  user: string;
  password: string;
};

/** What a source was until now; its user name and password may be kept. */
export type KnownAddress = { url: string };

/**
 * The URL that a form means. What is typed in the fields of its own goes before what stands in the address. Where
 * neither has a user name or password, those of `known` are kept, as long as the host is the same: they are not
 * sent anywhere else. An address that is as it was shown keeps its query, too.
 * @returns the URL, or that user name and password have to be typed again
 */
export function addressOf(
  given: GivenAddress,
  known?: KnownAddress,
): { url: string } | { needsPassword: true } {
  const typed = splitAddress(given.address);
  const parts: AddressParts = {
    scheme: typed.scheme.toLowerCase(),
    ...(typed.user === undefined ? {} : { user: mended(typed.user) }),
    ...(typed.password === undefined ? {} : { password: mended(typed.password) }),
    rest: typed.rest.replaceAll("@", "%40"),
  };
  if (given.user !== "") {
    parts.user = encoded(given.user);
    delete parts.password;
  }
  if (given.password !== "") parts.password = encoded(given.password);

  const old = known === undefined ? undefined : splitAddress(known.url);
  if (old !== undefined) {
    const isSameHost = hostOf(old) === hostOf(parts);
    const hadSecret = old.user !== undefined || old.password !== undefined;
    if (hadSecret && parts.user === undefined && parts.password === undefined) {
      if (!isSameHost) return { needsPassword: true };
      if (old.user !== undefined) parts.user = old.user;
      if (old.password !== undefined) parts.password = old.password;
    } else if (isSameHost && parts.user === undefined && old.user !== undefined) parts.user = old.user;
    if (parts.rest.endsWith("?…")) {
      if (!isSameHost) return { needsPassword: true };
      parts.rest = parts.rest.slice(0, -2) + (/[?#].*$/s.exec(old.rest)?.[0] ?? "");
    }
  }
  return { url: joinAddress(parts) };
}

/** An address for a page or a log: without user name, password and query. */
export const shownAddress = (url: string): string => redactSource(url);

/** Whether a URL carries a user name or a password. */
export function hasCredentials(url: string): boolean {
  const { user, password } = splitAddress(url);
  return user !== undefined || password !== undefined;
}

/** Whether an address says nothing of which of the camera's streams is meant. */
export const hasNoPath = (url: string): boolean => /^[^/?#]*\/?$/.test(splitAddress(url).rest);

/** The same address with another path, which begins with a slash. */
export function withPath(url: string, path: string): string {
  const parts = splitAddress(url);
  return joinAddress({ ...parts, rest: parts.rest.replace(/[/?#].*$/s, "") + path });
}
