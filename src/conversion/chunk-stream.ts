/**
 * Chunks as a process's standard input: no further ahead than it reads. A failure ends the stream and is told to `failed`, as
 * the process takes it for whole.
 */
export const chunkStream = (
  chunks: AsyncGenerator<Uint8Array, void>,
  taken: () => void,
  failed: (error: unknown) => void,
): ReadableStream<Uint8Array> =>
  new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const next = await chunks.next();
          taken();
          if (next.done) return controller.close();
          controller.enqueue(next.value);
        } catch (error) {
          failed(error);
          controller.close();
        }
      },
      async cancel() {
        await chunks.return();
      },
    },
    { highWaterMark: 0 },
  );
