import type { Clip } from "../../src/clips/clip.ts";
import { dateWords, durationWords, sizeWords, timeWords } from "../../src/status/words.ts";
import { DeleteFilm } from "./delete-film.tsx";

export type ShownFilm = {
  clip: Clip;
  /** Name of its channel. */
  channelName: string;
  zone: string;
  /** Addresses of its files; without one where it has none. */
  mp4?: string | undefined;
  gif?: string | undefined;
};

export type FilmListProps = {
  films: readonly ShownFilm[];
  /** The page that lists them, `/moments`. */
  page: string;
  /** Whose films alone are shown; kept when one is deleted. */
  channel?: string | undefined;
  /** Whether who looks may delete. */
  mayDelete: boolean;
  /** What stands there when there are none. */
  nothing: string;
  /** How many there are beside those shown; the address of the next page. */
  more?: { count: number; address: string } | undefined;
  /** Why one was not deleted. */
  mistake?: string | undefined;
};

const lengthOf = ({ durationMs, startMs, endMs }: Clip): string => {
  const ms = durationMs ?? endMs - startMs;
  return ms > 0 ? durationWords(ms) : "";
};

/** Fills `#films`. */
export function FilmList(props: FilmListProps) {
  const { films, nothing, more, mistake } = props;
  return (
    <>
      {mistake !== undefined && (
        <p class="notice trouble" role="alert">
          {mistake}
        </p>
      )}
      {films.length === 0 && <p class="notice">{nothing}</p>}
      <ul class="films">
        {films.map((film) => (
          <FilmCard key={film.clip.id ?? film.mp4 ?? film.gif} film={film} {...props} />
        ))}
      </ul>
      {more && (
        <p>
          <a href={more.address}>{more.count} older</a>
        </p>
      )}
    </>
  );
}

function FilmCard({ film, page, channel, mayDelete }: FilmListProps & { film: ShownFilm }) {
  const { clip, channelName, zone, mp4, gif } = film;
  const time = `${timeWords(clip.startMs, zone)}, ${dateWords(clip.startMs, zone)}`;
  const title = `${channelName}, ${time}`;
  const facts = [lengthOf(clip), sizeWords(clip.sizeBytes), clip.isAdopted ? "of an earlier tool" : ""];
  return (
    <li class="film" id={clip.id === undefined ? undefined : `film-${clip.id}`}>
      {mp4 === undefined ? (
        <img src={gif} alt={title} loading="lazy" />
      ) : (
        <video controls muted loop playsInline preload="metadata" src={`${mp4}#t=0.1`} aria-label={title} />
      )}
      <h2>
        <a href={`/${clip.channel}?at=${Math.floor(clip.startMs / 1000)}`}>{time}</a>
      </h2>
      <p class="quiet">
        {channelName}. {facts.filter((fact) => fact !== "").join(", ")}
      </p>
      <div class="links">
        {mp4 !== undefined && (
          <a href={`${mp4}?download=1`} aria-label={`Download MP4: ${title}`}>
            MP4
          </a>
        )}
        {gif !== undefined && (
          <a href={`${gif}?download=1`} aria-label={`Download GIF: ${title}`}>
            GIF
          </a>
        )}
        {mayDelete && clip.id !== undefined && (
          <DeleteFilm
            title={title}
            action={`/-/films/${clip.id}/remove`}
            target="#films"
            swap="innerHTML"
            warning="It can't be brought back."
          >
            <input type="hidden" name="page" value={page} />
            {channel !== undefined && <input type="hidden" name="channel" value={channel} />}
          </DeleteFilm>
        )}
      </div>
    </li>
  );
}
