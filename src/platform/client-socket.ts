import { ptr } from "bun:ffi";
import { readdirSync } from "node:fs";
import { libc } from "./libc.ts";

/** Linux: fcntl.h, sys/socket.h, poll.h */
const F_DUPFD_CLOEXEC = 1030;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const SHUT_WR = 1;
const SHUT_RDWR = 2;
const POLLOUT = 4;
const POLLERR_OR_POLLHUP = 0x18;
const AF_INET = 2;
const AF_INET6 = 10;
/** More than any `sockaddr` of IP has. */
const ADDRESS_BYTES = 32;

const load = () =>
  libc({
    getpeername: { args: ["int", "ptr", "ptr"], returns: "int" },
    getsockname: { args: ["int", "ptr", "ptr"], returns: "int" },
    fcntl: { args: ["int", "int", "int"], returns: "int" },
    send: { args: ["int", "ptr", "u64", "int"], returns: "i64" },
    poll: { args: ["ptr", "u64", "int"], returns: "int" },
    shutdown: { args: ["int", "int"], returns: "int" },
    close: { args: ["int"], returns: "int" },
  });
let functions: ReturnType<typeof load> | "unasked" = "unasked";

/** The C library's functions, loaded when they are first needed; `undefined` where there are none. */
function calls(): ReturnType<typeof load> {
  if (functions === "unasked") functions = load();
  return functions;
}

type Calls = NonNullable<ReturnType<typeof load>>;
type Address = { host: string; port: number };

/** An IPv4 address within an IPv6 one, and IPv6 in its shortest form, read as one and the same. */
function plainHost(host: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(host)?.[1];
  if (mapped !== undefined) return mapped;
  const bare = host.split("%")[0] ?? host;
  return bare.includes(":") && URL.canParse(`http://[${bare}]/`)
    ? new URL(`http://[${bare}]/`).hostname
    : bare;
}

/** An address of a socket, by `getpeername` or `getsockname`; `undefined` when it is none of IP. */
function addressBy(ask: Calls["getpeername"], descriptor: number): Address | undefined {
  const bytes = new Uint8Array(ADDRESS_BYTES);
  const length = new Uint32Array([ADDRESS_BYTES]);
  if (ask(descriptor, ptr(bytes), ptr(length)) !== 0) return undefined;
  const view = new DataView(bytes.buffer);
  const family = view.getUint16(0, true);
  const port = view.getUint16(2);
  if (family === AF_INET) return { host: bytes.subarray(4, 8).join("."), port };
  if (family !== AF_INET6) return undefined;
  if (bytes.subarray(8, 18).every((byte) => byte === 0) && view.getUint16(18) === 0xffff)
    return { host: bytes.subarray(20, 24).join("."), port };
  const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(8 + 2 * index).toString(16));
  return { host: plainHost(groups.join(":")), port };
}

/**
 * A connection of this process, written to beside its owner. It has a descriptor of its own, so that it stays this
 * connection whatever its owner does; it has to be closed.
 */
export class ClientSocket {
  readonly #calls: Calls;
  readonly #descriptor: number;
  #isOpen = true;

  private constructor(functionsOfC: Calls, descriptor: number) {
    this.#calls = functionsOfC;
    this.#descriptor = descriptor;
  }

  /**
   * The connection between a peer and a port of ours; `undefined` where it can't be found. A peer may come from the same
   * port to two of our addresses: then nobody can tell which of the two is meant, and none is taken.
   */
  static find(peer: Address, localPort: number): ClientSocket | undefined {
    const found = calls();
    if (!found) return undefined;
    const host = plainHost(peer.host);
    const isMeant = (descriptor: number): boolean => {
      const other = addressBy(found.getpeername, descriptor);
      if (other?.port !== peer.port || other.host !== host) return false;
      return addressBy(found.getsockname, descriptor)?.port === localPort;
    };
    const [descriptor, another] = readdirSync("/proc/self/fd").map(Number).filter(isMeant);
    if (descriptor === undefined || another !== undefined) return undefined;
    const own = found.fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    return own < 0 ? undefined : new ClientSocket(found, own);
  }

  /** Hands bytes to the kernel, as many as it takes now; -1 when nobody is there any more. */
  send(bytes: Uint8Array): number {
    if (!this.#isOpen) return -1;
    if (bytes.length === 0) return 0;
    const sent = Number(
      this.#calls.send(this.#descriptor, ptr(bytes), bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL),
    );
    if (sent >= 0) return sent;
    return this.#isBroken() ? -1 : 0;
  }

  #isBroken(): boolean {
    const entry = new DataView(new ArrayBuffer(8));
    entry.setInt32(0, this.#descriptor, true);
    entry.setInt16(4, POLLOUT, true);
    const ready = this.#calls.poll(ptr(new Uint8Array(entry.buffer)), 1, 0);
    return ready < 0 || (entry.getInt16(6, true) & POLLERR_OR_POLLHUP) !== 0;
  }

  /** Says that nothing more is sent; the connection stays until the other side ends it, or `end` does. */
  finish(): void {
    if (this.#isOpen) this.#calls.shutdown(this.#descriptor, SHUT_WR);
  }

  /** Ends the connection: what was sent still arrives, and its owner learns that it is over. */
  end(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#calls.shutdown(this.#descriptor, SHUT_RDWR);
    this.#calls.close(this.#descriptor);
  }
}
