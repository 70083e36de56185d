import { Elysia } from "elysia";
import { identityOf } from "../access/identity.ts";
import { access } from "../access/policy.ts";
import type { Footage } from "../archive/footage.ts";
import { channelOf } from "../playback/deps.ts";
import { channelDetails, channelSummary } from "./api.ts";
import { healthHttpStatus, healthOf } from "./health.ts";
import type { StatusReader } from "./status.ts";

const fresh = { "cache-control": "no-store" };

/** `/health` for monitors, and the JSON of the channels. Neither holds a secret. */
export const statusRoutes = ({ status, footage }: { status: StatusReader; footage: Footage }) =>
  new Elysia({ name: "status" })
    .get(
      "/health",
      ({ request }) => {
        const health = healthOf(status.all(), status.uptimeMs());
        // Reasons name channels and folders, which strangers need not know.
        const reasons = health.reasons.map(({ code }) => ({ code }));
        const shown = identityOf(request) ? health : { ...health, reasons };
        return Response.json(shown, { status: healthHttpStatus(health), headers: fresh });
      },
      access("anyone", { summary: "Whether Nightjar records, with reasons when it does not" }),
    )
    .get(
      "/api/channels",
      () => Response.json({ channels: status.all().channels.map(channelSummary) }, { headers: fresh }),
      access("viewer", { summary: "All channels and their state" }),
    )
    .get(
      "/api/channels/:channel",
      ({ params }) => {
        const channel = status.channel(channelOf(footage, params.channel));
        return Response.json(channelDetails(channel), { headers: fresh });
      },
      access("viewer", { summary: "One channel: its state, and its day with each gap and its reason" }),
    );
