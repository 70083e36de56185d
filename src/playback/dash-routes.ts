import { Elysia } from "elysia";
import { access } from "../access/policy.ts";
import { TIME_PATH, type DashAnswers } from "./dash-answers.ts";
import { channelOf, type PlaybackDeps } from "./deps.ts";
import type { Lists } from "./lists.ts";
import { downloadQuery } from "./query-docs.ts";

const viewer = (summary: string) => access("viewer", { summary, tags: ["playback"], query: downloadQuery });

/** How far one can go back in a live manifest. */
const LIVE_DEPTH_MS = 600_000;

/** Live and day manifests below a channel's own address, and the time by which players reckon. */
export function dashRoutes(deps: PlaybackDeps, lists: Lists, answers: DashAnswers) {
  const { footage, clock } = deps;

  const live = (request: Request, id: string) => {
    const channel = channelOf(footage, id);
    return answers.dash(request, channel, "live", () => lists.live(channel, LIVE_DEPTH_MS));
  };

  return new Elysia({ name: "dash" })
    .get("/:channel/live.mpd", ({ params, request }) => live(request, params.channel), viewer("Live, DASH"))
    .get("/:channel/index.mpd", ({ params, request }) => live(request, params.channel), viewer("Live, DASH"))
    .get(
      "/:channel/stream/:day/playlist.mpd",
      ({ params, request }) => {
        const channel = channelOf(footage, params.channel);
        const { day } = params;
        const list = () => (day === "today" ? lists.today(channel) : lists.day(channel, day));
        return answers.dash(request, channel, day, list);
      },
      viewer("A day, DASH: today, 0 (the latest Monday) to 6, or a date"),
    )
    .get(
      TIME_PATH,
      () =>
        new Response(new Date(clock.nowMs()).toISOString(), {
          headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" },
        }),
      access("anyone", { summary: "The server's time, ISO 8601", tags: ["playback"] }),
    );
}
