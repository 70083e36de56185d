import { setImmediate } from "node:timers/promises";
import { ClientSocket } from "./client-socket.ts";
import { errorText } from "./errors.ts";
import { logOf } from "./log.ts";
import { longBodyOf, type LongBody } from "./long-body.ts";

const log = logOf("http");

/** A client that takes nothing for so long is given up, in ms. */
const STALL_MS = 60_000;
/** How long is waited until a full connection may have room again, in ms: from the first to the most. */
const FIRST_WAIT_MS = 1;
const LAST_WAIT_MS = 16;
/** So long is sent to a client as fast as this machine, in ms, before others have their turn. */
const TURN_MS = 4;
/** A client that has everything has so long to hang up, in ms. */
const HANG_UP_MS = 5000;
/** Headers that tell how the body is sent, which is decided here. */
const OWN_HEADERS = new Set(["connection", "transfer-encoding", "keep-alive", "date"]);

const REASONS: Record<number, string> = { 200: "OK", 206: "Partial Content" };

function headOf({ status, headers }: Response): Uint8Array {
  const lines = [`HTTP/1.1 ${status} ${REASONS[status] ?? "Answer"}`];
  for (const [name, value] of headers) if (!OWN_HEADERS.has(name)) lines.push(`${name}: ${value}`);
  lines.push(`Date: ${new Date().toUTCString()}`, "Connection: close", "", "");
  return new TextEncoder().encode(lines.join("\r\n"));
}

/** Sends all of `bytes`; false when the client is gone or has stopped taking any. */
async function sendAll(socket: ClientSocket, bytes: Uint8Array, signal: AbortSignal): Promise<boolean> {
  let at = 0;
  let waitMs = FIRST_WAIT_MS;
  let waitedMs = 0;
  while (at < bytes.length) {
    if (signal.aborted || waitedMs > STALL_MS) return false;
    const sent = socket.send(bytes.subarray(at));
    if (sent < 0) return false;
    at += sent;
    if (at === bytes.length) return true;
    if (sent > 0) [waitMs, waitedMs] = [FIRST_WAIT_MS, 0];
    await Bun.sleep(waitMs);
    waitedMs += waitMs;
    waitMs = Math.min(LAST_WAIT_MS, waitMs * 2);
  }
  return true;
}

async function sendBody(
  socket: ClientSocket,
  head: Uint8Array,
  body: LongBody,
  signal: AbortSignal,
): Promise<void> {
  let isGoing = await sendAll(socket, head, signal);
  let turnMs = performance.now();
  while (isGoing) {
    if (performance.now() - turnMs > TURN_MS) {
      // Files in memory and sockets with room are never waited for, so nothing else here lets others in between.
      await setImmediate();
      turnMs = performance.now();
    }
    const chunk = await body.next();
    if (!chunk) break;
    isGoing = await sendAll(socket, chunk, signal);
  }
  if (!isGoing) return;
  socket.finish();
  const endMs = performance.now() + HANG_UP_MS;
  while (!signal.aborted && performance.now() < endMs) await Bun.sleep(LAST_WAIT_MS);
}

/**
 * Sends a response's long body with its length, on the connection itself, and ends that: a body that can't be sent to
 * its end is cut off, which its length tells the client. Every other response is handed back as it is.
 */
export function withLength(
  server: Bun.Server<undefined>,
  request: Request,
  response: Response,
): Response | Promise<Response> {
  const body = longBodyOf(response);
  const peer = body && server.requestIP(request);
  const socket = peer && ClientSocket.find({ host: peer.address, port: peer.port }, server.port ?? 0);
  if (!body || !socket) return response;
  // Bun sees nothing of what goes through here and would take the connection for an idle one.
  server.timeout(request, 0);
  const { promise, resolve } = Promise.withResolvers<Response>();
  // Only then the connection is closed, and nothing that Bun answers goes to the client.
  const onAbort = () => resolve(new Response());
  if (request.signal.aborted) onAbort();
  else request.signal.addEventListener("abort", onAbort, { once: true });
  void (async () => {
    try {
      await sendBody(socket, headOf(response), body, request.signal);
    } catch (error) {
      log.warn("A download was cut off: {error}", { error: errorText(error) });
    } finally {
      socket.end();
      await body.close();
    }
  })();
  return promise;
}
