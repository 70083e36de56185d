import { carryPeer } from "./peer.ts";
import { carryTicket } from "./ticket-path.ts";

/** Requests that stand for a HEAD: their answers lose their bodies, so a handler may leave the work undone. */
const standIns = new WeakSet<Request>();

/** Whether only the headers of the answer are wanted. A length that is known must be in them. */
export const wantsHeadOnly = (request: Request): boolean => standIns.has(request);

/** Length of an answer's body, in bytes, where it has an end that is near. */
async function bodyLength(response: Response): Promise<number | undefined> {
  if (response.body === null) return response.status === 304 || response.status === 204 ? undefined : 0;
  if (response.headers.get("content-type")?.startsWith("text/event-stream")) {
    await response.body.cancel();
    return undefined;
  }
  return (await response.arrayBuffer()).byteLength;
}

/**
 * Answers HEAD by what GET would say. Elysia's own way reads whole bodies to learn their length, also those of
 * media files, and overrides a length that a handler knew.
 */
export function withHead(handle: (request: Request) => Response | Promise<Response>) {
  return async (request: Request): Promise<Response> => {
    if (request.method !== "HEAD") return handle(request);
    const standIn = new Request(request, { method: "GET" });
    standIns.add(standIn);
    carryPeer(request, standIn);
    carryTicket(request, standIn);
    const response = await handle(standIn);
    const { status, headers } = response;
    if (headers.has("content-length")) await response.body?.cancel();
    else {
      const length = await bodyLength(response);
      if (length !== undefined) headers.set("content-length", String(length));
    }
    return new Response(null, { status, headers });
  };
}
