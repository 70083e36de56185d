import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { channelReport, playlistOf, waitForRecording, intervalPath } from "../support/channels.ts";
import { decodeErrors } from "../support/ffmpeg.ts";
import { archivedBytes, HlsMuxer, placesIn, type MuxedForm } from "../support/hls-muxer.ts";
import { HlsOrigin, never } from "../support/hls-origin.ts";
import { Nginx } from "../support/nginx.ts";
import { Nightjar, type TestConfig } from "../support/nightjar.ts";
import { freePort } from "../support/ports.ts";
import { tempFolder, type TempFolder } from "../support/temp.ts";
import { waitFor } from "../support/wait.ts";

const FORMS: readonly MuxedForm[] = ["ts", "fmp4", "aes"];

/**
 * A live origin (nginx, filled by ffmpeg) is recorded while Nightjar is killed, the origin goes away for a moment, and
 * another origin hangs; a second Nightjar records the first one.
 */
describe("HLS sources", () => {
  let folder: TempFolder;
  let muxer: HlsMuxer;
  let hung: HlsOrigin;
  let nginx: Nginx | undefined;
  let first: Nightjar;
  let second: Nightjar;
  let fromMs = 0;

  const datesOf = async (server: Nightjar, id: string): Promise<(number | undefined)[]> =>
    (await playlistOf(server, `/${id}/live.m3u8`)).segments.map(({ programDateTimeMs }) => programDateTimeMs);

  beforeAll(async () => {
    folder = await tempFolder();
    fromMs = Date.now() - 1000;
    muxer = await HlsMuxer.start(folder.file("origin"));
    hung = HlsOrigin.start();
    hung.on("/", never);
    const port = await freePort();
    nginx = await Nginx.start(muxer.folder, { port });
    const at = `localhost:${port}`;
    const config: TestConfig = {
      listen: `127.0.0.1:${await freePort()}`,
      channels: {
        ...Object.fromEntries(
          FORMS.map((form) => [form, { source: `http://user:sekret@${at}/${form}/live.m3u8` }]),
        ),
        hung: { source: `${hung.url}/live.m3u8?token=sekret` },
      },
    };
    for (const form of FORMS) {
      await waitFor(`the ${form} list`, () => Bun.file(`${muxer.folder}/${form}/live.m3u8`).exists(), {
        timeoutMs: 20_000,
      });
    }
    const options = { folder: folder.file("first"), config };
    first = await Nightjar.start(options);
    await waitForRecording(first, FORMS, { withFootage: true });
    second = await Nightjar.start({
      folder: folder.file("second"),
      config: {
        channels: Object.fromEntries(FORMS.map((id) => [id, { source: `${first.url}/${id}/live.m3u8` }])),
      },
    });
    await Bun.sleep(3000);
    await first.kill();
    first = await Nightjar.start(options);
    await waitForRecording(first, FORMS);
    await Bun.sleep(2000);
    await nginx[Symbol.asyncDispose]();
    nginx = undefined;
    await Bun.sleep(2500);
    nginx = await Nginx.start(muxer.folder, { port });
    await Bun.sleep(3000);
    await muxer.stop();
    for (const id of FORMS) {
      await waitFor(
        `the end of ${id}`,
        async () => (await channelReport(first, id)).words.includes("EXT-X-ENDLIST"),
        { timeoutMs: 15_000, everyMs: 200 },
      );
    }
    for (const id of FORMS) {
      await waitFor(
        `all of ${id} at the second`,
        async () => (await datesOf(second, id)).length === (await datesOf(first, id)).length,
        { timeoutMs: 15_000, everyMs: 200 },
      );
    }
  }, 90_000);

  afterAll(async () => {
    await second?.[Symbol.asyncDispose]();
    await first?.[Symbol.asyncDispose]();
    await nginx?.[Symbol.asyncDispose]();
    await hung?.close();
    await muxer?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  test.each(FORMS)(
    "%s: the archive is the origin's segments, byte for byte, none twice, none missing",
    async (form) => {
      const { init, segments } = await muxer.segments(form);
      const files = await archivedBytes(folder.file("first", "data", "archive"), form, init);
      expect(files.length).toBeGreaterThan(1);
      const found = files.map((bytes) => placesIn(bytes, segments));
      expect(found.map((file) => file.first).slice(1)).toEqual(
        found.slice(0, -1).map((file) => file.last + 1),
      );
      expect(found.at(-1)?.last).toBe(segments.length - 1);
    },
  );

  test.each(FORMS)(
    "%s: one span without a hole, in spite of the kill and the origin's absence",
    async (form) => {
      const { day } = await channelReport(first, form);
      expect(day.recorded).toHaveLength(1);
      expect(day.gaps.filter(({ isOpen }) => !isOpen)).toEqual([]);
    },
  );

  test.each(FORMS)("%s: the second Nightjar has the same times and the same coverage", async (form) => {
    const dates = await datesOf(first, form);
    expect(dates).not.toContain(undefined);
    expect(await datesOf(second, form)).toEqual(dates);
    const [ours, theirs] = [await channelReport(second, form), await channelReport(first, form)];
    expect(ours.day.recorded).toEqual(theirs.day.recorded);
  });

  test.each(FORMS)("%s: what was recorded plays", async (form) => {
    const path = intervalPath(form, fromMs, Date.now());
    expect(await decodeErrors(first.url + path)).toBe("");
  });

  test("a hung origin is told of, and no secret with it", async () => {
    await waitFor(
      "the words of the hung channel",
      async () => {
        const { state, words } = await channelReport(first, "hung");
        return state !== "recording" && words.includes("did not answer");
      },
      { timeoutMs: 15_000 },
    );
    expect(first.logText).not.toContain("sekret");
    expect(await first.text("/api/channels")).not.toContain("sekret");
  });
});
