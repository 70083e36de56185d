import type { Socket, TCPSocketListener } from "bun";

export type RawSocket = Socket<{ asked: number }>;

/** A server on loopback that sends just what a test says, byte by byte if it must. */
export class RawHttp implements Disposable {
  readonly #listener: TCPSocketListener<{ asked: number }>;
  /** Connections that are open now, and all that there were. */
  readonly open = new Set<RawSocket>();
  opened = 0;
  /** All requests, as text. */
  readonly requests: string[] = [];

  /** @param answer is told how many requests came over the connection, from 1 */
  constructor(answer: (socket: RawSocket, count: number) => void, hostname = "127.0.0.1") {
    this.#listener = Bun.listen<{ asked: number }>({
      hostname,
      port: 0,
      socket: {
        open: (socket) => {
          socket.data = { asked: 0 };
          this.opened += 1;
          this.open.add(socket);
        },
        data: (socket, bytes) => {
          this.requests.push(bytes.toString("latin1"));
          socket.data.asked += 1;
          answer(socket, socket.data.asked);
        },
        close: (socket) => {
          this.open.delete(socket);
        },
      },
    });
  }

  get port(): number {
    return this.#listener.port;
  }

  [Symbol.dispose](): void {
    this.#listener.stop(true);
  }
}

/** A whole answer with a text. */
export const answerText = (text: string, fields = ""): string =>
  `HTTP/1.1 200 OK\r\n${fields}Content-Length: ${text.length}\r\n\r\n${text}`;
