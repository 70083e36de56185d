import { GstServer } from "../rtsp/gst-server.ts";
import { channelReport, intervalPath, playlistOf, waitForRecording } from "../support/channels.ts";
import { decodeErrors } from "../support/ffmpeg.ts";
import { Nightjar } from "../support/nightjar.ts";
import { tempFolder } from "../support/temp.ts";

const cameras = ["h264-aac", "h264", "h264-alaw", "sync"] as const;

export type KillReport = {
  kills: number;
  /** For each kill and channel: seconds between the end of what was kept and the kill. */
  lostSeconds: number[];
  /** Everything that was not as it must be, in words. */
  faults: string[];
};

/** What an answer holds: a hash of its bytes, or the status when it is an error. */
async function contentOf(server: Nightjar, path: string): Promise<string> {
  const response = await server.fetch(path);
  const body = await response.arrayBuffer();
  return response.ok ? Bun.hash(body).toString(36) : `status ${response.status}`;
}

/** Addresses of the newest that a channel lists live, and what is behind each. */
async function listedContent(server: Nightjar, id: string): Promise<Map<string, string>> {
  const list = await playlistOf(server, `/${id}/live.m3u8`);
  const contents = new Map<string, string>();
  for (const { uri } of list.segments.slice(-5)) {
    const { pathname } = new URL(uri);
    contents.set(pathname, await contentOf(server, pathname));
  }
  return contents;
}

/**
 * Kills a server that records four cameras, again and again at random moments, and looks at what is left: every
 * segment that was listed is there with the same bytes, nothing runs on, all decodes, each gap has its reason.
 */
export async function killSeries(kills: number, { minMs = 5000, maxMs = 12_000 } = {}): Promise<KillReport> {
  await using folder = await tempFolder();
  await using gst = await GstServer.start({ mounts: cameras });
  const channels = Object.fromEntries(cameras.map((name) => [name, { source: gst.url(name) }]));
  const options = { folder: folder.path, config: { channels } };
  const report: KillReport = { kills, lostSeconds: [], faults: [] };
  const fromMs = Date.now() - 1000;
  const killedMs: number[] = [];
  let listed = new Map<string, string>();
  for (let kill = 0; kill <= kills; kill++) {
    await using server = await Nightjar.start(options);
    for (const [path, before] of listed) {
      const now = await contentOf(server, path);
      if (now !== before) report.faults.push(`kill ${kill}: ${path} was ${before}, is ${now}`);
    }
    await waitForRecording(server, cameras, { timeoutMs: 30_000 });
    await Bun.sleep(minMs + Math.random() * (maxMs - minMs));
    if (kill === kills) {
      report.faults.push(...(await lookAtAll(server, fromMs, killedMs, report)));
      break;
    }
    listed = new Map();
    for (const id of cameras) for (const entry of await listedContent(server, id)) listed.set(...entry);
    await server.kill();
    killedMs.push(Date.now());
    try {
      await server.nothingLeft();
    } catch (error) {
      report.faults.push(String(error));
    }
  }
  return report;
}

async function lookAtAll(
  server: Nightjar,
  fromMs: number,
  killedMs: readonly number[],
  report: KillReport,
): Promise<string[]> {
  const faults: string[] = [];
  for (const id of cameras) {
    const errors = await decodeErrors(server.url + intervalPath(id, fromMs, Date.now()), {
      timeoutMs: 300_000,
    });
    if (errors !== "") faults.push(`${id}: ${errors}`);
    const { day } = await channelReport(server, id);
    for (const atMs of killedMs) {
      const kept = day.recorded.filter(({ endMs }) => endMs <= atMs + 500).at(-1);
      if (kept === undefined) faults.push(`${id}: nothing kept before the kill at ${atMs}`);
      else report.lostSeconds.push((atMs - kept.endMs) / 1000);
      const gap = day.gaps.find(({ startMs, endMs }) => startMs <= atMs && endMs >= atMs);
      if (gap?.reason !== "interrupted")
        faults.push(`${id}: the gap at ${atMs} says ${gap?.reason ?? "nothing"}`);
    }
  }
  return faults;
}
