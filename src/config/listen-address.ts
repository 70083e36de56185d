import { isIPv4, isIPv6 } from "node:net";
import { DEFAULT_PORT, type ListenAddress } from "./config.ts";

const hostName = /^(?!-)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*$/i;

const portOf = (text: string): number | undefined => {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
};

/**
 * `HOST:PORT`, `[IPv6]:PORT`, a host alone (port 6478), or a port alone (on loopback). `undefined` for anything else.
 */
export function parseListenAddress(value: string | number): ListenAddress | undefined {
  const text = String(value);
  const alone = portOf(text);
  if (alone !== undefined) return { host: "127.0.0.1", port: alone };
  const [, bracketed, plain, portText] = /^(?:\[([^\]]*)\]|([^:[\]]+))(?::(\d+))?$/.exec(text) ?? [];
  const port = portText === undefined ? DEFAULT_PORT : portOf(portText);
  if (port === undefined) return undefined;
  if (bracketed !== undefined) return isIPv6(bracketed) ? { host: bracketed, port } : undefined;
  if (plain === undefined) return undefined;
  if (/^[\d.]+$/.test(plain)) return isIPv4(plain) ? { host: plain, port } : undefined;
  return hostName.test(plain) ? { host: plain, port } : undefined;
}

/** `127.0.0.1:6478`, `[::1]:6478`. */
export const listenText = ({ host, port }: ListenAddress): string =>
  `${host.includes(":") ? `[${host}]` : host}:${port}`;

/** Whether only programs of this machine reach it. */
export const isLoopback = ({ host }: ListenAddress): boolean =>
  host === "::1" || host.toLowerCase() === "localhost" || (isIPv4(host) && host.startsWith("127."));
