import { describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { readForm } from "../../../src/access/form.ts";
import { errorText, NightjarError } from "../../../src/platform/errors.ts";

/** What came of reading the form of a request, which is sent byte by byte over a real connection. */
async function outcomeOf(
  send: (write: (text: string) => void, hangUp: () => void) => void,
  patienceMs?: number,
): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      try {
        resolve((await readForm(request, patienceMs)).toString());
      } catch (error) {
        resolve(error instanceof NightjarError ? `${error.kind}: ${errorText(error)}` : "another error");
      }
      return new Response();
    },
  });
  const socket = connect(server.port ?? 0, "127.0.0.1");
  socket.on("error", () => {});
  try {
    send(
      (text) => void socket.write(text),
      () => void socket.end(),
    );
    return await promise;
  } finally {
    socket.destroy();
    await server.stop(true);
  }
}

const head = (length: number, type = "application/x-www-form-urlencoded") =>
  `POST / HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n`;

describe("a form", () => {
  test("is read whole, however it comes", async () => {
    expect(await outcomeOf((write) => write(`${head(7)}a=1&b=%`))).toBe("a=1&b=%25");
    const inPieces = (write: (text: string) => void) => {
      write(head(4));
      setTimeout(() => write("a="), 20);
      setTimeout(() => write("12"), 40);
    };
    expect(await outcomeOf(inPieces)).toBe("a=12");
    expect(await outcomeOf((write) => write(head(0)))).toBe("");
  });

  test("that breaks off, stops halfway or is no form is the sender's mistake", async () => {
    const halfway = (write: (text: string) => void) => write(`${head(100)}a=1`);
    expect(await outcomeOf(halfway, 100)).toBe("bad-request: The form did not come whole within 0.1 s");
    const cutOff = (write: (text: string) => void, hangUp: () => void) => {
      halfway(write);
      setTimeout(hangUp, 50);
    };
    expect(await outcomeOf(cutOff)).toBe("bad-request: The form broke off");
    const long = (write: (text: string) => void) => write(head(70_000) + "a".repeat(70_000));
    expect(await outcomeOf(long)).toBe("bad-request: The form has more than 65536 bytes");
    expect(await outcomeOf((write) => write(`${head(2, "text/json")}{}`))).toStartWith(
      'bad-request: The content type is "text/json"; wanted: ',
    );
  });
});
