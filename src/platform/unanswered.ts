import { ClientSocket } from "./client-socket.ts";

/** How long Bun lets a connection be idle that is to end and can't be reached otherwise, in seconds. */
const IDLE_SECONDS = 1;

const marked = new WeakSet<Response>();

/**
 * Marks an answer that its client must not get: the connection is closed instead. For clients that take any answer
 * for success.
 */
export function unanswered(response: Response): Response {
  marked.add(response);
  return response;
}

/** Whether the connection is closed in place of this answer. */
export const isUnanswered = (response: Response): boolean => marked.has(response);

/** Ends the connection of a request; what is answered afterwards reaches nobody. */
export function hangUp(server: Bun.Server<undefined>, request: Request): Promise<Response> {
  const { promise, resolve } = Promise.withResolvers<Response>();
  const isOver = () => resolve(new Response());
  if (request.signal.aborted) isOver();
  else request.signal.addEventListener("abort", isOver, { once: true });
  const peer = server.requestIP(request);
  const socket = peer && ClientSocket.find({ host: peer.address, port: peer.port }, server.port ?? 0);
  if (socket) socket.end();
  else server.timeout(request, IDLE_SECONDS);
  return promise;
}
