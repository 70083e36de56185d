import { Elysia } from "elysia";
import { access } from "../access/policy.ts";
import type { LiveEdge, LiveFootage, LivePartContent, LivePartName } from "../archive/live/live-edge.ts";
import { notFound } from "../platform/errors.ts";
import { channelOf, type PlaybackDeps } from "./deps.ts";
import { immutableAnswer } from "./immutable-answer.ts";
import { parsePartAddress } from "./live-parts.ts";
import { whenLive } from "./live-wait.ts";
import { livePartBytes } from "./part-bytes.ts";

/** How long a part that was hinted at is waited for. */
const PART_WAIT_MS = 10_000;
/** Parts are asked for around the time they are made, and by nobody later. */
const KEPT_SECONDS = 60;

const nothingHere = () =>
  notFound("This part is not there", [
    "It is too old, its run has ended, or the address is not one of a playlist",
  ]);

/** Whether a part is yet to come: of the segment that is being made, or the first of the one behind it. */
function isToCome({ run, mediaSequence, part }: LivePartName, edge: LiveEdge | undefined): boolean {
  const next = edge?.next;
  if (!next || next.run !== run) return false;
  if (next.mediaSequence === mediaSequence) return !next.isClosed && part === next.parts.length;
  return next.mediaSequence + 1 === mediaSequence && part === 0;
}

async function contentOf(
  live: LiveFootage,
  deps: PlaybackDeps,
  { channel, name, signal }: { channel: string; name: LivePartName; signal: AbortSignal },
): Promise<LivePartContent | undefined> {
  const wait = { live, clock: deps.clock, channel, signal, limitMs: PART_WAIT_MS };
  const found = await whenLive(wait, () => {
    const content = live.livePart(channel, name);
    return content ?? (isToCome(name, live.liveEdge(channel)) ? undefined : "never");
  });
  return found === "never" ? undefined : found;
}

/** Parts of live segments; one that was hinted at is waited for. */
export function partRoutes(deps: PlaybackDeps) {
  return new Elysia({ name: "parts" }).get(
    "/:channel/part/:name",
    async ({ params, request }) => {
      const channel = channelOf(deps.footage, params.channel);
      const name = parsePartAddress(params.name);
      const { live } = deps;
      const content =
        name && live && (await contentOf(live, deps, { channel: channel.id, name, signal: request.signal }));
      if (!content) throw nothingHere();
      const bytes = await livePartBytes(deps.footage, content);
      if (!bytes) throw nothingHere();
      return immutableAnswer(request, {
        tag: params.name,
        contentType: "video/mp4",
        maxAgeSeconds: KEPT_SECONDS,
        sizeBytes: () => bytes.length,
        bytes: () => bytes,
      });
    },
    access("viewer", {
      summary: "A part of a live segment: <run>-<media sequence>-<n>.m4s",
      tags: ["media"],
    }),
  );
}
