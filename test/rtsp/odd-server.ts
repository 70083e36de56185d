import { createHash } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import type { Clip } from "./clip.ts";
import { OddSession } from "./odd-session.ts";

/** What the server does wrong, and when; times in milliseconds from PLAY. */
export type Misbehaviour = {
  /** Wants this user by Digest. */
  auth?: { user: string; password: string };
  /** Answers DESCRIBE with this status, e.g. "404 Not Found". */
  describeStatus?: string;
  /** Answers SETUP with this status, e.g. "453 Not Enough Bandwidth". */
  setupStatus?: string;
  /** Accepts connections and never says a word. */
  silent?: boolean;
  /** Answers the first request with bytes that are no RTSP. */
  garbage?: boolean;
  closeAfterMs?: number;
  /** Closes the connection in the middle of a picture's packets. */
  cutInPictureAfterMs?: number;
  /** Keeps the connection and sends nothing any more. */
  silentAfterMs?: number;
  timeJump?: { afterMs: number; byMs: number };
  /** SDP without sprop-parameter-sets. */
  noParameterSets?: boolean;
  /** Announces MJPEG in place of the clip's codec. */
  announceMjpeg?: boolean;
  sound?: "clip" | "alaw" | "none" | "announced-only";
  soundFromMs?: number;
  soundUntilMs?: number;
  /** The first sound frame is this much later than the first picture. */
  soundOffsetMs?: number;
  /** After this time the other clip's pictures are sent in the same session. */
  switchClip?: { afterMs: number; clip: Clip };
  /** First picture of the clip that is sent. */
  firstPicture?: number;
  /** How many times faster than real time everything is sent. */
  speed?: number;
};

export type OddCounts = {
  connections: number;
  plays: number;
  teardowns: number;
  /** Most connections that were open when one of them was to play. */
  mostOpenAtPlay: number;
  /** Pictures sent over all sessions. */
  pictures: number;
  soundFrames: number;
  /** Indices of the clip's pictures in the order sent, for the newest session. */
  sent: number[];
};

const md5 = (text: string): string => createHash("md5").update(text).digest("hex");
const NONCE = "0123456789abcdef";

function digestIsRight(header: string, method: string, auth: { user: string; password: string }): boolean {
  const part = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(header)?.[1] ?? "";
  const secret = md5(`${auth.user}:odd:${auth.password}`);
  return part("response") === md5(`${secret}:${NONCE}:${md5(`${method}:${part("uri")}`)}`);
}

/** A small RTSP server that sends a clip in a loop over TCP, counts what it sends, and misbehaves on request. */
export class OddServer {
  readonly counts: OddCounts = {
    connections: 0,
    plays: 0,
    teardowns: 0,
    mostOpenAtPlay: 0,
    pictures: 0,
    soundFrames: 0,
    sent: [],
  };
  /** When each connection was accepted, by `performance.now()`. */
  readonly acceptedAtMs: number[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly clip: Clip,
    /** May be changed while it runs; new connections follow it. */
    public behaviour: Misbehaviour,
  ) {
    this.#server = createServer((socket) => this.#accept(socket));
  }

  static async start(clip: Clip, behaviour: Misbehaviour = {}, port = 0): Promise<OddServer> {
    const server = new OddServer(clip, behaviour);
    await new Promise<void>((resolve) => server.#server.listen(port, "127.0.0.1", resolve));
    return server;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  url(userInfo = ""): string {
    return `rtsp://${userInfo === "" ? "" : `${userInfo}@`}127.0.0.1:${this.port}/stream`;
  }

  /** Connections that are open now. */
  get openConnections(): number {
    return this.#sockets.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #accept(socket: Socket): void {
    this.counts.connections += 1;
    this.acceptedAtMs.push(performance.now());
    this.#sockets.add(socket);
    const session = new OddSession(this.clip, this.behaviour, this.counts, socket);
    let pending = "";
    socket.on("close", () => {
      this.#sockets.delete(socket);
      session.end();
    });
    socket.on("error", () => socket.destroy());
    socket.on("data", (data: Buffer) => {
      if (this.behaviour.silent) return;
      pending += data.toString("latin1");
      for (let end = pending.indexOf("\r\n\r\n"); end >= 0; end = pending.indexOf("\r\n\r\n")) {
        const start = Math.max(0, pending.search(/[A-Z_]+ rtsp:/));
        this.#answer(socket, session, pending.slice(start, end));
        pending = pending.slice(end + 4);
      }
    });
  }

  #answer(socket: Socket, session: OddSession, request: string): void {
    const { behaviour, counts } = this;
    const method = request.slice(0, request.indexOf(" "));
    const header = (name: string) => new RegExp(`^${name}: *(.*)$`, "im").exec(request)?.[1]?.trim() ?? "";
    const reply = (status: string, headers: string[] = [], body = "") => {
      const lines = [`RTSP/1.0 ${status}`, `CSeq: ${header("CSeq")}`, ...headers];
      if (body !== "") lines.push("Content-Type: application/sdp", `Content-Length: ${body.length}`);
      socket.write(`${lines.join("\r\n")}\r\n\r\n${body}`);
    };
    if (behaviour.garbage) {
      socket.write(Buffer.alloc(5000, "\u0000\u00ffgarbage"));
      return;
    }
    if (method === "OPTIONS") return reply("200 OK", ["Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN"]);
    if (behaviour.auth && !digestIsRight(header("Authorization"), method, behaviour.auth)) {
      return reply("401 Unauthorized", [`WWW-Authenticate: Digest realm="odd", nonce="${NONCE}"`]);
    }
    if (method === "DESCRIBE") {
      if (behaviour.describeStatus) return reply(behaviour.describeStatus);
      return reply("200 OK", [`Content-Base: ${this.url()}/`], session.sdp());
    }
    if (method === "SETUP") {
      if (behaviour.setupStatus) return reply(behaviour.setupStatus);
      const transport = header("Transport");
      if (!transport.includes("interleaved")) return reply("461 Unsupported Transport");
      return reply("200 OK", [`Transport: ${transport}`, "Session: 1234;timeout=60"]);
    }
    if (method === "PLAY") {
      counts.plays += 1;
      counts.mostOpenAtPlay = Math.max(counts.mostOpenAtPlay, this.#sockets.size);
      counts.sent = [];
      reply("200 OK", ["Session: 1234"]);
      return session.play();
    }
    if (method === "TEARDOWN") {
      counts.teardowns += 1;
      reply("200 OK", ["Session: 1234"]);
      socket.end();
      return;
    }
    reply("200 OK", ["Session: 1234"]);
  }
}
