import type { PlayerProps } from "./player.tsx";

const SPEEDS = [0.5, 1, 2, 4, 8];
const HOUR_SECONDS = 3600;

/** What can be done with what plays. Shown by the player's script; links work without it. */
export function PlayerControls({ channel, shown, isLive, atMs, hasStills }: PlayerProps) {
  const path = `/${channel.id}`;
  const { day } = shown;
  const fromMs = atMs ?? Math.max(day.startMs, Math.min(day.nowMs, day.endMs) - HOUR_SECONDS * 1000);
  const hour = `${path}/archive-${Math.floor(fromMs / 1000)}-${HOUR_SECONDS}.mp4`;
  const list = isLive ? `${path}/live.m3u8` : `${path}/stream/${day.date}/playlist.m3u8`;
  return (
    <>
      <div class="player-row" data-controls hidden>
        <button type="button" data-play aria-keyshortcuts="Space">
          Play
        </button>
        <button type="button" data-skip="-10">
          −10 s
        </button>
        <button type="button" data-skip="10">
          +10 s
        </button>
        <output class="clock" data-clock />
        {channel.condition !== "retired" && (
          <button type="button" data-live-button aria-pressed="false">
            Live
          </button>
        )}
      </div>
      <div class="player-row small" data-controls hidden>
        <span class="together">
          <button type="button" data-frame="-1" aria-label="One picture back">
            ‹ picture
          </button>
          <button type="button" data-frame="1" aria-label="One picture forward">
            picture ›
          </button>
        </span>
        <span class="together">
          <button type="button" data-gap-step="-1" aria-label="To the gap before">
            ‹ gap
          </button>
          <button type="button" data-gap-step="1" aria-label="To the next gap">
            gap ›
          </button>
        </span>
        <label class="speed">
          Speed
          <select data-speed>
            {SPEEDS.map((speed) => (
              <option key={speed} value={speed} selected={speed === 1}>
                {speed} ×
              </option>
            ))}
          </select>
        </label>
        <button type="button" data-zoom aria-pressed="false">
          Zoom to the hour
        </button>
        <button type="button" data-sound aria-pressed="false">
          Sound
        </button>
        <button type="button" data-full-screen>
          Full screen
        </button>
      </div>
      <p class="links">
        <a data-hour-link href={hour} download>
          Download this hour (MP4)
        </a>
        <a data-list-link href={`${list}?download=1`}>
          Open in VLC
        </a>
        {hasStills && (
          <a data-still-link href={`${path}/frame${atMs === undefined ? "" : `?at=${Math.floor(atMs)}`}`}>
            Still picture
          </a>
        )}
        <button type="button" class="plain" data-copy-moment hidden>
          Copy link to this moment
        </button>
        <a href={`/playlists?channel=${channel.id}`}>All addresses</a>
      </p>
    </>
  );
}

const shortcuts: readonly (readonly [string, string])[] = [
  ["Space", "play or pause"],
  ["← →", "10 seconds back or forward; with Shift one minute"],
  [", .", "one picture back or forward"],
  ["[ ]", "gap before or next gap"],
  ["− +", "slower or faster"],
  ["l", "live"],
  ["m", "sound on or off"],
  ["z", "zoom the bar to the hour"],
  ["f", "full screen"],
  ["Page Up, Page Down, Home, End", "on the bar: an hour, begin and end of the day"],
];

/** The keys of the player, in words. */
export function Shortcuts() {
  return (
    <details class="shortcuts">
      <summary>Keys</summary>
      <dl>
        {shortcuts.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
