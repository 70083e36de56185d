import { z } from "zod";
import { parseMediaPlaylist, type ParsedMediaPlaylist } from "../../src/media/m3u8-parse.ts";
import type { Nightjar } from "./nightjar.ts";
import { waitFor } from "./wait.ts";

const span = z.object({ startMs: z.number(), endMs: z.number() });
const gap = span.extend({ reason: z.string(), detail: z.string(), isOpen: z.boolean() });
const channel = z.object({
  id: z.string(),
  state: z.string(),
  words: z.string(),
  day: z.object({ recorded: z.array(span), gaps: z.array(gap) }),
});

/** A channel as `/api/channels/<id>` tells it. Times in ms UTC. */
export type ChannelReport = z.infer<typeof channel>;

export async function channelReport(server: Nightjar, id: string): Promise<ChannelReport> {
  return channel.parse(JSON.parse(await server.text(`/api/channels/${id}`)));
}

/** As much of a log is told with a failure, in characters. */
const LOG_END = 4000;

/** Waits until each channel says that it is recording, and has something to play if `withFootage`. */
export async function waitForRecording(
  server: Nightjar,
  ids: readonly string[],
  { timeoutMs = 20_000, withFootage = false }: { timeoutMs?: number; withFootage?: boolean } = {},
): Promise<void> {
  for (const id of ids) {
    const recording = waitFor(
      `${id} recording`,
      async () => {
        if (!server.isRunning) return true;
        const { state, words, day } = await channelReport(server, id);
        if (state !== "recording") throw new Error(words);
        return !withFootage || day.recorded.length > 0;
      },
      { timeoutMs, everyMs: 100 },
    );
    await recording.catch((error: unknown) => {
      throw new Error(`${String(error)}\n${server.logText.slice(-LOG_END)}`);
    });
  }
  if (!server.isRunning) throw new Error(`It ended:\n${server.logText}`);
}

/** Address of all that lies between two times, as HLS, or as DASH by its ending. Times in ms UTC. */
export const intervalPath = (
  id: string,
  fromMs: number,
  toMs: number,
  ending: "m3u8" | "mpd" = "m3u8",
): string => {
  const fromSeconds = Math.floor(fromMs / 1000);
  return `/${id}/archive-${fromSeconds}-${Math.floor(toMs / 1000) - fromSeconds}.${ending}`;
};

/** A playlist of the server, parsed, with absolute addresses. */
export async function playlistOf(server: Nightjar, path: string): Promise<ParsedMediaPlaylist> {
  const list = parseMediaPlaylist(await server.text(path));
  const absolute = (uri: string) => new URL(uri, server.url + path).href;
  const segments = list.segments.map((segment) => ({
    ...segment,
    uri: absolute(segment.uri),
    ...(segment.mapUri === undefined ? {} : { mapUri: absolute(segment.mapUri) }),
  }));
  return { ...list, segments };
}

/** Sum of the durations that a playlist lists, in seconds. */
export const listedSeconds = (list: ParsedMediaPlaylist): number =>
  list.segments.reduce((sum, segment) => sum + segment.durationSeconds, 0);
