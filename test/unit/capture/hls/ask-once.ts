// Fetches an address as a source would, in a process of its own, and writes what came, or why nothing did.
import { HlsClient } from "../../../../src/capture/hls/http-client.ts";

const address = process.argv[2] ?? "";
const client = new HlsClient({
  address,
  headers: new Map(),
  allowPrivate: true,
  nowMs: Date.now,
  network: { resolve: () => Promise.resolve(["127.0.0.1"]), isPrivate: () => false },
});
const limits = { maxBytes: 1_000_000, headMs: 5000, idleMs: 5000, totalMs: 5000 };
try {
  const { bytes } = await client.get(address, { limits, signal: new AbortController().signal });
  process.stdout.write(bytes);
} catch (error) {
  process.stdout.write(String(error));
}
client.close();
