import { expect, test } from "bun:test";
import type { KeptSegment } from "../../../../src/capture/recording-sink.ts";
import type { MediaFacts } from "../../../../src/media/media-facts.ts";
import { HlsOrigin } from "../../../support/hls-origin.ts";
import { KeptRecord, sourceOf } from "./kept-record.ts";

const SIZE_BYTES = 300_000;

/** Takes its time with each segment, and holds on to all of them. */
class SlowRecord extends KeptRecord {
  readonly given: Uint8Array[] = [];

  override async keep(segment: KeptSegment): Promise<void> {
    this.given.push(segment.bytes);
    await Bun.sleep(20);
    await super.keep(segment);
  }
}

test("a segment is whole until it is kept, and its memory serves the next ones afterwards", async () => {
  await using origin = HlsOrigin.start();
  const place = (path: string): number => Number(/\d+/.exec(path)?.[0]);
  origin.on("/s", (_, { pathname }) => new Response(new Uint8Array(SIZE_BYTES).fill(place(pathname))));
  const list = Array.from({ length: 12 }, (_, index) => `#EXTINF:2,\ns${index + 1}.ts`).join("\n");
  origin.on("/live.m3u8", () => {
    return new Response(`#EXTM3U\n#EXT-X-TARGETDURATION:2\n${list}\n#EXT-X-ENDLIST\n`);
  });
  const facts = (number: number): MediaFacts => ({
    parameters: {
      format: "ts",
      init: new Uint8Array([1]),
      videoCodec: "avc1.64001f",
      audioCodec: null,
      width: 16,
      height: 16,
      frameRate: null,
      audioTimescale: null,
    },
    sourceTicks: number * 180_000,
    durationTicks: 180_000,
    isIndependent: true,
    activityBytes: 0,
  });
  const record = new SlowRecord();
  const source = sourceOf(`${origin.url}/live.m3u8`, {}, { media: ({ bytes }) => facts(bytes[0] ?? 0) });
  await source.run(record, new AbortController().signal);
  const expected = Array.from({ length: 12 }, (_, index) => new Uint8Array(SIZE_BYTES).fill(index + 1));
  expect(record.segments.map(({ bytes }) => Buffer.from(bytes))).toEqual(
    expected.map((bytes) => Buffer.from(bytes)),
  );
  expect(record.given.map(({ length }) => length)).toEqual(Array(12).fill(0));
});
