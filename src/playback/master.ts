import type { FootageChannel } from "../archive/footage.ts";
import { parseSegmentHeader } from "../media/fmp4/segment.ts";
import { multivariantPlaylist, PLAYLIST_TYPE } from "../media/m3u8.ts";
import { channelPrefix } from "./addresses.ts";
import { bitrateOf } from "./bitrate.ts";
import type { PlaybackDeps } from "./deps.ts";
import type { Lists } from "./lists.ts";
import { withMediaFile } from "./media-file.ts";
import { downloadAnswer, isForVlc, textAnswer, wantsDownload } from "./playlist-answers.ts";
import type { Stretch } from "./stretch.ts";

/** Pictures a second of a stretch's newest segment, counted, where the parameter sets don't tell. */
async function frameRateOf({ footage }: PlaybackDeps, stretch: Stretch): Promise<number | undefined> {
  const { run, recording } = stretch;
  if (run.frameRate !== null) return run.frameRate;
  if (run.format !== "nightjar") return undefined;
  const segment = stretch.segments.at(-1);
  if (!segment || segment.durationTicks <= 0) return undefined;
  try {
    const header = new Uint8Array(segment.headerBytes);
    await withMediaFile(footage, recording, (reader) =>
      reader.read(header, recording.baseOffsetBytes + segment.offsetBytes),
    );
    return (parseSegmentHeader(header).video.samples.length * run.videoTimescale) / segment.durationTicks;
  } catch {
    // The attribute is optional; the list is worth more than it.
    return undefined;
  }
}

/** The multivariant playlist of a channel: its live list, described by what was recorded last. */
export async function masterAnswer(
  deps: PlaybackDeps,
  lists: Lists,
  request: Request,
  channel: FootageChannel,
): Promise<Response> {
  const url = new URL(request.url);
  const isVlc = isForVlc(request, url.searchParams);
  if (wantsDownload(url.searchParams)) return downloadAnswer(request, channel.id, deps.publicUrl);
  const { stretches } = lists.live(channel);
  const newest = stretches.at(-1);
  if (!newest) throw new RangeError("a live list has at least one segment");
  const { run } = newest;
  const { peakBps, averageBps } = bitrateOf(stretches, ["video", "audio"]);
  const frameRate = await frameRateOf(deps, newest);
  const text = multivariantPlaylist([
    {
      uri: `${channelPrefix(url.pathname, channel.id)}live.m3u8${isVlc ? "?player=vlc" : ""}`,
      peakBitrateBps: peakBps,
      averageBitrateBps: averageBps,
      codecs: run.audioCodec === null ? [run.videoCodec] : [run.videoCodec, run.audioCodec],
      width: run.width,
      height: run.height,
      ...(frameRate === undefined ? {} : { frameRate }),
    },
  ]);
  return textAnswer(request, text, PLAYLIST_TYPE, true);
}
