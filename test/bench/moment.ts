import { GstServer } from "../rtsp/gst-server.ts";
import { channelReport, waitForRecording } from "../support/channels.ts";
import { Nightjar } from "../support/nightjar.ts";
import { finished } from "../support/processes.ts";
import { tempFolder, type TempFolder } from "../support/temp.ts";
import { CAMERA } from "./capture.ts";
import { median, milliseconds, type Row } from "./table.ts";

const ROUNDS = 5;
const LENGTH_SECONDS = 5;
/** Key frames of the camera are 2 s apart: so much may lie before the window. */
const BEFORE_SECONDS = 2;

/** The same films of a file that holds all of it, as somebody makes them by hand with the same settings. */
async function byHand(file: string, folder: TempFolder): Promise<void> {
  const gif = "fps=10,scale=480:-2:flags=fast_bilinear,split[p][c];[c]palettegen=stats_mode=diff[q]";
  const filters = `[0:v]split[film][small];[film]format=yuv420p[mp4];[small]${gif};[p][q]paletteuse=dither=bayer:bayer_scale=3:diff_mode=rectangle[gif]`;
  const cut = ["-ss", "1.5", "-t", `${LENGTH_SECONDS}`, "-i", file, "-filter_complex", filters];
  const mp4 = ["-map", "[mp4]", "-map", "0:a?", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "23"];
  const outputs = [...mp4, "-c:a", "aac", "-movflags", "+faststart", folder.file("hand.mp4")];
  const argv = ["ffmpeg", "-v", "error", "-y", ...cut, ...outputs, "-map", "[gif]", folder.file("hand.gif")];
  const { code, stderr } = await finished(argv, { timeoutMs: 60_000 });
  if (code !== 0) throw new Error(stderr);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** How long after the asking MP4 and GIF of what has just happened are there, against ffmpeg cutting them out of a file. */
export async function benchMoment(): Promise<Row[]> {
  await using gst = await GstServer.start({ mounts: { cam: CAMERA } });
  await using folder = await tempFolder();
  const channels = { cam: { source: gst.url("cam") } };
  await using server = await Nightjar.start({ folder: folder.path, config: { channels } });
  await waitForRecording(server, ["cam"], { withFootage: true });
  await Bun.sleep((LENGTH_SECONDS + 2 * BEFORE_SECONDS) * 1000);
  const { startMs } = (await channelReport(server, "cam")).day.recorded[0]!;
  const archive = `/cam/archive-${Math.floor(startMs / 1000)}-${LENGTH_SECONDS + BEFORE_SECONDS}.mp4`;
  const file = folder.file("whole.mp4");
  await Bun.write(file, await (await server.fetch(archive)).bytes());
  const ours: number[] = [];
  const peers: number[] = [];
  const moment = async (path: string): Promise<void> => {
    const answer = await server.fetch(`/cam/moment/generate/${path}`, {
      method: "POST",
      signal: AbortSignal.timeout(60_000),
    });
    const { length } = await answer.bytes();
    if (answer.status !== 200 || length < 1000) throw new Error(`${answer.status}, ${length} bytes`);
  };
  const delayed: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push(await timed(() => moment(`${LENGTH_SECONDS}`)));
    peers.push(await timed(() => byHand(file, folder)));
    delayed.push((await timed(() => moment(`${LENGTH_SECONDS}/${LENGTH_SECONDS}`))) - LENGTH_SECONDS * 1000);
  }
  const row = (what: string, times: readonly number[]): Row => ({
    what,
    ours: milliseconds(median(times)),
    against: "ffmpeg on a file, same settings",
    peer: milliseconds(median(peers)),
    ratio: median(times) / median(peers),
  });
  return [
    row("moment of 5 s of 1080p: asked for until MP4 and GIF are there", ours),
    row("the same with a delay: from the last picture on", delayed),
  ];
}
