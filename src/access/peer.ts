/** Finds the address of the other end of a connection. */
type FindPeer = () => string | undefined;

const peers = new WeakMap<Request, FindPeer>();

/** Remembers how to find out where a request came from; asked only when somebody wants to know. */
export const setPeer = (request: Request, find: FindPeer): void => {
  peers.set(request, find);
};

/** Lets a request that stands for another one have the other's peer. */
export const carryPeer = (from: Request, to: Request): void => {
  const find = peers.get(from);
  if (find !== undefined) peers.set(to, find);
};

const peerOf = (request: Request): string => plainAddress(peers.get(request)?.() ?? "");

/** An IPv4 address that came through an IPv6 socket is an IPv4 address (RFC 4291, 2.5.5.2). */
const plainAddress = (address: string): string => address.replace(/^::ffff:(?=[\d.]+$)/i, "");

const isLoopback = (address: string): boolean => address === "::1" || address.startsWith("127.");

/** Whether a proxy on this machine handed the request on; only such a one is believed what it adds. */
const isFromLocalProxy = (request: Request): boolean => isLoopback(peerOf(request));

/**
 * Address of the client: of the peer, or what a proxy on this machine says that its own peer was (the last entry of
 * `X-Forwarded-For`; the ones before it may be anybody's invention). `"unknown"` without a connection.
 */
export function clientAddress(request: Request): string {
  const forwarded = isFromLocalProxy(request)
    ? request.headers.get("x-forwarded-for")?.split(",").at(-1)?.trim()
    : undefined;
  const address = forwarded || peerOf(request) || "unknown";
  return plainAddress(address).slice(0, 64);
}

/** Whether the client's side of the way is encrypted: a proxy on this machine says so, or `publicUrl` does. */
export function isSecure(request: Request, publicUrl: string | undefined): boolean {
  if (publicUrl?.toLowerCase().startsWith("https:")) return true;
  return isFromLocalProxy(request) && request.headers.get("x-forwarded-proto")?.trim() === "https";
}

/**
 * Where attempts are counted: an IPv4 address, or the 64 bits of an IPv6 address that belong to one network, in which
 * each device can have as many addresses as it likes.
 */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.toLowerCase().split("%")[0]?.split("::") ?? [];
  const groups = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - after.length);
  return [...groups, ...Array<string>(zeros).fill("0"), ...after]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":");
}
