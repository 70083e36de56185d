import type { Job } from "../../src/jobs/job-kind.ts";
import {
  LEAST_SECONDS,
  MOST_DELAY_SECONDS,
  MOST_SECONDS,
  USUAL_SECONDS,
} from "../../src/moment/moment-request.ts";

const upTo = (least: number, most: number): number[] =>
  Array.from({ length: most - least + 1 }, (_, index) => least + index);

/** On the page of a channel: keeps what has just happened, or what is about to. */
export function MomentForm({ channel }: { channel: string }) {
  const path = `/-/moments/${channel}`;
  return (
    <section class="part" aria-label="Moment">
      <form
        class="moment-form"
        method="post"
        action={path}
        hx-post={path}
        hx-target="#moment"
        hx-swap="innerHTML"
      >
        <button type="submit">Moment</button>
        <label>
          of
          <select name="length">
            {upTo(LEAST_SECONDS, MOST_SECONDS).map((seconds) => (
              <option key={seconds} value={seconds} selected={seconds === USUAL_SECONDS}>
                {seconds} s
              </option>
            ))}
          </select>
        </label>
        <label>
          up to
          <select name="delay">
            {upTo(0, MOST_DELAY_SECONDS).map((seconds) => (
              <option key={seconds} value={seconds}>
                {seconds === 0 ? "now" : `${seconds} s from now`}
              </option>
            ))}
          </select>
        </label>
        <a href={`/moments?channel=${channel}`}>All moments</a>
      </form>
      <div id="moment" class="moment-result" role="status" />
    </section>
  );
}

export type MomentStateProps = {
  channel: string;
  job: Job;
  /** What came of it: addresses of its files, its number, and what is missing, in words. */
  film?: { mp4: string; gif: string; id: number; missing: string } | undefined;
};

/** Fills `#moment` when none could be begun. */
export const MomentTrouble = ({ words }: { words: string }) => <p class="notice trouble">{words}</p>;

/** Fills `#moment`: how far it is, then the GIF and where to get it; asks again by itself until it is done. */
export function MomentState({ channel, job, film }: MomentStateProps) {
  if (film)
    return (
      <>
        <img src={film.gif} alt={job.title} />
        {film.missing !== "" && <p>{film.missing}</p>}
        <p class="links">
          <a href={`${film.mp4}?download=1`}>Download MP4</a>
          <a href={`${film.gif}?download=1`}>Download GIF</a>
          <a href={`/moments?channel=${channel}#film-${film.id}`}>Show among all moments</a>
        </p>
      </>
    );
  if (job.state !== "queued" && job.state !== "running")
    return (
      <p class="notice trouble">
        {job.title}: {job.error ?? (job.state === "done" ? "it was deleted" : "it was not made")}
      </p>
    );
  return (
    <div
      hx-get={`/-/moments/${channel}/${job.id}`}
      hx-trigger="every 600ms"
      hx-target="#moment"
      hx-swap="innerHTML"
    >
      <p>
        <progress value={Math.floor(job.progress * 100)} max={100} aria-label={`Progress of ${job.title}`} />
      </p>
      <p>
        {job.title}: {job.note === "" ? "begins in a moment" : job.note}
      </p>
    </div>
  );
}
