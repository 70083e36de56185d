import { expect, test } from "bun:test";
import { GstServer } from "../rtsp/gst-server.ts";
import { channelReport, intervalPath, waitForRecording } from "../support/channels.ts";
import { decodeErrors } from "../support/ffmpeg.ts";
import { Nightjar } from "../support/nightjar.ts";
import { freePort } from "../support/ports.ts";
import { tempFolder } from "../support/temp.ts";
import { waitFor } from "../support/wait.ts";

const AWAY_MS = 7 * 60_000;
/** The longest pause between two tries, and the time that a first sample needs. */
const RETURN_LIMIT_MS = 35_000;

test("a camera that was away for 7 minutes is recorded again within 35 s", async () => {
  await using folder = await tempFolder();
  const port = await freePort();
  let camera = await GstServer.start({ mounts: ["h264-aac"], port });
  try {
    const source = camera.url("h264-aac");
    const fromMs = Date.now() - 1000;
    await using server = await Nightjar.start({
      folder: folder.path,
      config: { channels: { cam: { source } } },
    });
    await waitForRecording(server, ["cam"], { withFootage: true });
    await camera.stop();
    await Bun.sleep(AWAY_MS);
    camera = await GstServer.start({ mounts: ["h264-aac"], port });
    const backMs = Date.now();
    const next = await waitFor(
      "footage after the return",
      async () =>
        (await channelReport(server, "cam")).day.recorded.find((span) => span.startMs > backMs - 500),
      { timeoutMs: 60_000, everyMs: 500 },
    );
    expect(next!.startMs - backMs).toBeLessThanOrEqual(RETURN_LIMIT_MS);
    const { gaps } = (await channelReport(server, "cam")).day;
    expect(gaps).toHaveLength(1);
    expect(gaps[0]!.endMs - gaps[0]!.startMs).toBeGreaterThan(AWAY_MS - 5000);
    const outage = server.lines.filter((line) => line.includes("cam") && /WRN|ERR/.test(line));
    expect(outage).toHaveLength(1);
    const path = intervalPath("cam", fromMs, Date.now());
    expect(await decodeErrors(server.url + path)).toBe("");
  } finally {
    await camera.stop();
  }
}, 600_000);
