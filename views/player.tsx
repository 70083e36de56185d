import { codecWords, livePath, type ChannelStatus } from "../src/status/channel-status.ts";
import { DayBar } from "./channel-now.tsx";
import { PlayerControls, Shortcuts } from "./player-controls.tsx";
import type { ShownDay } from "./shown-day.ts";
import { SpanLayer } from "./spans/span-form.tsx";

export type PlayerProps = {
  channel: ChannelStatus;
  shown: ShownDay;
  /** Whether to begin with live pictures; otherwise at `atMs`, or with the first footage of the day. */
  isLive: boolean;
  /** The moment that the address asks for, ms UTC. */
  atMs?: number | undefined;
  /** Whether still pictures can be made. */
  hasStills: boolean;
};

const STILL_WIDTH = 1280;

/** The picture, the day as a scrub bar, and all that can be done with them. */
export function Player({ channel, shown, isLive, atMs, hasStills }: PlayerProps) {
  const { picture } = channel;
  const codecs = [picture?.videoCodec, picture?.audioCodec].filter((codec) => codec !== undefined);
  const path = `/${channel.id}`;
  const { day } = shown;
  const beginMs = atMs ?? (isLive ? undefined : (day.spans[0]?.startMs ?? day.startMs));
  const still = `${path}/frame?width=${STILL_WIDTH}`;
  const poster = atMs === undefined ? still : `${still}&at=${Math.floor(atMs)}`;
  return (
    <section
      id="player"
      class="player"
      aria-label="Player"
      data-channel={path}
      data-page={shown.isToday ? path : shown.path}
      data-live={channel.condition === "retired" ? "" : livePath(channel)}
      data-day-list={`${path}/stream/${shown.isToday ? "today" : day.date}/playlist.m3u8`}
      data-timelines={`/api/channels/${channel.id}/timelines?day=${shown.isToday ? "today" : day.date}`}
      data-still={hasStills ? still : ""}
      data-films={shown.films?.join(" ") ?? ""}
      data-zone={channel.zone}
      data-codecs={codecs.join(",")}
      data-codec-name={picture ? codecWords(picture.videoCodec) : ""}
      data-frame-rate={picture?.frameRate ?? 25}
      {...(shown.isToday ? { "data-today": "" } : {})}
      {...(shown.after === undefined ? {} : { "data-after": `${path}/${shown.after}` })}
      {...(beginMs === undefined ? {} : { "data-at": beginMs })}
    >
      <div class="picture">
        <video
          muted
          playsInline
          {...(hasStills && (isLive || atMs !== undefined) ? { poster } : {})}
          {...(picture ? { width: picture.width, height: picture.height } : {})}
        />
        <img class="still" data-still-picture alt={`Still picture of ${channel.name}`} hidden />
        <p class="player-message" data-message role="status" hidden />
      </div>
      <div class="scrub-box">
        <div
          class="scrub"
          data-scrub
          role="slider"
          tabIndex={0}
          aria-label="Time of day"
          aria-valuemin={0}
          aria-valuemax={Math.round((day.endMs - day.startMs) / 1000)}
          aria-valuenow={0}
          aria-valuetext={shown.words}
        >
          <DayBar shown={shown} />
        </div>
        <SpanLayer />
        <div class="preview" data-preview hidden>
          <img data-preview-picture alt="" width="240" height="135" />
          <span data-preview-words />
        </div>
      </div>
      <PlayerControls channel={channel} shown={shown} isLive={isLive} atMs={beginMs} hasStills={hasStills} />
      <Shortcuts />
    </section>
  );
}
