import { CAMERA } from "./capture.ts";
import { GstServer } from "../rtsp/gst-server.ts";
import { channelReport, waitForRecording } from "../support/channels.ts";
import { Nightjar } from "../support/nightjar.ts";
import { cleanEnvironment } from "../support/processes.ts";
import { tempFolder } from "../support/temp.ts";
import { median, milliseconds, type Row } from "./table.ts";

const ROUNDS = 7;
/** Between two key frames of the camera. */
const GOP_MS = 2000;

async function timed(work: () => Promise<number>): Promise<number> {
  const started = performance.now();
  const bytes = await work();
  if (bytes < 1000) throw new Error(`A picture of ${bytes} bytes`);
  return performance.now() - started;
}

/** What a recorder does that has no footage: opens the camera and waits for a key frame. */
async function byOpening(url: string): Promise<number> {
  const argv = [
    "ffmpeg",
    "-v",
    "error",
    "-rtsp_transport",
    "tcp",
    "-i",
    url,
    "-frames:v",
    "1",
    "-f",
    "mjpeg",
  ];
  const child = Bun.spawn([...argv, "pipe:1"], { stderr: "inherit", env: cleanEnvironment() });
  const { length } = await new Response(child.stdout).bytes();
  await child.exited;
  return length;
}

/** Pictures of a camera that is recorded, against opening the camera with ffmpeg. */
export async function benchStill(): Promise<Row[]> {
  await using gst = await GstServer.start({ mounts: { cam: CAMERA } });
  await using folder = await tempFolder();
  const channels = { cam: { source: gst.url("cam") } };
  await using server = await Nightjar.start({ folder: folder.path, config: { channels } });
  await waitForRecording(server, ["cam"], { withFootage: true });
  const fromMs = (await channelReport(server, "cam")).day.recorded[0]!.startMs;
  await Bun.sleep((ROUNDS + 2) * GOP_MS);
  /** Another key frame each round, so that none comes from memory. */
  const still = (round: number, query: string) =>
    timed(async () => {
      const path = `/cam/frame?at=${fromMs + round * GOP_MS}${query}`;
      const response = await server.fetch(path);
      const { length } = await response.bytes();
      if (response.status !== 200) throw new Error(`${path}: ${response.status}`);
      return length;
    });
  const rounds = Array.from({ length: ROUNDS }, (_, round) => round);
  const series = async (work: (round: number) => Promise<number>, pauseMs = 0): Promise<number[]> => {
    const times: number[] = [];
    for (const round of rounds) {
      await Bun.sleep(pauseMs);
      times.push(await work(round));
    }
    return times;
  };
  const opening = await series(() => timed(() => byOpening(gst.url("cam"))));
  const peer = milliseconds(median(opening));
  const row = (what: string, times: readonly number[]): Row => ({
    what,
    ours: `${median(times).toFixed(1)} ms`,
    against: "ffmpeg opening the camera",
    peer,
    ratio: median(times) / median(opening),
  });
  return [
    row("a still of 1080p, now and then", await series((round) => still(round, `&width=${1900 + round}`))),
    row("the same, asked for regularly", await series((round) => still(round, ""), 300)),
    row("480 wide, regularly", await series((round) => still(round, "&width=480"), 300)),
    row("the same again", await series((round) => still(round, "&width=480"))),
  ];
}
