import type { FootageChannel } from "../src/archive/footage.ts";
import { dateWords } from "../src/status/words.ts";

/** A film in the folder of a date, to which the day was converted. */
export type ConvertedFile = {
  /** `video.mp4`, and `video-2.mp4` … where one was not enough. */
  name: string;
  hasChecksum: boolean;
};

type Props = {
  channel: FootageChannel;
  date: string;
  hasFootage: boolean;
  /** The films that the day was converted to. */
  converted: readonly ConvertedFile[];
  /** Address of its timelapse. */
  timelapse?: string | undefined;
};

/** What can be done with a day of a channel: watch it, its playlist, its films. */
export function DayLinks({ channel, date, hasFootage, converted, timelapse }: Props) {
  const path = `/${channel.id}/${date}`;
  const list = `/${channel.id}/stream/${date}/playlist.m3u8`;
  const of = `${channel.name}, ${dateWords(Date.parse(date), "UTC")}`;
  return (
    <p class="links">
      <a href={path} aria-label={`Watch ${of}`}>
        Watch
      </a>
      {hasFootage && (
        <>
          <a href={list} aria-label={`Playlist of ${of}`}>
            Playlist
          </a>
          <a href={`${list}?download=1`} aria-label={`Open in a player: ${of}`}>
            Open in a player
          </a>
        </>
      )}
      {timelapse !== undefined && (
        <a href={timelapse} aria-label={`Timelapse of ${of}`}>
          Timelapse
        </a>
      )}
      {converted.map(({ name, hasChecksum }) => (
        <span key={name} class="links">
          <a href={`${path}/${name}`} aria-label={`${name} of ${of}`}>
            {name}
          </a>
          {hasChecksum && (
            <a href={`${path}/${name}.sha512sum`} aria-label={`sha512sum of ${name} of ${of}`}>
              sha512sum
            </a>
          )}
        </span>
      ))}
    </p>
  );
}
