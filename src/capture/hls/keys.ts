import { createDecipheriv } from "node:crypto";
import type { ParsedKey } from "../../media/m3u8-parse.ts";
import { FetchFailure, UnsupportedSource } from "./fetch-failure.ts";

/** Fetches the 16 bytes of a key. */
export type FetchKey = (url: string, signal: AbortSignal) => Promise<Uint8Array>;

const KEY_BYTES = 16;
const MAX_KEYS = 50;

/** RFC 8216 5.2: without an IV it is the media sequence number, as 16 bytes. */
function ivOf({ iv }: ParsedKey, sequence: number): Buffer {
  if (iv !== undefined) return Buffer.from(iv, "hex");
  const bytes = Buffer.alloc(KEY_BYTES);
  bytes.writeBigUInt64BE(BigInt(sequence), 8);
  return bytes;
}

/** AES-128 segments in clear (RFC 8216 4.3.2.4, 5.2). Keys are fetched once for each address, also when many ask at once. */
export class Decrypter {
  readonly #keys = new Map<string, Promise<Uint8Array>>();

  constructor(private readonly fetchKey: FetchKey) {}

  /** The key for a piece among those of all key formats; `undefined` for one in clear. */
  static keyOf(keys: readonly ParsedKey[]): (ParsedKey & { uri: string }) | undefined {
    if (keys.length === 0) return undefined;
    const usable = keys.find(({ method, format }) => method === "AES-128" && format === "identity");
    const { uri } = usable ?? {};
    if (usable !== undefined && uri !== undefined) return { ...usable, uri };
    const [{ method, format } = { method: "", format: "" }] = keys;
    const how = format === "identity" ? method : `${method} with keys of ${format}`;
    throw new UnsupportedSource(`it is encrypted with ${how}; AES-128 can be decrypted`);
  }

  /**
   * @throws FetchFailure, or UnsupportedSource
   */
  async decrypt(
    bytes: Uint8Array,
    keys: readonly ParsedKey[],
    sequence: number,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const key = Decrypter.keyOf(keys);
    if (key === undefined) return bytes;
    const decipher = createDecipheriv("aes-128-cbc", await this.#key(key.uri, signal), ivOf(key, sequence));
    try {
      return Buffer.concat([decipher.update(bytes), decipher.final()]);
    } catch {
      // A key may be replaced under the same address.
      this.#keys.delete(key.uri);
      throw new FetchFailure("broken", "it can't be decrypted with its key");
    }
  }

  #key(uri: string, signal: AbortSignal): Promise<Uint8Array> {
    const known = this.#keys.get(uri);
    if (known !== undefined) return known;
    const asked = this.#fetch(uri, signal);
    this.#keys.set(uri, asked);
    if (this.#keys.size > MAX_KEYS) {
      const [oldest] = this.#keys.keys();
      if (oldest !== undefined) this.#keys.delete(oldest);
    }
    asked.catch(() => this.#keys.delete(uri));
    return asked;
  }

  async #fetch(uri: string, signal: AbortSignal): Promise<Uint8Array> {
    const key = await this.fetchKey(uri, signal);
    if (key.length === KEY_BYTES) return key;
    throw new FetchFailure("broken", `its key has ${key.length} bytes; wanted: ${KEY_BYTES}`);
  }
}
