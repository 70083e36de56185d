/** A body that is too long to be held in memory, although its length is known. */
export class LongBody {
  readonly sizeBytes: number;
  readonly #chunks: AsyncGenerator<Uint8Array, void>;
  #first: Uint8Array | undefined;

  private constructor(sizeBytes: number, chunks: AsyncGenerator<Uint8Array, void>, first: Uint8Array) {
    this.sizeBytes = sizeBytes;
    this.#chunks = chunks;
    this.#first = first;
  }

  /** Throws at once what making the first chunk throws, while there is still a status to say it with. */
  static async start(sizeBytes: number, chunks: AsyncGenerator<Uint8Array, void>): Promise<LongBody> {
    const first = await chunks.next();
    return new LongBody(sizeBytes, chunks, first.done ? new Uint8Array() : first.value);
  }

  /** The next bytes, made as they are asked for and good until the next call; `undefined` behind the last ones. */
  async next(): Promise<Uint8Array | undefined> {
    const first = this.#first;
    this.#first = undefined;
    if (first) return first;
    const next = await this.#chunks.next();
    return next.done ? undefined : next.value;
  }

  /** Lets go of what it holds; to be called also when not all of it was taken. */
  async close(): Promise<void> {
    await this.#chunks.return();
  }
}

const bodies = new WeakMap<Response, LongBody>();

/** The long body of a response that `longResponse` made. */
export const longBodyOf = (response: Response): LongBody | undefined => bodies.get(response);

/**
 * A response with a long body, and its length in the headers. Bun takes the length away from every stream
 * (oven-sh/bun #10507), so who sends it asks for `longBodyOf`; the stream is for everyone else.
 */
export function longResponse(body: LongBody, init: { status: number; headers: Headers }): Response {
  init.headers.set("content-length", String(body.sizeBytes));
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = await body.next();
        if (chunk) controller.enqueue(chunk.slice());
        else controller.close();
      },
      cancel: () => body.close(),
    },
    // Nothing is read before somebody takes it.
    { highWaterMark: 0 },
  );
  const response = new Response(stream, init);
  bodies.set(response, body);
  return response;
}

/**
 * Chunks as the body of a response whose length nobody knows before. Rejects at once with what making the first chunk
 * throws, while there is still a status to say it with; a later failure cuts the body off.
 */
export async function streamed(
  chunks: AsyncGenerator<Uint8Array, void>,
): Promise<ReadableStream<Uint8Array>> {
  const first = await chunks.next();
  let ahead = first.done ? undefined : first.value;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = ahead;
        ahead = undefined;
        if (chunk) return controller.enqueue(new Uint8Array(chunk));
        const next = await chunks.next();
        if (next.done) controller.close();
        else controller.enqueue(new Uint8Array(next.value));
      },
      async cancel() {
        await chunks.return();
      },
    },
    // Nothing is read before somebody takes it.
    { highWaterMark: 0 },
  );
}
