import { Elysia } from "elysia";
import { access } from "../access/policy.ts";
import type { Footage } from "../archive/footage.ts";
import { badParameter, notFound } from "../platform/errors.ts";
import { isoOf } from "../platform/zone.ts";
import { channelOf } from "../playback/deps.ts";
import { clipKinds, type Clip, type ClipKind, type Clips } from "./clip.ts";
import { clipFile } from "./clip-file.ts";
import { clipPoster } from "./clip-poster.ts";

export type ClipRoutesDeps = { clips: Clips; footage: Footage };

const fresh = { "cache-control": "no-store" };

const missing = (id: string) => notFound(`There is no film ${JSON.stringify(id.slice(0, 40))}`);

function clipNumbered(clips: Clips, id: string): Clip {
  const clip = /^[1-9]\d{0,14}$/.test(id) ? clips.get(Number(id)) : undefined;
  if (!clip) throw missing(id);
  return clip;
}

const kindOf = (given: string): ClipKind => {
  const kind = clipKinds.find((known) => known === given);
  if (kind) return kind;
  throw badParameter("kind", given.slice(0, 40), clipKinds.join(", "));
};

/** Address of a film's MP4, GIF or picture, by its number. */
export const clipAddress = (id: number, file: "mp4" | "gif" | "jpg"): string => `/-/clips/${id}.${file}`;

/** A film for programs. */
export const clipJson = (clip: Clip, zone: string) => ({
  ...(clip.id === undefined ? {} : { id: clip.id }),
  kind: clip.kind,
  channel: clip.channel,
  start: isoOf(clip.startMs, zone),
  end: isoOf(clip.endMs, zone),
  local_time: clip.localTime,
  whole_day: clip.isWholeDay,
  ...(clip.durationMs === undefined ? {} : { duration_seconds: clip.durationMs / 1000 }),
  size_bytes: clip.sizeBytes,
  created: isoOf(clip.createdMs, zone),
  gif: clip.hasGif,
  adopted: clip.isAdopted,
  ...(clip.id === undefined ? {} : { address: clipAddress(clip.id, "mp4") }),
});

/** Films by their numbers: listed, played, deleted. */
export const clipRoutes = ({ clips, footage }: ClipRoutesDeps) =>
  new Elysia({ name: "clips" })
    .get(
      "/api/clips",
      ({ request }) => {
        const query = new URL(request.url).searchParams;
        const [kind, id] = [query.get("kind"), query.get("channel")];
        const kinds = kind === null || kind === "" ? clipKinds : [kindOf(kind)];
        const channel = id === null || id === "" ? undefined : channelOf(footage, id).id;
        const found = kinds.flatMap((each) => clips.list(each, channel));
        const zoneOf = (clip: Clip) => footage.channel(clip.channel)?.zone ?? "UTC";
        return Response.json(
          { clips: found.map((clip) => clipJson(clip, zoneOf(clip))) },
          { headers: fresh },
        );
      },
      access("viewer", {
        summary:
          "Timelapses, moments and clips, those of earlier tools among them, the newest of each kind first",
        tags: ["clips"],
        query: { kind: clipKinds.join(", "), channel: "Those of one channel" },
      }),
    )
    .get(
      "/-/clips/:file",
      ({ params, request }) => {
        const [, id = "", file] = /^(\d+)\.(mp4|gif|jpg)$/.exec(params.file) ?? [];
        if (file === undefined) throw missing(params.file);
        if (file === "jpg") return clipPoster(request, clips, clipNumbered(clips, id));
        return clipFile(request, clips, clipNumbered(clips, id), file === "gif" ? "gif" : "mp4");
      },
      access("viewer", {
        summary: "A film: <number>.mp4 or <number>.gif; a picture of it: <number>.jpg",
        tags: ["media"],
      }),
    )
    .delete(
      "/api/clips/:id",
      async ({ params }) => {
        const { id } = clipNumbered(clips, params.id);
        if (id !== undefined) await clips.delete(id);
        return new Response(null, { status: 204, headers: fresh });
      },
      access("operator", { summary: "Delete a film", tags: ["clips"] }),
    );
