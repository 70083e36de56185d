import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Fields } from "../../../../src/capture/hls/body.ts";
import { FetchFailure } from "../../../../src/capture/hls/fetch-failure.ts";
import { PlainAnswer } from "../../../../src/capture/hls/plain-answer.ts";

type Read = { status: number; fields: Fields; body: string; isOver: boolean; isKept: boolean };

/** Reads an answer that comes in pieces of these lengths, the last one again and again; `mostBytes` of its body are wanted. */
function read(text: string, cuts: readonly number[] = [], mostBytes = Number.POSITIVE_INFINITY): Read {
  const got: { status: number; fields: Fields; parts: Buffer[] } = { status: 0, fields: {}, parts: [] };
  let bodyBytes = 0;
  const answer = new PlainAnswer({
    head(status, fields) {
      Object.assign(got, { status, fields });
      return true;
    },
    data(bytes) {
      got.parts.push(Buffer.from(bytes));
      bodyBytes += bytes.length;
      return bodyBytes < mostBytes;
    },
  });
  const bytes = Buffer.from(text, "latin1");
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const length = cuts[Math.min(index, cuts.length - 1)] ?? bytes.length;
    const piece = Uint8Array.from(bytes.subarray(at, at + length));
    answer.push(piece);
    // It is the sender's again: what was not copied is gone.
    piece.fill(0x21);
    at += length;
  }
  const { isOver } = answer;
  if (!isOver) answer.end();
  const { status, fields } = got;
  return { status, fields, body: Buffer.concat(got.parts).toString("latin1"), isOver, isKept: answer.isKept };
}

const ok = (rest: string): string => `HTTP/1.1 200 OK\r\n${rest}`;

describe("an answer of HTTP/1", () => {
  test.each([
    { name: "a length", text: ok("Content-Length: 3\r\n\r\nabc"), body: "abc", isKept: true },
    { name: "no body", text: ok("Content-Length: 0\r\n\r\n"), body: "", isKept: true },
    { name: "none to 204", text: "HTTP/1.1 204 No Content\r\n\r\n", body: "", isKept: true },
    { name: "no reason", text: "HTTP/1.1 200\r\nContent-Length: 1\r\n\r\na", body: "a", isKept: true },
    {
      name: "chunks",
      text: ok("Transfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\nA;x=1\r\n0123456789\r\n0\r\n\r\n"),
      body: "abc0123456789",
      isKept: true,
    },
    {
      name: "fields behind chunks",
      text: ok("Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nContent-Length: 9\r\nX: y\r\n\r\n"),
      body: "a",
      isKept: true,
    },
    { name: "until the end", text: ok("\r\nabc"), body: "abc", isKept: false },
    {
      name: "to be closed",
      text: ok("Connection: x, Close\r\nContent-Length: 1\r\n\r\na"),
      body: "a",
      isKept: false,
    },
    { name: "HTTP/1.0", text: "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", body: "a", isKept: false },
    { name: "line feeds alone", text: "HTTP/1.1 200 OK\nContent-Length: 1\n\na", body: "a", isKept: true },
    {
      name: "others before it",
      text: `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: <a>\r\n\r\n${ok("Content-Length: 1\r\n\r\na")}`,
      body: "a",
      isKept: true,
    },
    { name: "more than was asked for", text: ok("Content-Length: 1\r\n\r\nab"), body: "a", isKept: false },
    {
      name: "another one behind it",
      text: ok(`Content-Length: 1\r\n\r\na${ok("\r\n")}`),
      body: "a",
      isKept: false,
    },
  ])("$name, however it is cut", ({ text, body, isKept }) => {
    expect(read(text)).toMatchObject({ body, isKept });
    const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(cuts, (lengths) => read(text, lengths).body === body),
      { numRuns: 50 },
    );
  });

  test("its fields: cookies one by one, lists joined, the first address, no spaces around", () => {
    const { status, fields } = read(
      "HTTP/1.1 302 Found\r\nSet-Cookie: a=1\r\nset-cookie:b=2 \r\nX-A:  1\r\nX-a:2\t\r\n" +
        "Location: /first\r\nLocation: /second\r\n__proto__: x\r\nContent-Length: 0\r\n\r\n",
    );
    expect(status).toBe(302);
    expect({ ...fields }).toMatchObject({ "set-cookie": ["a=1", "b=2"], "x-a": "1, 2", location: "/first" });
    expect(Object.getOwnPropertyNames(fields)).toContain("__proto__");
    expect(Object.prototype).not.toHaveProperty("x");
  });

  test("no more of it than is wanted", () => {
    const { body, isOver, isKept } = read(ok("Content-Length: 9\r\n\r\n123456789"), [22, 3], 4);
    expect(body.length).toBeLessThan(9);
    expect({ isOver, isKept }).toEqual({ isOver: true, isKept: false });
  });

  test.each([
    { name: "another protocol", text: "SSH-2.0-OpenSSH\r\n\r\n" },
    { name: "HTTP/2", text: "HTTP/2 200 OK\r\n\r\n" },
    { name: "no number", text: "HTTP/1.1 OK\r\n\r\n" },
    { name: "a folded line", text: ok("X: a\r\n b\r\n\r\n") },
    { name: "a space before the colon", text: ok("Content-Length : 1\r\n\r\na") },
    { name: "no name", text: ok(": 1\r\n\r\n") },
    { name: "no colon", text: ok("nonsense\r\n\r\n") },
    { name: "a lone carriage return", text: ok("X: a\rContent-Length: 1\r\n\r\n") },
    { name: "a zero byte", text: ok("X: a\0\r\n\r\n") },
    { name: "a length that is none", text: ok("Content-Length: 1x\r\n\r\na") },
    { name: "a negative length", text: ok("Content-Length: -1\r\n\r\na") },
    { name: "an endless length", text: ok(`Content-Length: ${"9".repeat(30)}\r\n\r\na`) },
    { name: "two lengths", text: ok("Content-Length: 1\r\nContent-Length: 2\r\n\r\nab") },
    {
      name: "a length and chunks",
      text: ok("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    },
    { name: "another coding", text: ok("Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n") },
    { name: "chunks without a length", text: ok("Transfer-Encoding: chunked\r\n\r\n\r\n") },
    { name: "a negative chunk", text: ok("Transfer-Encoding: chunked\r\n\r\n-1\r\n") },
    { name: "a chunk of 0x1", text: ok("Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n") },
    { name: "a huge chunk", text: ok("Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\na") },
    { name: "a chunk that is longer", text: ok("Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n") },
    {
      name: "an endless line before a chunk",
      text: ok(`Transfer-Encoding: chunked\r\n\r\n1;${"x".repeat(5000)}`),
    },
    {
      name: "endless fields behind chunks",
      text: ok(`Transfer-Encoding: chunked\r\n\r\n0\r\n${"X: aaaaaaaaaaaaaa\r\n".repeat(2000)}`),
    },
    { name: "endless fields", text: ok("X: aaaaaaaaaaaaaa\r\n".repeat(5000)) },
    { name: "an endless field", text: ok(`X: ${"a".repeat(100_000)}`) },
    { name: "endless answers to come", text: "HTTP/1.1 100 Continue\r\n\r\n".repeat(5000) },
  ])("$name is refused, however it is cut", ({ text }) => {
    for (const cuts of [[], [1], [3, 20, 7], [1000]]) {
      let failure: unknown;
      try {
        read(text, cuts);
      } catch (error) {
        failure = error;
      }
      expect(failure).toBeInstanceOf(FetchFailure);
      expect(failure).toMatchObject({ kind: "broken", message: "its answer could not be understood" });
    }
  });

  test.each([
    { name: "before its head", text: "HTTP/1.1 200 OK\r\nX: a" },
    { name: "in its body", text: ok("Content-Length: 3\r\n\r\nab") },
    { name: "in a chunk", text: ok("Transfer-Encoding: chunked\r\n\r\n3\r\nab") },
    { name: "before its last chunk", text: ok("Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n") },
    { name: "before the end of the fields behind it", text: ok("Transfer-Encoding: chunked\r\n\r\n0\r\n") },
  ])("cut off $name", ({ text }) => {
    expect(() => read(text)).toThrow("it broke the connection off");
    expect(() => read(text, [1])).toThrow("it broke the connection off");
  });

  test("nonsense is refused or read, and never hangs or breaks otherwise", () => {
    const piece = fc.constantFrom(
      ..."HTTP/1.1 200 OK|\r\n|\n|\r|Content-Length: 2|Transfer-Encoding: chunked|2|0|ab|: |;|\0|é".split(
        "|",
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.integer({ min: 1, max: 7 }), (pieces, cut) => {
        const outcome = (cuts: number[]): string => {
          try {
            const { status, body } = read(pieces.join(""), cuts);
            return `${status} ${body}`;
          } catch (error) {
            if (error instanceof FetchFailure) return error.message;
            throw error;
          }
        };
        expect(outcome([cut])).toBe(outcome([]));
      }),
      { numRuns: 3000 },
    );
  });
});
