import { networkInterfaces } from "node:os";
import type { AnyElysia } from "elysia";
import { withBodyLimit } from "./access/body-limit.ts";
import { setPeer } from "./access/peer.ts";
import type { ListenAddress } from "./config/config.ts";
import { listenText } from "./config/listen-address.ts";
import { NightjarError, errorText, systemErrorCode } from "./platform/errors.ts";
import { logOf } from "./platform/log.ts";
import { withLength } from "./platform/send-long.ts";
import { hangUp, isUnanswered } from "./platform/unanswered.ts";
import { isUpload } from "./uploads/routes.ts";

const log = logOf("http");

export type Listening = {
  /** Where it really listens, in the order asked for. */
  addresses: readonly ListenAddress[];
  /** Takes no new connections; ends when the open answers are done, or at once with `isForced`. */
  stop(isForced?: boolean): Promise<void>;
};

/** A slow player may pause so long within an answer. */
const IDLE_SECONDS = 60;

/** The most that is read of a body but for uploads, which go to the disk a piece at a time. */
const MOST_BODY_BYTES = 1024 * 1024;
/** For uploads the disk is the limit: Bun hands bodies on as they are read, and reads no further ahead. */
const MOST_UPLOAD_BYTES = 2 ** 50;

/** Elysia looks for the path from this place of the URL on, and misses it behind host names such as `pi` and `nas`. */
const PATH_FROM = "http://abcd".length;

/**
 * The request with a URL that Elysia can read. Bun makes the URL of the Host header without looking at it, and of the
 * path alone when that header holds no host or, in HTTP/1.0, is absent. `undefined` when it names no host.
 */
function withPlainUrl(request: Request): Request | undefined {
  const { url } = request;
  if (URL.canParse(url)) {
    const slash = url.indexOf("/", "http://".length);
    return slash >= PATH_FROM ? request : new Request(`http://localhost${url.slice(slash)}`, request);
  }
  if (request.headers.get("host") !== null || !url.startsWith("/")) return undefined;
  return new Request(`http://localhost${url}`, request);
}

const noHost = (): Response =>
  new Response("The Host header is not HOST or HOST:PORT\n", {
    status: 400,
    headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
  });

function refusal(address: ListenAddress, error: unknown): NightjarError {
  const wanted: Record<string, string> = {
    EADDRINUSE:
      "it is in use by another program, perhaps another Nightjar; stop that one or set another port",
    EACCES: "this user may not use it; ports below 1024 need the right to",
    EADDRNOTAVAIL: "this machine has no such address",
    ENOTFOUND: "this name is not known",
  };
  const reason = wanted[systemErrorCode(error) ?? ""] ?? errorText(error);
  return new NightjarError("config", `listen: ${listenText(address)} can't be listened on: ${reason}`, {
    cause: error,
  });
}

const EVERY_ADDRESS = "::";
const EVERY_IPV4_ADDRESS = "0.0.0.0";
const MOST_SHOWN = 8;

/** Addresses, as a person types them, of what is listened on: for every address of the machine, those that it has. */
export function openAddresses(addresses: readonly ListenAddress[]): string[] {
  return addresses.flatMap(({ host, port }) => {
    if (host !== EVERY_ADDRESS && host !== EVERY_IPV4_ADDRESS) return [listenText({ host, port })];
    const own = Object.values(networkInterfaces())
      .flatMap((each) => each ?? [])
      .filter(({ family, internal }) => family === "IPv4" && !internal)
      .map(({ address }) => address);
    return ["localhost", ...own.slice(0, MOST_SHOWN)].map((name) => listenText({ host: name, port }));
  });
}

function serveOn(app: AnyElysia, { host, port }: ListenAddress): Bun.Server<undefined> {
  return Bun.serve({
    hostname: host,
    port,
    // Shared ports would let a second Nightjar take half of the requests, unnoticed.
    reusePort: false,
    idleTimeout: IDLE_SECONDS,
    development: false,
    maxRequestBodySize: MOST_UPLOAD_BYTES,
    async fetch(request, server) {
      const plain = withPlainUrl(request);
      if (plain === undefined) return noHost();
      const taken = isUpload(plain) ? plain : withBodyLimit(plain, MOST_BODY_BYTES);
      if (taken instanceof Response) return taken;
      setPeer(taken, () => server.requestIP(request)?.address);
      const response = await app.handle(taken);
      if (isUnanswered(response)) return hangUp(server, request);
      return withLength(server, request, response);
    },
    error(error) {
      log.error("a request failed: {error}", { error: error.stack ?? errorText(error) });
      return new Response("Something went wrong here; the log says what\n", { status: 500 });
    },
  });
}

/** What a kernel without IPv6 answers. */
const isWithoutIpv6 = (error: unknown): boolean =>
  ["EAFNOSUPPORT", "EADDRNOTAVAIL"].includes(systemErrorCode(error) ?? "");

/**
 * Serves the app on every address, or on none: throws `config` naming the one that can't be had. Port 0 takes any
 * free one. `::` takes IPv4, too, and IPv4 alone where there is no IPv6.
 */
export async function listen(app: AnyElysia, addresses: readonly ListenAddress[]): Promise<Listening> {
  await app.modules;
  const servers: { server: Bun.Server<undefined>; host: string }[] = [];
  const stop = (isForced: boolean) => Promise.all(servers.map(({ server }) => server.stop(isForced)));
  for (const address of addresses) {
    try {
      servers.push({ server: serveOn(app, address), host: address.host });
    } catch (error) {
      try {
        if (address.host !== EVERY_ADDRESS || !isWithoutIpv6(error)) throw error;
        servers.push({
          server: serveOn(app, { ...address, host: EVERY_IPV4_ADDRESS }),
          host: EVERY_IPV4_ADDRESS,
        });
      } catch (last) {
        await stop(true);
        throw refusal(address, last);
      }
    }
  }
  return {
    addresses: servers.map(({ server, host }) => ({ host, port: server.port ?? 0 })),
    async stop(isForced = false) {
      await stop(isForced);
    },
  };
}
