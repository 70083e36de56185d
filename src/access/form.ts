import { NightjarError } from "../platform/errors.ts";

const MOST_BYTES = 64 * 1024;
const MOST_FIELDS = 200;
const FORM = "application/x-www-form-urlencoded";

/** How long a form may take to come, in ms. */
const PATIENCE_MS = 30_000;

const refused = (why: string, cause?: unknown): NightjarError =>
  new NightjarError("bad-request", `The form ${why}`, { cause });

/** All bytes of a body. Throws `bad-request` when they are too many, take too long, or break off. */
async function readBody(body: ReadableStream<Uint8Array>, patienceMs: number): Promise<Buffer> {
  const reader = body.getReader();
  const late = AbortSignal.timeout(patienceMs);
  const leave = () => void reader.cancel().catch(() => {});
  late.addEventListener("abort", leave);
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      sizeBytes += read.value.byteLength;
      if (sizeBytes > MOST_BYTES) throw refused(`has more than ${MOST_BYTES} bytes`);
      chunks.push(read.value);
    }
  } catch (error) {
    leave();
    throw error instanceof NightjarError ? error : refused("broke off", error);
  } finally {
    late.removeEventListener("abort", leave);
  }
  if (late.aborted) throw refused(`did not come whole within ${patienceMs / 1000} s`);
  return Buffer.concat(chunks);
}

/**
 * The fields of a plain form, for routes with `parse: "none"`. At most 64 KiB are read, whoever sends them.
 * Throws `bad-request` for what is no such form, and for one that takes longer than `patienceMs`.
 */
export async function readForm(request: Request, patienceMs: number = PATIENCE_MS): Promise<URLSearchParams> {
  const type = request.headers.get("content-type") ?? "nothing";
  if (type.split(";")[0]?.trim().toLowerCase() !== FORM) {
    throw new NightjarError(
      "bad-request",
      `The content type is ${JSON.stringify(type.slice(0, 80))}; wanted: ${FORM}`,
    );
  }
  const body = request.body === null ? "" : (await readBody(request.body, patienceMs)).toString("utf8");
  const fields = new URLSearchParams(body);
  if (fields.size > MOST_FIELDS) throw refused(`has more than ${MOST_FIELDS} fields`);
  return fields;
}
