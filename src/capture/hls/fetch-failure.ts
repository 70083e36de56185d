/**
 * Why something could not be fetched. `status`: an answer other than success; `blocked`: an address that may not be
 * asked; `broken`: an answer that can't be used.
 */
export type FetchFailureKind = "offline" | "timeout" | "status" | "blocked" | "broken" | "cancelled";

/** Its message is for people and says what the other side did: `answered 404 Not Found`. It holds no address. */
export class FetchFailure extends Error {
  constructor(
    readonly kind: FetchFailureKind,
    message: string,
    /** Of an answer that was no success. */
    readonly status?: number,
  ) {
    super(message);
    this.name = "FetchFailure";
  }
}

/** What a source sends can't be kept, however often it is asked. Its message is for people. */
export class UnsupportedSource extends Error {}

const CONNECTION_WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused",
  ECONNRESET: "it broke the connection off",
  EPIPE: "it broke the connection off",
  EHOSTUNREACH: "not reachable: no route to host",
  ENETUNREACH: "not reachable: network is unreachable",
  ETIMEDOUT: "it did not answer in time",
  EAI_AGAIN: "names can't be looked up now",
};

/** The failure behind an error of node:http, node:tls or the look-up of names. */
export function fetchFailureOf(error: unknown, host: string): FetchFailure {
  if (error instanceof FetchFailure) return error;
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  if (code === "ENOTFOUND") return new FetchFailure("offline", `the name ${host} is not known`);
  const words = CONNECTION_WORDS[code];
  if (words !== undefined) return new FetchFailure("offline", words);
  if (/^ERR_TLS|CERT|SSL|ISSUER/.test(code)) return new FetchFailure("broken", `no TLS connection: ${code}`);
  if (/^HPE_|^Z_|PARSE/.test(code)) return new FetchFailure("broken", "its answer could not be understood");
  return new FetchFailure(
    "offline",
    code === "" ? "the connection failed" : `the connection failed: ${code}`,
  );
}
