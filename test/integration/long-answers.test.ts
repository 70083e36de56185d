import { expect, test } from "bun:test";
import { LongBody, longResponse } from "../../src/platform/long-body.ts";
import { withLength } from "../../src/platform/send-long.ts";
import { finished } from "../support/processes.ts";

const CHUNKS = 40;
const CHUNK_BYTES = 64 * 1024;
const LONG_BYTES = CHUNKS * CHUNK_BYTES;

/** Serves "short" everywhere but at `/long`, on every IPv4 address of this machine. */
function serve(): Bun.Server<undefined> {
  return Bun.serve({
    hostname: "0.0.0.0",
    port: 0,
    reusePort: false,
    async fetch(request, server) {
      if (new URL(request.url).pathname !== "/long") return new Response("short");
      async function* chunks() {
        for (let left = CHUNKS; left > 0; left--) {
          yield new Uint8Array(CHUNK_BYTES).fill(0x61);
          await Bun.sleep(0);
        }
      }
      const body = await LongBody.start(LONG_BYTES, chunks());
      const response = longResponse(body, { status: 200, headers: new Headers() });
      return withLength(server, request, response);
    },
  });
}

/** Node's sockets can't share a port of theirs, Python's can. Prints bytes of the body and seconds until the end. */
const client = (script: string) => `
import socket, sys, time
port = int(sys.argv[1])
def connect(to, source=None):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if source: s.bind(source)
    s.connect((to, port))
    return s
def ask(s, path, version="1.1", more=""):
    s.sendall(f"GET {path} HTTP/{version}\\r\\nHost: localhost\\r\\n{more}\\r\\n".encode())
def rest(s, seconds):
    s.settimeout(seconds)
    got = b""
    try:
        while piece := s.recv(65536): got += piece
    except TimeoutError: pass
    return got
${script}`;

async function run(script: string): Promise<string> {
  const server = serve();
  try {
    const argv = ["/usr/bin/python3", "-c", client(script), String(server.port)];
    const { stdout, stderr } = await finished(argv, { timeoutMs: 20_000 });
    expect(stderr).toBe("");
    return stdout;
  } finally {
    await server.stop(true);
  }
}

test("a client that comes from one port to two addresses gets a long body where it asked for it", async () => {
  const out = await run(`
first = connect("127.0.0.1", ("127.0.0.1", 0))
source = first.getsockname()
ask(first, "/")
first.recv(65536)
second = connect("127.0.0.2", source)
ask(second, "/long", more="Connection: close\\r\\n")
print(rest(first, 0.5).count(b"a"), rest(second, 5).split(b"\\r\\n\\r\\n", 1)[1].count(b"a"))`);
  expect(out.trim()).toBe(`0 ${LONG_BYTES}`);
});

test("a client that waits for the end of the connection learns of it at once", async () => {
  const out = await run(`
client = connect("127.0.0.1")
ask(client, "/long", version="1.0")
begin = time.monotonic()
print(len(rest(client, 10).split(b"\\r\\n\\r\\n", 1)[1]), time.monotonic() - begin < 3)`);
  expect(out.trim()).toBe(`${LONG_BYTES} True`);
});
