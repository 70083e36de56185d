import { wantsHeadOnly } from "../access/head-requests.ts";
import { HotBodies } from "./hot-bodies.ts";
import { rangeAnswer } from "./range-answer.ts";

/** Something that never changes under its address. */
export type ImmutableBody = {
  /** Entity tag without quotation marks: what the address names. */
  tag: string;
  contentType: string;
  /** How long others may keep it; a year where nothing else is said. */
  maxAgeSeconds?: number;
  sizeBytes(): Promise<number> | number;
  bytes(): Promise<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer>;
};

const YEAR_SECONDS = 31_536_000;

type Facts = { contentType: string; maxAgeSeconds?: number | undefined };

const headersOf = ({ contentType, maxAgeSeconds = YEAR_SECONDS }: Facts): Headers =>
  new Headers({
    "content-type": contentType,
    "cache-control": `public, max-age=${maxAgeSeconds}, immutable`,
  });

/** Answers GET and HEAD as `rangeAnswer`. */
export async function immutableAnswer(request: Request, body: ImmutableBody): Promise<Response> {
  // Read first: a body that is gone is a 404, also for those who hold a copy.
  const bytes = wantsHeadOnly(request) ? undefined : await body.bytes();
  return rangeAnswer(request, {
    tag: body.tag,
    sizeBytes: bytes?.length ?? (await body.sizeBytes()),
    headers: headersOf(body),
    body: ({ start, end }) => bytes?.subarray(start, end) ?? "",
  });
}

/** Answers as `immutableAnswer`, from memory where the same address was just asked for. */
export class ImmutableAnswers {
  readonly #hot = new HotBodies();

  /** `find` is called for what is not in memory, and says by throwing what else to answer. */
  async answer(request: Request, address: string, find: () => ImmutableBody): Promise<Response> {
    if (wantsHeadOnly(request)) return immutableAnswer(request, find());
    const { bytes, ...facts } = await this.#hot.get(address, async () => {
      const body = find();
      const { tag, contentType, maxAgeSeconds } = body;
      return { tag, contentType, maxAgeSeconds, bytes: await body.bytes() };
    });
    const sizeBytes = bytes instanceof Blob ? bytes.size : bytes.length;
    return rangeAnswer(request, {
      tag: facts.tag,
      sizeBytes,
      headers: headersOf(facts),
      body: ({ start, end }) => {
        if (end - start === sizeBytes) return bytes;
        return bytes instanceof Blob ? bytes.slice(start, end) : bytes.subarray(start, end);
      },
    });
  }
}
