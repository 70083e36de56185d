import { describe, expect, test } from "bun:test";
import { Exchanger, type ExchangeOptions } from "../../../../src/capture/hls/exchange.ts";
import { FetchFailure } from "../../../../src/capture/hls/fetch-failure.ts";
import { answerText, RawHttp } from "../../../support/raw-http.ts";
import { waitFor } from "../../../support/wait.ts";

const LIMITS = { maxBytes: 1_000_000, headMs: 500, idleMs: 500, totalMs: 2000 };

type Asking = { addresses?: readonly string[]; path?: string } & Partial<ExchangeOptions>;

/** Asks a server under the name `host.test`. */
class Asker implements Disposable {
  addresses: readonly string[] = ["127.0.0.1"];
  readonly #exchanger = new Exchanger(() => Promise.resolve(this.addresses));

  constructor(private readonly port: number) {}

  async ask({ path = "/", ...options }: Asking = {}): Promise<string> {
    const signal = new AbortController().signal;
    const url = new URL(`http://host.test:${this.port}${path}`);
    const { bytes } = await this.#exchanger.ask(url, { headers: {}, limits: LIMITS, signal, ...options });
    return new TextDecoder().decode(bytes);
  }

  /** The failure of a request, which must be one. */
  async failure(asking: Asking = {}): Promise<FetchFailure> {
    const outcome = await this.ask(asking).catch((error: unknown) => error);
    if (outcome instanceof FetchFailure) return outcome;
    throw new Error(`no failure: ${String(outcome)}`);
  }

  [Symbol.dispose](): void {
    this.#exchanger.close();
  }
}

describe("requests in clear", () => {
  test("say what they have to, and nothing that was not meant", async () => {
    using server = new RawHttp((socket) => socket.write(answerText("yes")));
    using asker = new Asker(server.port);
    await asker.ask({ path: "/a%20b?c=d", headers: { "x-a": "1" } });
    const [request = ""] = server.requests;
    expect(request.split("\r\n")).toEqual([
      "GET /a%20b?c=d HTTP/1.1",
      `host: host.test:${server.port}`,
      "x-a: 1",
      "accept-encoding: gzip, deflate",
      "",
      "",
    ]);
    // U+010A has the byte of a line feed at its end.
    for (const headers of [{ "x-a": "1\r\nx-b: 2" }, { "x-a": "\u010a" }, { "x a": "1" }, { "": "1" }]) {
      expect((await asker.failure({ headers })).message).toContain("can't be sent as it is");
    }
    expect(server.requests).toHaveLength(1);
  });

  test("follow one another over one connection", async () => {
    using server = new RawHttp((socket, count) => socket.write(answerText(`${count}`)));
    using asker = new Asker(server.port);
    expect([await asker.ask(), await asker.ask(), await asker.ask()]).toEqual(["1", "2", "3"]);
    expect(server.opened).toBe(1);
  });

  test("at most 8 at a time to one host, of which 2 stay", async () => {
    using server = new RawHttp((socket) => setTimeout(() => socket.write(answerText("x")), 50));
    using asker = new Asker(server.port);
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, server.open.size)), 5);
    await Promise.all(Array.from({ length: 40 }, () => asker.ask()));
    clearInterval(watch);
    expect(most).toBe(8);
    expect(server.opened).toBeLessThan(40);
    await waitFor("two connections", () => server.open.size === 2);
  });

  test("that wait for a connection are given up without one", async () => {
    using server = new RawHttp(() => {});
    using asker = new Asker(server.port);
    const limits = { ...LIMITS, headMs: 5000 };
    const stop = new AbortController();
    const held = Array.from({ length: 8 }, () => asker.failure({ limits, signal: stop.signal }));
    const ninth = asker.failure({ limits: { ...LIMITS, headMs: 100 } });
    expect((await ninth).kind).toBe("timeout");
    stop.abort();
    expect((await Promise.all(held)).map(({ kind }) => kind)).toEqual(Array(8).fill("cancelled"));
    await waitFor("no connection", () => server.open.size === 0);
    expect(server.opened).toBe(8);
  });

  test("over a kept connection that is closed just then: a failure that says so, and the next one is new", async () => {
    using server = new RawHttp((socket, count) => {
      if (count === 1) socket.write(answerText("x"));
      else socket.terminate();
    });
    using asker = new Asker(server.port);
    await Promise.all([asker.ask(), asker.ask()]);
    expect(await asker.failure()).toMatchObject({ kind: "offline", message: "it broke the connection off" });
    expect(await asker.ask()).toBe("x");
  });

  test("not over a connection that was closed, or over which more came than was asked for", async () => {
    using server = new RawHttp((socket) => {
      socket.write(answerText("x"));
      if (server.opened === 1) setTimeout(() => socket.write(answerText("evil")), 20);
      else if (server.opened === 2) socket.end();
    });
    using asker = new Asker(server.port);
    for (let count = 1; count <= 3; count++) {
      expect(await asker.ask()).toBe("x");
      await Bun.sleep(60);
      expect(server.opened).toBe(count);
    }
    expect(await asker.ask()).toBe("x");
    expect(server.opened).toBe(3);
  });

  test.each([
    {
      name: "a redirect with a body",
      answer: "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 9\r\n\r\n",
    },
    { name: "an answer without a length", answer: "HTTP/1.1 200 OK\r\n\r\n", isEnded: true },
    { name: "HTTP/1.0", answer: "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n" },
  ])("leave no connection open after $name", async ({ answer, isEnded = false }) => {
    using server = new RawHttp((socket) => {
      socket.write(answer);
      if (isEnded) socket.end();
    });
    using asker = new Asker(server.port);
    await asker.ask();
    await waitFor("no connection", () => server.open.size === 0);
  });

  test.each([
    { name: "silence", answer: "", words: "it did not answer in time" },
    { name: "half a head", answer: "HTTP/1.1 200 OK\r\nX: ", words: "it did not answer in time" },
    {
      name: "half a body",
      answer: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab",
      words: "it stopped sending",
    },
    {
      name: "a claim",
      answer: "HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n",
      words: "it stopped sending",
    },
    { name: "nonsense", answer: "nonsense\r\n\r\n", words: "its answer could not be understood" },
    {
      name: "too much",
      answer: "HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n",
      words: "larger than 1 MB",
    },
  ])("fail in words and leave nothing open: $name", async ({ answer, words }) => {
    using server = new RawHttp((socket) => socket.write(answer));
    using asker = new Asker(server.port);
    const started = performance.now();
    expect((await asker.failure()).message).toContain(words);
    expect(performance.now() - started).toBeLessThan(1500);
    await waitFor("no connection", () => server.open.size === 0);
  });

  test.each([
    { name: "a head", front: "HTTP/1.1 200 OK\r\n", piece: `X: ${"a".repeat(9000)}\r\n` },
    { name: "a body", front: "HTTP/1.1 200 OK\r\n\r\n", piece: "a".repeat(60_000) },
    {
      name: "chunks of a byte",
      front: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
      piece: "1\r\na\r\n".repeat(10_000),
    },
    {
      name: "fields behind chunks",
      front: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
      piece: `X: ${"a".repeat(900)}\r\n`.repeat(10),
    },
  ])("an endless answer takes no memory: $name", async ({ front, piece }) => {
    const bytes = Buffer.from(piece);
    using server = new RawHttp((socket) => {
      socket.write(front);
      const timer = setInterval(() => {
        if (socket.readyState !== 1) return clearInterval(timer);
        while (socket.write(bytes) === bytes.length);
      }, 1);
    });
    using asker = new Asker(server.port);
    Bun.gc(true);
    const beforeBytes = process.memoryUsage.rss();
    expect((await asker.failure()).kind).toBeOneOf(["broken", "timeout"]);
    // What is not held any more is not meant; this process sends as well.
    Bun.gc(true);
    expect(process.memoryUsage.rss() - beforeBytes).toBeLessThan(100_000_000);
    await waitFor("no connection", () => server.open.size === 0);
  });

  test("are cut off in the middle when they are given up", async () => {
    using server = new RawHttp((socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"));
    using asker = new Asker(server.port);
    const stop = new AbortController();
    const onBytes = () => stop.abort();
    expect((await asker.failure({ signal: stop.signal, onBytes })).kind).toBe("cancelled");
    expect((await asker.failure({ signal: stop.signal })).kind).toBe("cancelled");
    await waitFor("no connection", () => server.open.size === 0);
  });

  test("go to the next address of a host where one can't be had", async () => {
    using server = new RawHttp((socket) => socket.write(answerText("x")), "127.0.0.2");
    using asker = new Asker(server.port);
    asker.addresses = ["127.0.0.3", "127.0.0.2"];
    expect(await asker.ask()).toBe("x");
    asker.addresses = ["127.0.0.3"];
    using other = new Asker(server.port);
    other.addresses = ["127.0.0.3", "127.0.0.4"];
    expect(await other.failure()).toMatchObject({ kind: "offline", message: "the connection was refused" });
  });

  test("also by IPv6", async () => {
    using server = new RawHttp((socket) => socket.write(answerText("x")), "::1");
    using asker = new Asker(server.port);
    asker.addresses = ["::1"];
    expect(await asker.ask()).toBe("x");
  });

  test("large answers in many pieces are whole, also many at a time", async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(60_000));
    const large = Buffer.concat(Array.from({ length: 50 }, () => bytes));
    using origin = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response(large) });
    using asker = new Asker(origin.port ?? 0);
    const limits = { maxBytes: 4_000_000, headMs: 5000, idleMs: 5000, totalMs: 5000 };
    const texts = await Promise.all(Array.from({ length: 12 }, () => asker.ask({ limits })));
    const expected = new TextDecoder().decode(large);
    expect(texts.every((text) => text === expected)).toBe(true);
  });

  test("no proxy of the environment is asked", async () => {
    using proxy = new RawHttp((socket) => socket.write(answerText("proxy")));
    using server = new RawHttp((socket) => socket.write(answerText("direct")));
    const address = `http://127.0.0.1:${proxy.port}`;
    const names = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"];
    const child = Bun.spawn(
      [process.execPath, `${import.meta.dir}/ask-once.ts`, `http://127.0.0.1:${server.port}/`],
      {
        env: { ...process.env, ...Object.fromEntries(names.map((name) => [name, address])), NO_PROXY: "" },
        stdout: "pipe",
      },
    );
    expect(await new Response(child.stdout).text()).toBe("direct");
    expect(proxy.opened).toBe(0);
  });
});
