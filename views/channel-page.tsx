import type { StorageAway } from "../src/archive/roots/root.ts";
import type { ChannelStatus } from "../src/status/channel-status.ts";
import { ChannelNow, ChannelState } from "./channel-now.tsx";
import { Layout } from "./layout.tsx";
import { Player, type PlayerProps } from "./player.tsx";
import { fieldTime } from "../src/platform/zone.ts";
import { MomentForm } from "./films/moment-part.tsx";
import { quietPolling } from "./polling.ts";
import type { ShownDay } from "./shown-day.ts";
import type { Site } from "./site.ts";
import { SpanPart } from "./spans/span-form.tsx";
import { StorageAwayNotice } from "./storage-away.tsx";

export type ChannelPageProps = PlayerProps & {
  site: Site;
  /** Whether who looks may make and lock something. */
  mayChange: boolean;
  /** Why there may be footage that is not known now. */
  away?: StorageAway | undefined;
};

const SPAN_MS = 5 * 60_000;

/** What is chosen of a day at first: its newest five minutes, of a day that is over the first ones. */
function usualSpan({ day, isToday }: ShownDay): { from: string; to: string } {
  const [first] = day.spans;
  const last = day.spans.at(-1);
  const startMs = isToday
    ? Math.max(day.startMs, (last?.endMs ?? day.nowMs) - SPAN_MS)
    : (first?.startMs ?? day.startMs);
  const endMs = Math.min(startMs + SPAN_MS, isToday ? (last?.endMs ?? day.nowMs) : day.endMs);
  return { from: fieldTime(startMs, day.zone), to: fieldTime(endMs, day.zone) };
}

/** `/<channel>` and `/<channel>/<date>`: a day and its player, which lies outside the part that renews itself. */
export function ChannelPage({ site, mayChange, away, ...player }: ChannelPageProps) {
  const { channel, shown } = player;
  const { assets } = site;
  const title = shown.isToday ? channel.name : `${channel.name}, ${shown.title}`;
  // Today's page goes back to footage of earlier days, and forward to what comes.
  const isWatchable = channel.hasFootage && (shown.isToday || shown.day.spans.length > 0);
  return (
    <Layout
      title={title}
      site={{ ...site, zone: channel.zone }}
      here={shown.isToday ? "live" : "dates"}
      width="wide"
      scripts={{ classic: [assets.hls], modules: [assets.bar, assets.player, assets.span] }}
    >
      <div class="head">
        <div>
          <h1>{channel.name}</h1>
          {shown.isToday && <ChannelState channel={channel} />}
        </div>
        <DayNav channel={channel} shown={shown} />
      </div>
      {!channel.hasFootage && <NothingYet channel={channel} away={away} />}
      {isWatchable && <Player {...player} />}
      {isWatchable && mayChange && shown.isToday && player.hasStills && <MomentForm channel={channel.id} />}
      {isWatchable && <SpanPart channel={channel} shown={shown} {...usualSpan(shown)} />}
      {channel.hasFootage && !isWatchable && <NothingThen shown={shown} away={away} />}
      <div id="now" {...(shown.isToday ? { "hx-get": `/${channel.id}`, ...quietPolling } : {})}>
        <ChannelNow channel={channel} shown={shown} />
      </div>
    </Layout>
  );
}

function NothingYet({ channel, away }: { channel: ChannelStatus; away: StorageAway | undefined }) {
  if (away) return <StorageAwayNotice away={away} zone={channel.zone} />;
  if (channel.kind === "upload") {
    return (
      <p class="notice">
        There is no footage yet. <a href={`/-/files/${channel.id}`}>How to send files here</a>
      </p>
    );
  }
  return (
    <p class="notice">
      There is no footage yet. Once the first segment is {channel.kind === "folder" ? "found" : "recorded"},
      load this page again to watch it.
    </p>
  );
}

/** Stands where the player is on days with footage. */
function NothingThen({ shown, away }: { shown: ShownDay; away: StorageAway | undefined }) {
  if (away) return <StorageAwayNotice away={away} zone={shown.day.zone} />;
  return <p class="notice">{shown.words}. The links above lead to the nearest days with footage.</p>;
}

/** From day to day, over those without footage. */
function DayNav({ channel, shown }: { channel: ChannelStatus; shown: ShownDay }) {
  const path = `/${channel.id}`;
  return (
    <nav class="day-nav" aria-label="Days">
      {shown.before !== undefined && (
        <a href={`${path}/${shown.before}`} rel="prev">
          ‹ Earlier day
        </a>
      )}
      <a href={`/dates?channel=${channel.id}`} class="day-title">
        {shown.title}
      </a>
      {shown.after !== undefined && (
        <a href={`${path}/${shown.after}`} rel="next">
          Later day ›
        </a>
      )}
      {shown.timelapse !== undefined && <a href={shown.timelapse}>Timelapse</a>}
      {!shown.isToday && channel.condition !== "retired" && <a href={path}>Now</a>}
    </nav>
  );
}
