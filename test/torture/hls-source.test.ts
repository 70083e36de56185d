import { expect, test } from "bun:test";
import { channelReport, playlistOf, waitForRecording } from "../support/channels.ts";
import { hlsClip } from "../support/hls-clip.ts";
import { archivedBytes, HlsMuxer, placesIn, type MuxedForm } from "../support/hls-muxer.ts";
import { HlsOrigin, LiveStream, never } from "../support/hls-origin.ts";
import { Nginx } from "../support/nginx.ts";
import { Nightjar } from "../support/nightjar.ts";
import { freePort } from "../support/ports.ts";
import { tempFolder } from "../support/temp.ts";
import { waitFor } from "../support/wait.ts";

const FORMS: readonly MuxedForm[] = ["ts", "fmp4", "aes"];
/** Segments of a second that the origin lists. */
const WINDOW = 8;

const datesOf = async (server: Nightjar, id: string): Promise<(number | undefined)[]> =>
  (await playlistOf(server, `/${id}/live.m3u8`)).segments.map(({ programDateTimeMs }) => programDateTimeMs);

/**
 * Two minutes of a real origin: away for 4 s, which costs nothing, then for 25 s, which costs what its list lost in the
 * meantime; Nightjar is killed twice. A second Nightjar records the first.
 */
test("two minutes of a real origin, and a second Nightjar behind the first", async () => {
  await using folder = await tempFolder();
  await using muxer = await HlsMuxer.start(folder.file("origin"), WINDOW);
  const port = await freePort();
  let nginx = await Nginx.start(muxer.folder, { port });
  const away = async (ms: number) => {
    await nginx[Symbol.asyncDispose]();
    await Bun.sleep(ms);
    nginx = await Nginx.start(muxer.folder, { port });
  };
  const channels = Object.fromEntries(
    FORMS.map((form) => [form, { source: `${nginx.url}/${form}/live.m3u8` }]),
  );
  for (const form of FORMS) {
    await waitFor(`the ${form} list`, () => Bun.file(`${muxer.folder}/${form}/live.m3u8`).exists());
  }
  const options = {
    folder: folder.file("first"),
    config: { listen: `127.0.0.1:${await freePort()}`, channels },
  };
  let first = await Nightjar.start(options);
  await using second = await Nightjar.start({
    folder: folder.file("second"),
    config: {
      channels: Object.fromEntries(FORMS.map((id) => [id, { source: `${first.url}/${id}/live.m3u8` }])),
    },
  });
  try {
    await waitForRecording(first, FORMS, { withFootage: true });
    await Bun.sleep(20_000);
    await away(4000);
    await Bun.sleep(15_000);
    await first.kill();
    first = await Nightjar.start(options);
    await Bun.sleep(15_000);
    await away(25_000);
    await waitForRecording(first, FORMS, { timeoutMs: 40_000 });
    await Bun.sleep(10_000);
    await first.kill();
    first = await Nightjar.start(options);
    await Bun.sleep(15_000);
    await muxer.stop();
    for (const id of FORMS) {
      const hasEnded = async () => (await channelReport(first, id)).words.includes("EXT-X-ENDLIST");
      await waitFor(`the end of ${id}`, hasEnded, { timeoutMs: 20_000, everyMs: 200 });
      const isWhole = async () => (await datesOf(second, id)).length === (await datesOf(first, id)).length;
      await waitFor(`all of ${id} at the second`, isWhole, { timeoutMs: 20_000, everyMs: 200 });
    }
    for (const form of FORMS) {
      const { init, segments } = await muxer.segments(form);
      const files = await archivedBytes(folder.file("first", "data", "archive"), form, init);
      const found = files.map((bytes) => placesIn(bytes, segments));
      const breaks = found.slice(1).map((file, index) => file.first - (found[index]?.last ?? 0) - 1);
      // Nothing twice, and something missing in one place alone: what the origin's list lost while it was away.
      expect(Math.min(...breaks)).toBe(0);
      expect(breaks.filter((missing) => missing > 0)).toHaveLength(1);
      expect(Math.max(...breaks)).toBeWithin(25 - WINDOW - 4, 25 - WINDOW + 5);
      expect(found.at(-1)?.last).toBe(segments.length - 1);

      const [theirs, ours] = [await channelReport(first, form), await channelReport(second, form)];
      const holes = theirs.day.gaps.filter(({ isOpen }) => !isOpen);
      expect(holes.map(({ reason }) => reason)).toEqual(["source-offline"]);
      expect(theirs.day.recorded).toHaveLength(2);
      expect(ours.day.recorded).toEqual(theirs.day.recorded);
      expect(await datesOf(second, form)).toEqual(await datesOf(first, form));
    }
  } finally {
    await first[Symbol.asyncDispose]();
    await nginx[Symbol.asyncDispose]();
  }
});

test("16 channels of one slow origin, one of them hung: the others lose nothing", async () => {
  await using folder = await tempFolder();
  await using origin = HlsOrigin.start();
  const clip = await hlsClip({ kind: "ts", count: 60 });
  const ids = Array.from({ length: 15 }, (_, index) => `c${index + 1}`);
  const streams = ids.map((id) => {
    const stream = new LiveStream({ clip, window: 8 });
    stream.begin(4);
    origin.on(`/${id}/`, async (request, url) => {
      await Bun.sleep(600);
      return (await stream.handler(request, url)) ?? new Response("", { status: 404 });
    });
    return stream;
  });
  origin.on("/hung/", never);
  const config = {
    channels: Object.fromEntries(
      [...ids, "hung"].map((id) => [id, { source: `${origin.url}/${id}/live.m3u8` }]),
    ),
  };
  await using server = await Nightjar.start({ folder: folder.path, config });
  await waitForRecording(server, ids, { timeoutMs: 40_000 });
  await Bun.sleep(40_000);
  for (const stream of streams) stream.freeze();
  await Bun.sleep(5000);
  const segments = clip.segments.map(({ bytes }) => Buffer.from(bytes));
  for (const [index, id] of ids.entries()) {
    const files = await archivedBytes(folder.file("data", "archive"), id, Buffer.alloc(0));
    expect(files).toHaveLength(1);
    expect(placesIn(files[0] ?? Buffer.alloc(0), segments).last).toBe(streams[index]?.listed.at(-1) ?? -1);
  }
  expect((await channelReport(server, "hung")).state).not.toBe("recording");
});
