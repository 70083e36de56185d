/** The body of a request was longer than is taken. */
const tooLarge = (mostBytes: number): Response =>
  new Response(`The body is larger than ${mostBytes} bytes\n`, {
    status: 413,
    headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
  });

/** Passes bytes on until there are too many; whoever reads on then, fails. */
function bounded(body: ReadableStream<Uint8Array>, mostBytes: number): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let sizeBytes = 0;
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) return controller.close();
      sizeBytes += value.length;
      if (sizeBytes <= mostBytes) return controller.enqueue(value);
      await reader.cancel();
      controller.error(new RangeError(`The body is larger than ${mostBytes} bytes`));
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

/**
 * A request whose body has an end before `mostBytes`, or the answer to one that states more. Bodies are read before it
 * is known who sends them, so strangers could otherwise fill the memory.
 */
export function withBodyLimit(request: Request, mostBytes: number): Request | Response {
  const stated = request.headers.get("content-length");
  if (stated !== null) return Number(stated) > mostBytes ? tooLarge(mostBytes) : request;
  const isChunked = request.headers.has("transfer-encoding");
  if (!isChunked || request.body === null) return request;
  const { method, headers, signal } = request;
  return new Request(request.url, { method, headers, signal, body: bounded(request.body, mostBytes) });
}
