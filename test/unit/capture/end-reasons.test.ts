import { describe, expect, test } from "bun:test";
import { endFromLines } from "../../../src/capture/ffmpeg/end-reasons.ts";
import { redactorFor } from "../../../src/capture/ffmpeg/redact.ts";
import type { EndReason } from "../../../src/media/reasons.ts";
import type { Retry } from "../../../src/capture/source.ts";

type Case = { name: string; lines: string[]; reason: EndReason; retry: Retry; detail: string };

/** Written by ffmpeg 5.1.9 when a server, or the lack of one, made it so. */
const cases: Case[] = [
  {
    name: "wrong password",
    lines: [
      "[rtsp @ 0x55bfc65d0680] [error] method DESCRIBE failed: 401 Unauthorized",
      "[concat @ 0x55bfc65bec00] [error] Impossible to open 'rtsp://127.0.0.1:18554/stream'",
      "[error] pipe:0: Server returned 401 Unauthorized (authorization failed)",
    ],
    reason: "source-auth",
    retry: "rarely",
    detail: "answered 401 Unauthorized",
  },
  {
    name: "unknown path",
    lines: [
      "[rtsp @ 0x55c4d26fd680] [error] method DESCRIBE failed: 404 Not Found",
      "[error] pipe:0: Server returned 404 Not Found",
    ],
    reason: "source-refused",
    retry: "later",
    detail: "answered 404 Not Found",
  },
  {
    name: "one client too many",
    lines: [
      "[rtsp @ 0x55d9617a4680] [error] method SETUP failed: 453 Not Enough Bandwidth",
      "[error] pipe:0: Server returned 4XX Client Error, but not one of 40{0,1,3,4}",
    ],
    reason: "source-refused",
    retry: "later",
    detail: "answered 453 Not Enough Bandwidth",
  },
  {
    name: "overloaded",
    lines: [
      "[rtsp @ 0x55e9d5d88680] [error] method DESCRIBE failed: 503 Service Unavailable",
      "[error] pipe:0: Server returned 5XX Server Error reply",
    ],
    reason: "source-refused",
    retry: "later",
    detail: "answered 503 Service Unavailable",
  },
  {
    name: "nobody listens",
    lines: [
      "[tcp @ 0x5606c13dec80] [error] Connection to tcp://127.0.0.1:18554?timeout=0 failed: Connection refused",
      "[error] pipe:0: Connection refused",
    ],
    reason: "source-offline",
    retry: "later",
    detail: "the connection was refused",
  },
  {
    name: "unknown host",
    lines: [
      "[tcp @ 0x55ba645d9200] [error] Failed to resolve hostname no-such-host.invalid: Name or service not known",
      "[error] pipe:0: Input/output error",
    ],
    reason: "source-offline",
    retry: "later",
    detail: "the name no-such-host.invalid is not known",
  },
  {
    name: "rtsps on a port without TLS",
    lines: [
      "[tls @ 0x55da3b793cc0] [error] An unexpected TLS packet was received.",
      "[error] pipe:0: Input/output error",
    ],
    reason: "source-refused",
    retry: "later",
    detail: "no TLS connection: An unexpected TLS packet was received.",
  },
  {
    name: "garbage and a closed connection",
    lines: ["[error] pipe:0: Invalid data found when processing input"],
    reason: "source-broken",
    retry: "later",
    detail: "what it sent could not be understood",
  },
  {
    name: "a protocol that is not allowed",
    lines: ["[gopher @ 0x55b9391daac0] [error] Protocol 'gopher' not on whitelist 'pipe,rtsp,tcp'!"],
    reason: "source-unsupported",
    retry: "rarely",
    detail: "the protocol gopher is not allowed",
  },
  {
    name: "a protocol that does not exist",
    lines: ["[error] pipe:0: Protocol not found"],
    reason: "source-unsupported",
    retry: "rarely",
    detail: "ffmpeg does not know this protocol",
  },
  {
    name: "a port that can't be",
    lines: ["[tcp @ 0x56462ef06f00] [error] Port missing in uri", "[error] pipe:0: Invalid argument"],
    reason: "source-unsupported",
    retry: "rarely",
    detail: "the URL's port can't be used",
  },
  {
    name: "sound only",
    lines: ["[fatal] Stream map '0:v:0' matches no streams."],
    reason: "source-unsupported",
    retry: "rarely",
    detail: "it sends no pictures",
  },
  {
    name: "an ffmpeg that does not know an option",
    lines: [
      "[error] Unrecognized option 'stats_period'.",
      "[fatal] Error splitting the argument list: Option not found",
    ],
    reason: "source-unsupported",
    retry: "rarely",
    detail: "this ffmpeg is too old; 5.0 or newer is needed",
  },
  {
    name: "an ffmpeg without the encoder",
    lines: ["[fatal] Unknown encoder 'libx264'"],
    reason: "source-unsupported",
    retry: "rarely",
    detail: "this ffmpeg has no encoder libx264",
  },
  {
    name: "an ffmpeg without the filter",
    lines: ["[lavfi @ 0x559e30e35880] [error] No such filter: 'drawtext'"],
    reason: "source-unsupported",
    retry: "rarely",
    detail: "this ffmpeg has no filter drawtext",
  },
  {
    name: "a connection that was closed",
    lines: [],
    reason: "source-offline",
    retry: "later",
    detail: "it closed the connection",
  },
];

describe("what ffmpeg's lines mean", () => {
  for (const { name, lines, reason, retry, detail } of cases) {
    test(name, () => expect(endFromLines(lines, true)).toEqual({ reason, retry, detail }));
  }
});

describe("redaction", () => {
  test("removes what a URL hides from lines of any form", () => {
    const redact = redactorFor("rtsp://admin:p%40ss%2Fword@10.0.0.2/live?token=abcdef");
    const line = redact(
      "Impossible to open 'rtsp://admin:p%40ss%2Fword@10.0.0.2/live?token=abcdef' as p@ss/word with admin:p%40ss%2Fword",
    );
    for (const secret of ["p%40ss", "p@ss", "abcdef", "admin:"]) expect(line).not.toContain(secret);
    expect(line).toContain("10.0.0.2/live");
  });

  test("a password with an @ that was not escaped", () => {
    expect(redactorFor("rtsp://u:p@ss@host/x")("open 'rtsp://u:p@ss@host/x'")).toBe("open 'rtsp://host/x'");
  });
});
