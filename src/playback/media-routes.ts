import { Elysia } from "elysia";
import { access } from "../access/policy.ts";
import type { Footage } from "../archive/footage.ts";
import { initForTrack } from "../media/fmp4/init.ts";
import { notFound } from "../platform/errors.ts";
import { parseInitAddress, parseSegmentAddress, parseTimedAddress, type SegmentForm } from "./addresses.ts";
import { channelOf, type PlaybackDeps } from "./deps.ts";
import { ImmutableAnswers, immutableAnswer, type ImmutableBody } from "./immutable-answer.ts";
import { segmentBody, segmentSizeBytes, type StoredSegment } from "./segment-body.ts";
import { segmentByOrdinal, segmentByTicks } from "./segment-lookup.ts";

const viewer = (summary: string) => access("viewer", { summary, tags: ["media"] });

const nothingHere = () =>
  notFound("This footage is not there", [
    "It was deleted or replaced, or the address is not one of a playlist",
  ]);

function bodyOf(footage: Footage, stored: StoredSegment, form: SegmentForm): ImmutableBody {
  const { recording, run, segment } = stored;
  if (form === "a.m4s" && run.audioCodec === null) throw notFound("This footage has no sound");
  return {
    tag: `${recording.id}-${segment.ordinal}.${form}`,
    contentType: form === "ts" ? "video/mp2t" : form === "a.m4s" ? "audio/mp4" : "video/mp4",
    sizeBytes: () => segmentSizeBytes(footage, stored, form),
    bytes: () => segmentBody(footage, stored, form),
  };
}

function segmentOf(footage: Footage, channelId: string, name: string): ImmutableBody {
  const channel = channelOf(footage, channelId);
  const address = parseSegmentAddress(name);
  const stored = address && segmentByOrdinal(footage, address.recording, address.ordinal);
  if (!stored || footage.channel(stored.recording.channel)?.id !== channel.id) throw nothingHere();
  return bodyOf(footage, stored, address.form);
}

function timedSegmentOf(footage: Footage, channelId: string, place: string, name: string): ImmutableBody {
  const channel = channelOf(footage, channelId);
  const address = parseTimedAddress(place, name);
  const stored = address && segmentByTicks(footage, channel.id, address.place, address.ticks);
  if (!stored) throw nothingHere();
  return bodyOf(footage, stored, address.form);
}

function initOf(footage: Footage, channelId: string, name: string): ImmutableBody {
  const channel = channelOf(footage, channelId);
  const address = parseInitAddress(name);
  const run = address && footage.run(address.run);
  if (!run || footage.channel(run.channel)?.id !== channel.id) throw nothingHere();
  if (run.format === "ts") throw notFound("This footage is MPEG-TS, which has no initialization section");
  const { form } = address;
  if (form === "a.mp4" && run.audioCodec === null) throw notFound("This footage has no sound");
  const bytes = () =>
    new Uint8Array(form === "mp4" ? run.init : initForTrack(run.init, form === "v.mp4" ? "video" : "audio"));
  return {
    tag: `${run.id}.${form}`,
    contentType: form === "a.mp4" ? "audio/mp4" : "video/mp4",
    sizeBytes: () => bytes().length,
    bytes,
  };
}

/** Segments and inits. */
export function mediaRoutes({ footage }: PlaybackDeps) {
  const answers = new ImmutableAnswers();
  return new Elysia({ name: "media" })
    .get(
      "/:channel/segment/:name",
      ({ params: { channel, name }, request }) =>
        answers.answer(request, `${channel} ${name}`, () => segmentOf(footage, channel, name)),
      viewer(
        "A segment: <recording>-<n>.m4s; .i.m4s with its init; .v.m4s or .a.m4s one track; .ts of MPEG-TS",
      ),
    )
    .get(
      "/:channel/media/:place/:name",
      ({ params: { channel, place, name }, request }) =>
        answers.answer(request, `${channel} ${place} ${name}`, () =>
          timedSegmentOf(footage, channel, place, name),
        ),
      viewer("A segment by its media time, for DASH: <wall ms>-<ticks>/<ticks>.v.m4s or .a.m4s"),
    )
    .get(
      "/:channel/init/:name",
      ({ params, request }) => immutableAnswer(request, initOf(footage, params.channel, params.name)),
      viewer("An initialization section: <run>.mp4; .v.mp4 or .a.mp4 one track"),
    );
}
