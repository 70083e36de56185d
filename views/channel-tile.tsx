import { livePath, type ChannelStatus } from "../src/status/channel-status.ts";
import { CoverageBar } from "./coverage-bar.tsx";
import { StateWords } from "./state-words.tsx";

/** Width of the pictures of the wall, in pixels. */
const PICTURE_WIDTH = 480;

/** A channel on the wall: its newest picture, its state in words, its day. */
export function ChannelTile({ channel, hasStills }: { channel: ChannelStatus; hasStills: boolean }) {
  const path = `/${channel.id}`;
  return (
    <article class="tile">
      <TilePicture channel={channel} hasStills={hasStills} />
      <div class="tile-text">
        <h2>
          <a href={path}>{channel.name}</a>
        </h2>
        <StateWords channel={channel} />
        <CoverageBar day={channel.today} dayPath={`${path}/${channel.today.date}`} words={channel.dayWords} />
        {channel.advice.map((line) => (
          <p key={line} class="quiet">
            {line}
          </p>
        ))}
      </div>
    </article>
  );
}

/**
 * The newest picture. The page's script renews it, so the part that is morphed leaves it alone; without footage
 * there are words, which are morphed until there is.
 */
function TilePicture({ channel, hasStills }: { channel: ChannelStatus; hasStills: boolean }) {
  const path = `/${channel.id}`;
  if (!channel.hasFootage) {
    return (
      <a class="tile-picture" href={path} tabIndex={-1} aria-hidden="true">
        <span class="tile-words">No picture yet</span>
      </a>
    );
  }
  const { picture } = channel;
  const isLive = channel.condition !== "retired";
  const heightPixels = picture ? Math.round((PICTURE_WIDTH * picture.height) / picture.width) : 270;
  return (
    <a
      class="tile-picture"
      href={path}
      tabIndex={-1}
      aria-label={`Watch ${channel.name}`}
      hx-morph-skip
      data-picture={hasStills ? `${path}/frame?width=${PICTURE_WIDTH}` : ""}
      data-live={isLive ? livePath(channel) : ""}
      data-codecs={[picture?.videoCodec, picture?.audioCodec].filter(Boolean).join(",")}
    >
      {hasStills ? (
        <img
          src={`${path}/frame?width=${PICTURE_WIDTH}`}
          alt={`Newest picture of ${channel.name}`}
          width={PICTURE_WIDTH}
          height={heightPixels}
          loading="lazy"
          decoding="async"
        />
      ) : (
        <span class="tile-words">No still picture without ffmpeg</span>
      )}
    </a>
  );
}
