import type { Clip } from "../../src/clips/clip.ts";
import { dateWords, durationWords, minuteWords, sizeWords } from "../../src/status/words.ts";
import { DeleteFilm } from "../films/delete-film.tsx";

export type ShownTimelapse = {
  clip: Clip;
  channelName: string;
  zone: string;
  /** Addresses of the film and of a picture of it; without them while its storage is not there. */
  mp4?: string | undefined;
  poster?: string | undefined;
};

type Props = ShownTimelapse & { mayDelete: boolean; channel: string | undefined };

/** What it shows: `Fri 20 Nov 2026`, with its times where it is not a whole day. */
export function spanWords({ startMs, endMs, isWholeDay }: Clip, zone: string): string {
  const date = dateWords(startMs, zone);
  if (isWholeDay) return date;
  const endDate = dateWords(endMs, zone);
  const to = minuteWords(endMs, zone);
  return `${date}, ${minuteWords(startMs, zone)} to ${endDate === date ? to : `${endDate}, ${to}`}`;
}

/** A timelapse with its player, which loads nothing but a picture before it is started. */
export function TimelapseCard({ clip, channelName, zone, mp4, poster, mayDelete, channel }: Props) {
  const span = spanWords(clip, zone);
  const title = `${channelName}, ${span}`;
  const length = clip.durationMs === undefined ? [] : [durationWords(clip.durationMs)];
  const facts = [...length, sizeWords(clip.sizeBytes), ...(clip.isAdopted ? ["of an earlier tool"] : [])];
  const date = clip.isWholeDay ? clip.localTime : undefined;
  return (
    <li class="film" id={clip.id === undefined ? `of-${clip.channel}-${date}` : `timelapse-${clip.id}`}>
      {mp4 === undefined ? (
        <p class="notice">Its storage is not there at the moment.</p>
      ) : (
        <video controls muted playsInline preload="none" poster={poster} src={mp4} aria-label={title} />
      )}
      <h2>
        <a
          href={
            date === undefined
              ? `/${clip.channel}?at=${Math.floor(clip.startMs / 1000)}`
              : `/${clip.channel}/${date}`
          }
        >
          {span}
        </a>
      </h2>
      <p class="quiet">
        {channelName}. {facts.join(", ")}
      </p>
      <div class="links">
        {mp4 !== undefined && (
          <a href={`${mp4}?download=1`} aria-label={`Download ${title}`}>
            Download
          </a>
        )}
        {mayDelete && clip.id !== undefined && (
          <DeleteFilm
            title={title}
            action={`/-/timelapses/${clip.id}/remove`}
            target="#timelapses"
            swap="innerMorph"
            warning="It can't be brought back once its footage is gone."
          >
            {channel !== undefined && <input type="hidden" name="channel" value={channel} />}
          </DeleteFilm>
        )}
      </div>
    </li>
  );
}
