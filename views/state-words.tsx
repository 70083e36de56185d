import { pictureWords, type ChannelStatus } from "../src/status/channel-status.ts";

/** The state of a channel in words: never a lone coloured dot, red only for trouble. */
export function StateWords({ channel }: { channel: ChannelStatus }) {
  return (
    <p class={channel.isTrouble ? "state trouble" : "state"}>
      {channel.headline}
      {channel.note !== undefined && <span class="quiet"> {channel.note}.</span>}
    </p>
  );
}

/** Codec, size, sound, rates: one line, quiet. */
export function PictureLine({ channel }: { channel: ChannelStatus }) {
  return channel.picture ? <p class="quiet facts">{pictureWords(channel.picture)}</p> : null;
}

/** What could be set better at the camera. */
export function Advice({ channel }: { channel: ChannelStatus }) {
  return (
    <>
      {channel.advice.map((line) => (
        <p key={line} class="notice">
          {line}
        </p>
      ))}
    </>
  );
}
