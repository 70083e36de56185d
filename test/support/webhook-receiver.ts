/** A message as it arrived. */
export type Received = { path: string; headers: Headers; body: string };

/** A receiver of webhooks on the loopback interface. */
export class WebhookReceiver implements AsyncDisposable {
  readonly got: Received[] = [];
  /** What it answers. */
  answer: () => Response | Promise<Response> = () => new Response("ok");
  readonly #server: Bun.Server<undefined>;

  constructor() {
    this.#server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: async (request) => {
        const { pathname, search } = new URL(request.url);
        this.got.push({ path: pathname + search, headers: request.headers, body: await request.text() });
        return this.answer();
      },
    });
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.#server.port}${path}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop(true);
  }
}
