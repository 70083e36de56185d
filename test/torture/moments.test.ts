import { expect, test } from "bun:test";
import { TimeCamera } from "../rtsp/time-camera.ts";
import { waitForRecording } from "../support/channels.ts";
import { faultsOf, lengthOfPictures, makeMoment, uploadNewest } from "../support/moment-check.ts";
import { Nightjar } from "../support/nightjar.ts";
import { tempFolder } from "../support/temp.ts";

const LENGTHS = Array.from({ length: 17 }, (_, index) => 4 + index);
const DELAYS = [0, 5, 10];

test.each(["h264", "h265"] as const)(
  "moments of an %s camera, of every length and with delays of 0, 5 and 10 s, have their length within a picture and show their window",
  async (codec) => {
    await using folder = await tempFolder();
    await using camera = await TimeCamera.start({ codec });
    const channels = { cam: { source: camera.url } };
    await using server = await Nightjar.start({ folder: folder.path, config: { channels } });
    await waitForRecording(server, ["cam"], { withFootage: true });
    await Bun.sleep(25_000);
    const faults: string[] = [];
    for (const delay of DELAYS)
      for (const length of LENGTHS) {
        const found = faultsOf(await makeMoment(server, "cam", { length, delay }), length);
        if (found.length > 0) faults.push(`${length} s after ${delay} s: ${found.join(", ")}`);
      }
    expect(faults).toEqual([]);
  },
);

test("a moment of uploaded files waits for what is on its way, then shows what there is and says what is missing", async () => {
  await using folder = await tempFolder();
  const channels = { gate: { source: "upload" } };
  await using server = await Nightjar.start({ folder: folder.path, config: { channels, timezone: "UTC" } });
  await uploadNewest(server, "gate", folder.file("part.ts"), 10);
  const part = await server.fetch("/gate/moment/generate/5/5", {
    method: "POST",
    signal: AbortSignal.timeout(60_000),
  });
  expect(part.status).toBe(200);
  const missing = Number(part.headers.get("x-missing-seconds"));
  const left = await lengthOfPictures(server.url + (part.headers.get("content-location") ?? ""));
  expect(missing).toBeGreaterThan(1);
  expect(Math.abs(left + missing * 1000 - 5000)).toBeLessThan(150);
});
