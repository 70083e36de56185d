import type { FootageChannel } from "../../src/archive/footage.ts";
import type { Job } from "../../src/jobs/job-kind.ts";
import { ChannelChoice } from "../dates-page.tsx";
import { RunningJob, WaitingJob } from "../jobs/job-rows.tsx";
import { Layout } from "../layout.tsx";
import { quietPolling } from "../polling.ts";
import type { Site } from "../site.ts";
import { TimelapseCard, type ShownTimelapse } from "./timelapse-card.tsx";
import { TimelapseForm, type TimelapseFormProps } from "./timelapse-form.tsx";

export type TimelapsesPartProps = {
  films: readonly ShownTimelapse[];
  /** Whose films alone are shown. */
  channel: string | undefined;
  /** This part's own address. */
  address: string;
  running: readonly Job[];
  /** The first of those that wait, and how many wait in all. */
  waiting: readonly Job[];
  waitingCount: number;
  /** The newest one that failed and was asked for lately. */
  failed: Job | undefined;
  zone: string;
  nowMs: number;
  mayChange: boolean;
  /** How many there are beside those shown; the address of the next page. */
  more: { count: number; address: string } | undefined;
  /** Why what was asked for was not done. */
  mistake?: string | undefined;
};

type PageProps = TimelapsesPartProps & {
  site: Site;
  channels: readonly FootageChannel[];
  /** How long they stay, in words. */
  keepWords: string;
  /** Absent for those who may not make any. */
  form: TimelapseFormProps | undefined;
};

/** `/timelapses`: days in a minute, by channel and day. */
export function TimelapsesPage({ site, channels, keepWords, form, ...part }: PageProps) {
  const chosen = channels.find(({ id }) => id === part.channel);
  return (
    <Layout title="Timelapses" site={site} here="timelapses" width="wide">
      <h1>Timelapses</h1>
      <p class="quiet">
        Each day of a camera in about a minute, made of its key frames shortly after midnight. {keepWords}
      </p>
      <ChannelChoice channels={channels} chosen={chosen} path="/timelapses" all="All channels" />
      <div id="timelapses" class="part">
        <TimelapsesPart {...part} />
      </div>
      {form && <TimelapseForm {...form} />}
    </Layout>
  );
}

/** Fills `#timelapses`. */
export function TimelapsesPart(props: TimelapsesPartProps) {
  const { films, channel, running, waiting, failed, mayChange, more, mistake } = props;
  return (
    <>
      {mistake !== undefined && (
        <p class="notice trouble" role="alert">
          {mistake}
        </p>
      )}
      {failed && (
        <p class="notice trouble">
          {failed.title} failed: {failed.error} <a href="/jobs">Jobs</a>
        </p>
      )}
      {running.length + waiting.length > 0 && <Making {...props} />}
      {films.length === 0 && (
        <p class="notice">
          There are no timelapses yet. The first one of a camera is made shortly after its first midnight.
        </p>
      )}
      <ul class="films">
        {films.map((film) => (
          <TimelapseCard
            key={film.clip.id ?? `${film.clip.channel} ${film.clip.localTime}`}
            {...film}
            mayDelete={mayChange}
            channel={channel}
          />
        ))}
      </ul>
      {more && (
        <p>
          <a rel="next" href={more.address}>
            {more.count} older
          </a>
        </p>
      )}
    </>
  );
}

/** What is being made; it brings the whole part up to date for as long as there is any. */
function Making({ running, waiting, waitingCount, address, zone, nowMs }: TimelapsesPartProps) {
  const context = { zone, nowMs, mayChange: false };
  const rest = waitingCount - waiting.length;
  return (
    <section
      class="part"
      aria-label="Being made"
      hx-get={address}
      {...quietPolling}
      hx-target="#timelapses"
      hx-trigger="every 2s"
    >
      <ul class="job-list">
        {running.map((job) => (
          <RunningJob key={job.id} job={job} {...context} />
        ))}
        {waiting.map((job) => (
          <WaitingJob key={job.id} job={job} {...context} />
        ))}
      </ul>
      {rest > 0 && (
        <p class="quiet">
          <a href="/jobs">{rest} more waiting</a>
        </p>
      )}
    </section>
  );
}
