import { NightjarError } from "../platform/errors.ts";

const MOST_BYTES = 64 * 1024;
const MOST_FIELDS = 200;
const FORM = "application/x-www-form-urlencoded";

/**
 * The fields of a plain form, for routes with `parse: "none"`. At most 64 KiB are read, whoever sends them.
 * Throws `bad-request` for what is no such form.
 */
export async function readForm(request: Request): Promise<URLSearchParams> {
  const type = request.headers.get("content-type") ?? "nothing";
  if (type.split(";")[0]?.trim().toLowerCase() !== FORM) {
    throw new NightjarError(
      "bad-request",
      `The content type is ${JSON.stringify(type.slice(0, 80))}; wanted: ${FORM}`,
    );
  }
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of request.body ?? []) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > MOST_BYTES) {
      throw new NightjarError("bad-request", `The form has more than ${MOST_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  const fields = new URLSearchParams(Buffer.concat(chunks).toString("utf8"));
  if (fields.size > MOST_FIELDS)
    throw new NightjarError("bad-request", `The form has more than ${MOST_FIELDS} fields`);
  return fields;
}
