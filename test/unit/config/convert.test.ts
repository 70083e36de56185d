import { describe, expect, test } from "bun:test";
import { ConfigEditor } from "../../../src/config/config-editor.ts";
import { configFromObject, loadConfig } from "../../../src/config/load.ts";
import { convertDates } from "../../../src/import/footage/convert-dates.ts";
import { NightjarError } from "../../../src/platform/errors.ts";
import { tempFolder } from "../../support/temp.ts";

const options = { cwd: "/tmp", folder: "/tmp", env: {}, systemZone: "UTC", reservedIds: [] };
const source = { source: "rtsp://h/s" };

const convertOf = (convert: unknown) =>
  configFromObject({ channels: { a: { ...source, convert } } }, options).channels.get("a")?.convert;

function mistakes(convert: unknown): readonly string[] {
  try {
    convertOf(convert);
  } catch (error) {
    if (error instanceof NightjarError) return error.details;
    throw error;
  }
  return [];
}

describe("convert", () => {
  test("is not done unless it is asked for", () => {
    const { channels } = configFromObject({ channels: { a: source } }, options);
    expect(channels.get("a")?.convert).toBeUndefined();
  });

  test("has defaults for everything, and a quality that fits the codec", () => {
    expect(convertOf({})).toEqual({
      afterMs: 172_800_000,
      codec: "h265",
      crf: 28,
      preset: "medium",
      encoder: "auto",
    });
    expect(convertOf({ codec: "h264" })?.crf).toBe(23);
    expect(
      convertOf({
        after: "5d",
        codec: "h264",
        crf: 0,
        preset: "slow",
        height: 720,
        fps: 5,
        encoder: "vaapi",
      }),
    ).toEqual({
      afterMs: 432_000_000,
      codec: "h264",
      crf: 0,
      preset: "slow",
      height: 720,
      fps: 5,
      encoder: "vaapi",
    });
  });

  test.each([
    { after: 48 },
    { codec: "av1" },
    { crf: 52 },
    { preset: "placebo" },
    { height: 721 },
    { fps: 0 },
    { encoder: "gpu" },
    { quality: 3 },
  ])("%p is a mistake that is named", (convert) => {
    const [line = ""] = mistakes(convert);
    expect(line).toContain(`convert.${Object.keys(convert)[0]}`);
  });
});

test("channels that take over date folders go on converting, unless they say otherwise", async () => {
  await using folder = await tempFolder();
  const file = folder.file("nightjar.yaml");
  await Bun.write(
    file,
    "channels:\n  yard: # the old one\n    source: upload\n  gate: { source: upload, convert: { after: 9d } }\n",
  );
  const loading = { ...options, cwd: folder.path };
  const editor = new ConfigEditor(loading);
  const said: string[] = [];
  const context = { editor, stdout: (line: string) => void said.push(line) };
  const before = await Bun.file(file).text();
  await convertDates(["yard", "gate"], { ...context, config: loadConfig(loading), isDryRun: true });
  expect(await Bun.file(file).text()).toBe(before);
  await convertDates(["yard", "gate"], { ...context, config: loadConfig(loading), isDryRun: false });
  const { channels } = loadConfig(loading);
  expect(channels.get("yard")?.convert?.afterMs).toBe(172_800_000);
  expect(channels.get("gate")?.convert?.afterMs).toBe(777_600_000);
  expect(await Bun.file(file).text()).toContain("# the old one");
  expect(said).toHaveLength(2);
  expect(said[0]).toContain("convert: { after: 48h } for yard");
});
