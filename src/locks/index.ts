import { Elysia } from "elysia";
import { z } from "zod";
import { identityOf } from "../access/identity.ts";
import { access } from "../access/policy.ts";
import type { Footage } from "../archive/footage.ts";
import { lockId } from "../archive/keep/lock-id.ts";
import type { Locks } from "../archive/keep/locks.ts";
import type { LockRow } from "../db/index/rows.ts";
import type { Clock } from "../platform/clock.ts";
import { badParameter, notFound } from "../platform/errors.ts";
import { channelOf } from "../playback/deps.ts";
import { parseTime } from "../playback/time-parameters.ts";

export type LockDeps = {
  footage: Footage;
  clock: Clock;
  /** All locks, of one channel. */
  list: (channel: string) => LockRow[];
  locks: Locks;
};

const MAX_WHY = 500;
const lockBody = z.strictObject({
  from: z.string().max(64),
  to: z.string().max(64),
  why: z.string().max(MAX_WHY).default(""),
});

const fresh = { "cache-control": "no-store" };

/** `[startMs, endMs)` of two times in a channel's zone. Throws `bad-request`. */
function spanOf(zone: string, from: string, to: string): { startMs: number; endMs: number } {
  const startMs = parseTime("from", from, zone);
  const endMs = parseTime("to", to, zone);
  if (endMs <= startMs) throw badParameter("to", to, "a time after from");
  return { startMs, endMs };
}

/** Spans of footage that retention leaves alone: listed, locked and released. */
export const lockRoutes = ({ footage, clock, list, locks }: LockDeps) =>
  new Elysia({ name: "locks" })
    .get(
      "/api/channels/:channel/locks",
      ({ params }) =>
        Response.json(
          {
            locks: list(channelOf(footage, params.channel).id).map((row) => ({
              ...row,
              id: lockId(row, row.recording),
            })),
          },
          { headers: fresh },
        ),
      access("viewer", {
        summary: "Locked spans of a channel",
        description: "One for each file that a lock covers a part of; those of one lock have the same id.",
      }),
    )
    .post(
      "/api/channels/:channel/locks",
      async ({ params, body, request }) => {
        const { id, zone } = channelOf(footage, params.channel);
        const who = identityOf(request)?.name ?? "";
        const asked = { ...spanOf(zone, body.from, body.to), who, why: body.why, sinceMs: clock.nowMs() };
        const span = locks.distinct(id, asked);
        const recordings = await locks.lock(id, span);
        if (recordings.length === 0)
          throw notFound(`Nothing of ${id} was recorded between ${body.from} and ${body.to}`);
        return Response.json({ id: lockId(span, ""), recordings }, { status: 201, headers: fresh });
      },
      { body: lockBody, ...access("operator", { summary: "Lock a span of a channel against retention" }) },
    )
    .delete(
      "/api/channels/:channel/locks",
      async ({ params, query }) => {
        const { id, zone } = channelOf(footage, params.channel);
        const one = query["id"] ?? "";
        if (one !== "")
          return Response.json({ released: await locks.releaseOne(id, one) }, { headers: fresh });
        const { startMs, endMs } = spanOf(zone, query["from"] ?? "", query["to"] ?? "");
        return Response.json({ released: await locks.release(id, startMs, endMs) }, { headers: fresh });
      },
      access("operator", {
        summary: "Release one lock by its id, or all that overlap a span of a channel",
        description: "Answers the recordings that are not locked any more.",
        query: {
          id: "Id of the lock; from and to are not needed then",
          from: "Begin of the span, in the channel's zone or with an offset",
          to: "Its end",
        },
      }),
    );
