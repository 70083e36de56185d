import { expect, test } from "bun:test";
import { makeClip } from "../rtsp/clip.ts";
import { OddServer } from "../rtsp/odd-server.ts";
import { channelReport, intervalPath, waitForRecording } from "../support/channels.ts";
import { decodeErrors } from "../support/ffmpeg.ts";
import { Nightjar } from "../support/nightjar.ts";
import { tempFolder } from "../support/temp.ts";
import { usageOf } from "../support/processes.ts";

test("a camera that drops each connection after 3 s, for 5 minutes, beside one that does not", async () => {
  await using folder = await tempFolder();
  const clip = await makeClip({ seconds: 4 });
  await using flapping = await OddServer.start(clip, { closeAfterMs: 3000 });
  await using steady = await OddServer.start(clip);
  const fromMs = Date.now() - 1000;
  const channels = { flapping: { source: flapping.url() }, steady: { source: steady.url() } };
  await using server = await Nightjar.start({ folder: folder.path, config: { channels } });
  await waitForRecording(server, ["steady"]);
  await Bun.sleep(60_000);
  const early = usageOf(server.pid).memoryBytes;
  await Bun.sleep(240_000);
  const toMs = Date.now();
  expect(usageOf(server.pid).memoryBytes).toBeLessThan(early * 1.5 + 20_000_000);
  expect((await channelReport(server, "steady")).day.recorded.length).toBe(1);
  const { day } = await channelReport(server, "flapping");
  // After a minute of failures it is tried every half a minute at the latest.
  expect(day.recorded.length).toBeGreaterThan(8);
  for (const id of ["flapping", "steady"]) {
    const errors = await decodeErrors(server.url + intervalPath(id, fromMs, toMs), { timeoutMs: 120_000 });
    expect({ id, errors }).toEqual({ id, errors: "" });
  }
}, 400_000);
