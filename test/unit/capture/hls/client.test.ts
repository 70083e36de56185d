import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { FetchFailure } from "../../../../src/capture/hls/fetch-failure.ts";
import { HlsClient, type Network } from "../../../../src/capture/hls/http-client.ts";
import { CookieJar } from "../../../../src/capture/hls/cookie-jar.ts";
import { isPrivateAddress } from "../../../../src/capture/hls/private-address.ts";
import { endless, HlsOrigin, never } from "../../../support/hls-origin.ts";

const LIMITS = { maxBytes: 1_000_000, headMs: 300, idleMs: 300, totalMs: 2000 };
/** Stands for the internet: all else is private. */
const PUBLIC = "127.0.0.2";

const network: Network = {
  resolve: (host) => {
    const found: Record<string, string[]> = {
      "public.test": [PUBLIC],
      "other.test": [PUBLIC],
      "both.test": ["127.0.0.1", PUBLIC],
      "inside.test": ["127.0.0.1"],
    };
    const addresses = found[host];
    if (addresses) return Promise.resolve(addresses);
    return Promise.reject(Object.assign(new Error("unknown"), { code: "ENOTFOUND" }));
  },
  isPrivate: (address) => address !== PUBLIC,
};

type Made = { allowPrivate?: boolean; headers?: Record<string, string>; network?: Network };

const clientFor = (address: string, made: Made = {}): HlsClient =>
  new HlsClient({
    address,
    headers: new Map(Object.entries(made.headers ?? {})),
    allowPrivate: made.allowPrivate ?? false,
    nowMs: Date.now,
    network: made.network ?? network,
  });

async function got(client: HlsClient, address: string, limits = LIMITS): Promise<string> {
  const { bytes } = await client.get(address, { limits, signal: new AbortController().signal });
  return new TextDecoder().decode(bytes);
}

/** The words of a failure, which must be one. */
async function failure(asked: Promise<unknown>): Promise<FetchFailure> {
  try {
    await asked;
  } catch (error) {
    if (error instanceof FetchFailure) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

describe("fetching for a source", () => {
  let open: HlsOrigin;
  let inside: HlsOrigin;
  let at: (path: string) => string;

  beforeAll(() => {
    open = HlsOrigin.start(PUBLIC);
    inside = HlsOrigin.start();
    at = (path) => `http://public.test:${open.port}${path}`;
    const text = "#EXTM3U\n".repeat(50_000);
    open.on("/plain", () => new Response("plain"));
    open.on("/gzip", () => new Response(Bun.gzipSync(text), { headers: { "content-encoding": "gzip" } }));
    const bomb = Bun.gzipSync(new Uint8Array(200_000_000));
    open.on("/bomb", () => new Response(bomb, { headers: { "content-encoding": "gzip" } }));
    open.on("/endless", () => endless());
    open.on("/never", never);
    open.on("/drip", () => new Response(new ReadableStream({ start: (c) => c.enqueue(new Uint8Array(3)) })));
    open.on("/status/", (_, url) => new Response("", { status: Number(url.pathname.slice(8)) }));
    open.on("/to", (_, url) => Response.redirect(url.searchParams.get("u") ?? "", 302));
    open.on("/loop", () => Response.redirect("/loop", 302));
    open.on("/file", () => new Response("", { status: 302, headers: { location: "file:///etc/passwd" } }));
    open.on("/whole", () => new Response("0123456789"));
    open.on("/cookie", () => {
      const headers = new Headers({ location: "/echo" });
      headers.append("set-cookie", "a=1; Path=/");
      headers.append("set-cookie", "b=2; Path=/elsewhere");
      return new Response("", { status: 302, headers });
    });
    const echo = (request: Request) => Response.json(Object.fromEntries(request.headers));
    open.on("/echo", echo);
    inside.on("/echo", echo);
  });
  afterAll(async () => {
    await open.close();
    await inside.close();
  });

  test("text, also compressed", async () => {
    const client = clientFor(at("/plain"));
    expect(await got(client, at("/plain"))).toBe("plain");
    expect(await got(client, at("/gzip"))).toHaveLength(400_000);
    client.close();
  });

  test.each([
    { path: "/bomb", words: "larger than 1 MB" },
    { path: "/endless", words: "larger than 1 MB" },
    { path: "/never", words: "did not answer in time" },
    { path: "/drip", words: "stopped sending" },
    { path: "/loop", words: "redirected more than 10 times" },
    { path: "/file", words: "leads to a file: address" },
    { path: "/status/404", words: "answered 404" },
    { path: "/status/503", words: "answered 503" },
  ])("$path fails at once: $words", async ({ path, words }) => {
    const client = clientFor(at("/plain"));
    const before = process.memoryUsage.rss();
    const started = performance.now();
    const { message } = await failure(got(client, at(path)));
    expect(message).toContain(words);
    expect(performance.now() - started).toBeLessThan(1500);
    expect(process.memoryUsage.rss() - before).toBeLessThan(400_000_000);
    client.close();
  });

  test.each([
    { head: "Content-Length: 10000000000", words: "larger than 1 MB" },
    { head: "Content-Length: 100", words: "broke the connection off" },
    { head: "Transfer-Encoding: chunked", words: "broke the connection off" },
    { head: "Content-Encoding: br", words: "an encoding that was not asked for" },
  ])("a body that is not whole or not wanted, by $head", async ({ head, words }) => {
    using server = Bun.listen({
      hostname: PUBLIC,
      port: 0,
      socket: {
        data: (socket) => {
          socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n3\r\nabc\r\n`);
          setTimeout(() => socket.end(), 50);
        },
      },
    });
    const client = clientFor(at("/plain"));
    expect((await failure(got(client, `http://public.test:${server.port}/`))).message).toContain(words);
  });

  test("a slow body is given up in the end", async () => {
    open.on("/slow", () => {
      const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
        await Bun.sleep(50);
        controller.enqueue(new Uint8Array(1));
      };
      return new Response(new ReadableStream({ pull }));
    });
    const limits = { ...LIMITS, totalMs: 500 };
    const client = clientFor(at("/plain"));
    expect((await failure(got(client, at("/slow"), limits))).message).toContain("too slowly");
  });

  test("private addresses: not from a public source, by address, name, or redirect", async () => {
    const client = clientFor(at("/plain"));
    expect(await got(client, at("/plain"))).toBe("plain");
    for (const address of [
      `${inside.url}/echo`,
      `http://inside.test:${inside.port}/echo`,
      at(`/to?u=${encodeURIComponent(`${inside.url}/echo`)}`),
      at(`/to?u=${encodeURIComponent(`http://inside.test:${inside.port}/echo`)}`),
      at(`/to?u=${encodeURIComponent(`http://2130706433:${inside.port}/echo`)}`),
      `http://[::1]:${inside.port}/echo`,
    ]) {
      const { kind, message } = await failure(got(client, address));
      expect({ address, kind }).toEqual({ address, kind: "blocked" });
      expect(message).toContain("allow_private");
    }
    expect(inside.asked).toEqual([]);
    client.close();
  });

  test("a name with both kinds of addresses leads to its public one", async () => {
    const client = clientFor(at("/plain"));
    expect(await got(client, `http://both.test:${open.port}/plain`)).toBe("plain");
  });

  test("a public name that is said to be a private one later stays refused", async () => {
    let address = PUBLIC;
    const changing = { ...network, resolve: () => Promise.resolve([address]) };
    const client = clientFor(at("/plain"), { network: changing });
    expect(await got(client, at("/plain"))).toBe("plain");
    client.close();
    address = "127.0.0.1";
    expect((await failure(got(client, `http://public.test:${inside.port}/echo`))).kind).toBe("blocked");
  });

  test("they are fine for a source that is private itself, and where it is allowed", async () => {
    const own = clientFor(`${inside.url}/echo`);
    expect(await got(own, `${inside.url}/echo`)).toContain("user-agent");
    expect(await got(own, `http://inside.test:${inside.port}/echo`)).toContain("user-agent");
    const allowed = clientFor(at("/plain"), { allowPrivate: true });
    await got(allowed, at("/plain"));
    expect(await got(allowed, `${inside.url}/echo`)).toContain("user-agent");
  });

  test("user name, password and headers go to the source's own origin alone", async () => {
    const address = `http://me:p%40ss@public.test:${open.port}/plain`;
    const client = clientFor(address, { headers: { "X-Token": "secret" } });
    await got(client, address);
    const own = JSON.parse(await got(client, at("/echo"))) as Record<string, string>;
    expect(own["authorization"]).toBe(`Basic ${btoa("me:p@ss")}`);
    expect(own["x-token"]).toBe("secret");
    const other = encodeURIComponent(`http://other.test:${open.port}/echo`);
    const crossed = await got(client, at(`/to?u=${other}`));
    expect(crossed).not.toContain(btoa("me:p@ss"));
    expect(crossed).not.toContain("secret");
  });

  test("cookies come back where they belong, also over redirects", async () => {
    const client = clientFor(at("/plain"));
    await got(client, at("/plain"));
    const headers = JSON.parse(await got(client, at("/cookie"))) as Record<string, string>;
    expect(headers["cookie"]).toBe("a=1");
    const other = JSON.parse(await got(client, `http://other.test:${open.port}/echo`)) as Record<
      string,
      string
    >;
    expect(other["cookie"]).toBeUndefined();
  });

  test("a range, also of a server that knows none", async () => {
    const client = clientFor(at("/plain"));
    const options = { limits: LIMITS, signal: new AbortController().signal };
    const part = (offsetBytes: number, lengthBytes: number) =>
      client.get(at("/whole"), { ...options, range: { offsetBytes, lengthBytes } });
    expect(new TextDecoder().decode((await part(3, 4)).bytes)).toBe("3456");
    expect((await failure(part(8, 5))).message).toContain("2 bytes of a range of 5");
  });

  test("names that nobody knows, and ports where nobody listens", async () => {
    const client = clientFor(at("/plain"));
    expect((await failure(got(client, "http://unknown.test/"))).message).toBe(
      "the name unknown.test is not known",
    );
    const free = HlsOrigin.start(PUBLIC);
    await free.close();
    expect((await failure(got(client, `http://${PUBLIC}:${free.port}/`))).message).toContain("refused");
  });
});

test.each([
  ["127.0.0.1", true],
  ["10.1.2.3", true],
  ["172.31.0.1", true],
  ["172.32.0.1", false],
  ["192.168.1.1", true],
  ["169.254.169.254", true],
  ["100.64.0.1", true],
  ["8.8.8.8", false],
  ["::1", true],
  ["fe80::1%eth0", true],
  ["fd00::1", true],
  ["::ffff:127.0.0.1", true],
  ["::ffff:8.8.8.8", false],
  ["64:ff9b::7f00:1", true],
  ["2002:7f00:1::", true],
  ["2606:4700::1111", false],
  ["nonsense", true],
])("%s is private: %p", (address, isPrivate) => {
  expect(isPrivateAddress(address)).toBe(isPrivate);
});

describe("a jar of cookies", () => {
  const url = new URL("https://live.example.test/a/b/list.m3u8");
  const cases: { name: string; set: string; at: string; sent: string | undefined }[] = [
    { name: "its own host and folder", set: "a=1", at: "https://live.example.test/a/b/s.ts", sent: "a=1" },
    { name: "not another folder", set: "a=1", at: "https://live.example.test/c/s.ts", sent: undefined },
    { name: "not a host below", set: "a=1; Path=/", at: "https://x.live.example.test/", sent: undefined },
    {
      name: "a domain",
      set: "a=1; Path=/; Domain=.example.test",
      at: "https://cdn.example.test/",
      sent: "a=1",
    },
    {
      name: "not a foreign domain",
      set: "a=1; Path=/; Domain=other.test",
      at: "https://other.test/",
      sent: undefined,
    },
    {
      name: "not a whole ending",
      set: "a=1; Path=/; Domain=test",
      at: "https://other.test/",
      sent: undefined,
    },
    {
      name: "a secure one not in clear",
      set: "a=1; Path=/; Secure",
      at: "http://live.example.test/",
      sent: undefined,
    },
    { name: "not when it is over", set: "a=1; Path=/; Max-Age=0", at: url.href, sent: undefined },
    {
      name: "not when it is long over",
      set: "a=1; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
      at: url.href,
      sent: undefined,
    },
    {
      name: "no path within a name",
      set: "a=1; Path=/a/b",
      at: "https://live.example.test/a/bc",
      sent: undefined,
    },
    { name: "nothing that breaks a line", set: "a=1\r\nX: y", at: url.href, sent: undefined },
  ];
  test.each(cases)("$name", ({ set, at, sent }) => {
    const jar = new CookieJar(Date.now);
    jar.take(url, [set]);
    expect(jar.header(new URL(at))).toBe(sent);
  });
});
